/** Kernel settings below /proc/sys, by their dotted names; a name that does not exist reads as null. */
import { readFileSync, writeFileSync } from 'node:fs';
import { DirectorError, errnoName } from '../base/error.ts';

/** `net.ipv4.conf.all.arp_ignore`; an interface name with a dot in it is written with a slash. */
function pathOf(name: string): string {
  return `/proc/sys/${name.replace(/[./]/g, (mark) => (mark === '.' ? '/' : '.'))}`;
}

/** The number it holds, or null when this kernel has no such setting. */
export function readSysctl(name: string): number | null {
  const text = readSysctlText(name);
  return text === null ? null : Number.parseInt(text, 10);
}

/** What it holds without the end of the line, or null when this kernel has no such setting. */
export function readSysctlText(name: string): string | null {
  try {
    return readFileSync(pathOf(name), 'utf8').trim();
  } catch (error) {
    if (errnoName(error) === 'ENOENT') return null;
    throw new DirectorError('NOT_PERMITTED', `cannot read ${name}: ${errnoName(error)}`, {
      cause: error,
    });
  }
}

/** @throws DirectorError NOT_PERMITTED when the kernel refuses. */
export function writeSysctl(name: string, value: number | string): void {
  try {
    writeFileSync(pathOf(name), `${value}\n`);
  } catch (error) {
    const reason = errnoName(error);
    throw new DirectorError('NOT_PERMITTED', `cannot set ${name} to ${value}: ${reason}`, {
      hint:
        reason === 'EINVAL'
          ? 'this kernel does not take the value'
          : 'run as root; in a container, /proc/sys must be writable',
      cause: error,
    });
  }
}
