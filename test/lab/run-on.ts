/** Runs a command on a kernel: on this machine's own, or in a guest (guest.ts). */
import { spawn } from 'node:child_process';
import { type GuestOptions, quote, ROOT, runInGuest, type Tell, tellLines } from './guest.ts';
import type { Kernel } from './kernels.ts';

/** `tell` null: the command itself talks to the terminal. Gives its exit code. */
export function runOn(
  kernel: Kernel,
  command: readonly string[],
  tell: Tell | null,
  options: GuestOptions = {},
): Promise<number> {
  if (kernel === 'umlv4') return runInGuest('uml', command, tell, { ...options, hasIpv6: false });
  if (kernel !== 'host') return runInGuest(kernel, command, tell, options);
  return runHere(command, tell, options.name ?? kernel);
}

/** In a mount namespace with a /run of its own: nothing of this machine is touched or left behind. */
function runHere(command: readonly string[], tell: Tell | null, name: string): Promise<number> {
  const inside = `mount -t tmpfs tmpfs /run && exec ${command.map(quote).join(' ')} 2>&1`;
  return new Promise((resolve) => {
    const child = spawn('unshare', ['--mount', '--propagation', 'private', 'sh', '-c', inside], {
      cwd: ROOT,
      stdio: tell === null ? 'inherit' : ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, LAB_KERNEL: 'host', LAB_RUN: name },
    });
    if (child.stdout !== null && tell !== null) tellLines(child.stdout, tell);
    child.on('close', (code) => resolve(code ?? 1));
  });
}
