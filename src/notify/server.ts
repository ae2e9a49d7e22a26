/** Which script a change of a virtual or real server runs, its line for FIFOs, and how it is named. Pure. */
import { protocolWord, type ServerNotice } from '../model/notice.ts';
import type { ScriptErrand } from './script.ts';

export function serverRuns(notice: ServerNotice): ScriptErrand[] {
  const { script } = notice;
  if (script === null) return [];
  return [{ errand: 'own-script', subject: subjectOf(notice), script, extraArgs: [] }];
}

/** As the log calls it. */
export function subjectOf({ virtualServer: { name }, realServer }: ServerNotice): string {
  if (realServer === null) return `virtual server ${name}`;
  return `real server ${bracketed(realServer.address)}:${realServer.port} of ${name}`;
}

/** `VS [192.0.2.10]:tcp:80 UP`, `RS [10.0.0.1]:tcp:80 [192.0.2.10]:tcp:80 DOWN` */
export function serverLine(notice: ServerNotice): string {
  const { realServer, up } = notice;
  const state = up ? 'UP' : 'DOWN';
  const virtual = virtualServerName(notice);
  return realServer === null
    ? `VS ${virtual} ${state}`
    : `RS ${realServerName(notice, realServer)} ${virtual} ${state}`;
}

/** keepalived's form: `[ADDRESS]:tcp:PORT`, `FWM MARK`, `[GROUP]:PORT`. */
export function virtualServerName({ virtualServer: { group, key } }: ServerNotice): string {
  const port = key.kind === 'address' ? key.port : 0;
  if (group !== null) return `[${group}]:${port}`;
  if (key.kind === 'fwmark') return `FWM ${key.mark}`;
  return `[${key.address}]:${key.protocol}:${port}`;
}

export function realServerName(
  { virtualServer: { key } }: ServerNotice,
  { address, port }: NonNullable<ServerNotice['realServer']>,
): string {
  return `[${address}]:${protocolWord(key)}:${port}`;
}

function bracketed(address: string): string {
  return address.includes(':') ? `[${address}]` : address;
}
