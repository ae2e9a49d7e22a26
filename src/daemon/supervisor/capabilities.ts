/** Which capabilities the daemon lacks, found before anything is touched (capabilities(7)). */
import { readFileSync } from 'node:fs';
import { DirectorError } from '../../base/error.ts';

/** Bit numbers of include/uapi/linux/capability.h, and what each is for. */
const NEEDED = [
  { name: 'CAP_NET_ADMIN', bit: 12n, purpose: 'to hold virtual addresses and to program IPVS' },
  { name: 'CAP_NET_RAW', bit: 13n, purpose: 'to speak VRRP and to send gratuitous ARP' },
] as const;

/** The names of the needed capabilities that `status` (the text of /proc/self/status) does not hold. */
export function missingCapabilities(status: string): readonly (typeof NEEDED)[number][] {
  const mask = /^CapEff:\s*([0-9a-f]+)$/m.exec(status)?.[1];
  if (mask === undefined) return [];
  const effective = BigInt(`0x${mask}`);
  return NEEDED.filter(({ bit }) => (effective & (1n << bit)) === 0n);
}

/** @throws DirectorError NOT_PERMITTED naming each capability that is missing and what it is for. */
export function requireCapabilities(): void {
  const missing = missingCapabilities(readFileSync('/proc/self/status', 'utf8'));
  if (missing.length === 0) return;
  const reasons = missing.map(({ name, purpose }) => `${name} ${purpose}`).join(', and ');
  throw new DirectorError('NOT_PERMITTED', `lvsd needs ${reasons}`, {
    hint: 'run it as root, or grant the capabilities (AmbientCapabilities= in a systemd unit)',
  });
}
