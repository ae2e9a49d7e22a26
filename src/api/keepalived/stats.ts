/** The statistics dump in keepalived's layout. Pure. */
import type { InstanceSnapshot, VrrpSnapshot } from '../../model/snapshot-vrrp.ts';
import { packetErrors } from './errors.ts';

export function statsDump(snapshot: VrrpSnapshot | null): string {
  return (snapshot?.instances ?? []).map(instanceStats).join('');
}

function instanceStats({ name, counters }: InstanceSnapshot): string {
  const errors = packetErrors(counters);
  return [
    `VRRP Instance: ${name}`,
    '  Advertisements:',
    `    Received: ${counters.advertsReceived}`,
    `    Sent: ${counters.advertsSent}`,
    `  Became master: ${counters.becameMaster}`,
    `  Released master: ${counters.releasedMaster}`,
    '  Packet Errors:',
    `    Length: ${errors.length}`,
    `    TTL: ${errors.ttl}`,
    `    Invalid Type: ${errors.type}`,
    `    Advertisement Interval: ${errors.interval}`,
    `    Address List: ${errors.addresses}`,
    '  Authentication Errors:',
    `    Invalid Type: ${errors.authenticationType}`,
    `    Type Mismatch: ${errors.authenticationMismatch}`,
    `    Failure: ${errors.authentication}`,
    '  Priority Zero:',
    `    Received: ${counters.priorityZeroReceived}`,
    `    Sent: ${counters.priorityZeroSent}`,
    '',
  ].join('\n');
}
