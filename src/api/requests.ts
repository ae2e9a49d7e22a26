/** What comes with a request → what it asks for. Nothing else than what protocol.ts describes is taken. */
import { isAbsolute } from 'node:path';
import { DirectorError } from '../base/error.ts';
import type { Millis } from '../base/time.ts';
import type { FailoverRequest } from '../model/failover.ts';
import type { ZeroRequest } from '../model/zero.ts';
import {
  type ApplyRequest,
  CONFIRM_MS,
  DRAIN_MS,
  type DrainRequest,
  type PlanRequest,
  type ReloadRequest,
  type ServerRequest,
} from './protocol.ts';

const SERVER_FIELDS = ['realServer', 'virtualServer', 'local', 'force'];

type Fields = Readonly<Record<string, unknown>>;

/** @throws DirectorError USAGE, like all here. */
export function parsePlanRequest(body: unknown): PlanRequest {
  return { file: fileIn(fieldsOf(body, ['file'])) };
}

export function parseApplyRequest(body: unknown): ApplyRequest {
  const fields = fieldsOf(body, ['file', 'confirmMs', 'allowEmpty']);
  const confirmMs = spanIn(fields, 'confirmMs', CONFIRM_MS);
  return { file: fileIn(fields), confirmMs, allowEmpty: flagIn(fields, 'allowEmpty') };
}

export function parseReloadRequest(body: unknown): ReloadRequest {
  return { allowEmpty: flagIn(fieldsOf(body, ['allowEmpty']), 'allowEmpty') };
}

export function parseServerRequest(body: unknown): ServerRequest {
  return serverIn(fieldsOf(body, SERVER_FIELDS));
}

export function parseDrainRequest(body: unknown): DrainRequest {
  const fields = fieldsOf(body, [...SERVER_FIELDS, 'timeoutMs', 'atEnd']);
  const { atEnd = 'stay' } = fields;
  if (atEnd !== 'stay' && atEnd !== 'remove')
    throw wrong('has a "atEnd" that is not stay or remove');
  return { ...serverIn(fields), timeoutMs: spanIn(fields, 'timeoutMs', DRAIN_MS), atEnd };
}

export function parseFailoverRequest(body: unknown): FailoverRequest {
  const fields = fieldsOf(body, ['names', 'back', 'force']);
  const { names = [] } = fields;
  const areNames = Array.isArray(names) && names.every((name) => typeof name === 'string');
  if (!areNames) throw wrong('has "names" that are no list of texts');
  const [back, force] = [flagIn(fields, 'back'), flagIn(fields, 'force')];
  return { names: names as readonly string[], back, force };
}

export function parseZeroRequest(body: unknown): ZeroRequest {
  return { virtualServer: virtualServerIn(fieldsOf(body, ['virtualServer'])) };
}

function serverIn(fields: Fields): ServerRequest {
  const { realServer } = fields;
  if (typeof realServer !== 'string') throw wrong('has no "realServer" such as "10.1.0.3:80"');
  const virtualServer = virtualServerIn(fields);
  const [local, force] = [flagIn(fields, 'local'), flagIn(fields, 'force')];
  return { realServer, virtualServer, local, force };
}

function virtualServerIn({ virtualServer = null }: Fields): string | null {
  if (virtualServer === null || typeof virtualServer === 'string') return virtualServer;
  throw wrong('has a "virtualServer" that is no text');
}

function fieldsOf(body: unknown, known: readonly string[]): Fields {
  const fields = body ?? {};
  if (typeof fields !== 'object' || Array.isArray(fields)) throw wrong('is no JSON object');
  const stray = Object.keys(fields).find((name) => !known.includes(name));
  if (stray !== undefined) throw wrong(`has "${stray}"; it may have ${known.join(', ')}`);
  return fields as Fields;
}

/** False: it is not there. */
function flagIn(fields: Fields, name: string): boolean {
  const flag = fields[name] ?? false;
  if (typeof flag !== 'boolean') throw wrong(`has a "${name}" that is not true or false`);
  return flag;
}

function fileIn({ file = null }: Fields): string | null {
  if (file === null) return null;
  const isPath = typeof file === 'string' && isAbsolute(file) && !file.includes('\0');
  if (!isPath) throw wrong('has a "file" that is no absolute path');
  return file;
}

function spanIn(
  fields: Fields,
  name: string,
  { min, max }: { readonly min: Millis; readonly max: Millis },
): Millis | null {
  const ms = fields[name] ?? null;
  if (ms === null) return null;
  const isGood = typeof ms === 'number' && ms >= min && ms <= max;
  if (!isGood) throw wrong(`has a "${name}" that is not between ${min} and ${max}`);
  return ms;
}

function wrong(what: string): DirectorError {
  return new DirectorError('USAGE', `the request ${what}`);
}
