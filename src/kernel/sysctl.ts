/** Kernel settings below /proc/sys, by their dotted names; a name that does not exist reads as null. */
import { readFileSync, writeFileSync } from 'node:fs';
import { DirectorError, errnoName } from '../base/error.ts';

/** `net.ipv4.conf.all.arp_ignore`; an interface name with a dot in it is written with a slash. */
function pathOf(name: string): string {
  return `/proc/sys/${name.replace(/[./]/g, (mark) => (mark === '.' ? '/' : '.'))}`;
}

/** The number it holds, or null when this kernel has no such setting. */
export function readSysctl(name: string): number | null {
  try {
    return Number.parseInt(readFileSync(pathOf(name), 'utf8'), 10);
  } catch (error) {
    if (errnoName(error) === 'ENOENT') return null;
    throw new DirectorError('NOT_PERMITTED', `cannot read ${name}: ${errnoName(error)}`, {
      cause: error,
    });
  }
}

/** @throws DirectorError NOT_PERMITTED when the kernel refuses. */
export function writeSysctl(name: string, value: number): void {
  try {
    writeFileSync(pathOf(name), `${value}\n`);
  } catch (error) {
    throw new DirectorError('NOT_PERMITTED', `cannot set ${name}: ${errnoName(error)}`, {
      hint: 'run as root; in a container, /proc/sys must be writable',
      cause: error,
    });
  }
}
