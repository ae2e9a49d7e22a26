/** What `ipvsadm -L -n --timeout` and `--daemon` print, octet for octet. */
import type { SyncDaemon } from '../../wire/ipvs/daemon.ts';
import type { Timeouts } from '../../wire/ipvs/settings.ts';

export function renderTimeouts({ tcpSeconds, tcpFinSeconds, udpSeconds }: Timeouts): string {
  return `Timeout (tcp tcpfin udp): ${tcpSeconds} ${tcpFinSeconds} ${udpSeconds}\n`;
}

/** A line each, and nothing where none runs. */
export function renderDaemons(daemons: readonly SyncDaemon[]): string {
  return daemons.map(renderDaemon).join('');
}

/** Kernels before 4.3 do not tell what follows the sync id. */
function renderDaemon({ role, interface: link, syncId, ...rest }: SyncDaemon): string {
  const told = (['maxlen', 'group', 'port', 'ttl'] as const).flatMap((name) =>
    rest[name] === null ? [] : [`, ${name}=${rest[name]}`],
  );
  // The kernel keeps any 32 bits, and ipvsadm takes them for a number with a sign.
  return `${role} sync daemon (mcast=${link}, syncid=${syncId | 0}${told.join('')})\n`;
}
