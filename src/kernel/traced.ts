/** Whether somebody looks at a process with a debugger (ptrace(2)), who may stop it for as long as he likes. */
import { readFileSync } from 'node:fs';

/** False, too, when it is gone. */
export function isTraced(pid: number, proc = '/proc'): boolean {
  try {
    const tracer = /^TracerPid:\s*(\d+)$/m.exec(readFileSync(`${proc}/${pid}/status`, 'utf8'));
    return tracer !== null && tracer[1] !== '0';
  } catch {
    return false;
  }
}
