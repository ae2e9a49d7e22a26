/** What comes with a request → what it asks for. Nothing else than what protocol.ts describes is taken. */
import { isAbsolute } from 'node:path';
import { DirectorError } from '../base/error.ts';
import type { Millis } from '../base/time.ts';
import { type ApplyRequest, CONFIRM_MS, type PlanRequest } from './protocol.ts';

type Fields = Readonly<Record<string, unknown>>;

/** @throws DirectorError USAGE, like all here. */
export function parsePlanRequest(body: unknown): PlanRequest {
  return { file: fileIn(fieldsOf(body, ['file'])) };
}

export function parseApplyRequest(body: unknown): ApplyRequest {
  const fields = fieldsOf(body, ['file', 'confirmMs']);
  return { file: fileIn(fields), confirmMs: confirmIn(fields) };
}

function fieldsOf(body: unknown, known: readonly string[]): Fields {
  const fields = body ?? {};
  if (typeof fields !== 'object' || Array.isArray(fields)) throw wrong('is no JSON object');
  const stray = Object.keys(fields).find((name) => !known.includes(name));
  if (stray !== undefined) throw wrong(`has "${stray}"; it may have ${known.join(', ')}`);
  return fields as Fields;
}

function fileIn({ file = null }: Fields): string | null {
  if (file === null) return null;
  const isPath = typeof file === 'string' && isAbsolute(file) && !file.includes('\0');
  if (!isPath) throw wrong('has a "file" that is no absolute path');
  return file;
}

function confirmIn({ confirmMs = null }: Fields): Millis | null {
  if (confirmMs === null) return null;
  const { min, max } = CONFIRM_MS;
  const isGood = typeof confirmMs === 'number' && confirmMs >= min && confirmMs <= max;
  if (!isGood) throw wrong(`has a "confirmMs" that is not between ${min} and ${max}`);
  return confirmMs;
}

function wrong(what: string): DirectorError {
  return new DirectorError('USAGE', `the request ${what}`);
}
