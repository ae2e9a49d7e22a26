/** `persistence_timeout` and its kin: for how long clients stay with their real server, and who counts as one client. */
import { prefixLengthOf } from '../../base/address.ts';
import type { Persistence } from '../../model/virtual-server.ts';
import type { Reports } from '../diagnostics/reports.ts';
import { valueSpan } from '../rules/written.ts';
import type { Section } from '../values/section.ts';
import type { Services } from './services.ts';

/** Where only the granularity is written, or a service is every port. */
const PERSISTENCE_SECONDS = 360;

export function readPersistence(
  section: Section,
  services: Services,
  reports: Reports,
): Persistence | null {
  const timeout = section.number('persistence_timeout');
  const everyPort = services.ports.has(0);
  if (timeout === null && !section.has('persistence_granularity') && !everyPort) {
    tellEngineAlone(section, reports);
    return null;
  }
  if (everyPort && timeout === null) tellPersistence(section, services, reports);
  return {
    timeoutSeconds: timeout ?? PERSISTENCE_SECONDS,
    granularityBits: readGranularity(section, services, reports),
    engine: readEngine(section, services, reports),
  };
}

/** A netmask is of IPv4, a number of IPv6; in a group of both the clients of the other family stand alone. */
function readGranularity(
  section: Section,
  { family }: Services,
  reports: Reports,
): Persistence['granularityBits'] {
  const setting = section.find('persistence_granularity');
  const text = setting?.value.is === 'text' ? setting.value.text : null;
  const read = {
    ipv4: text === null ? null : prefixLengthOf(text),
    ipv6: text === null ? null : prefixNumber(text),
  };
  if (setting !== null && (family === null ? (read.ipv4 ?? read.ipv6) : read[family]) === null) {
    reports.add({
      code: 'bad-value',
      span: setting.span,
      message: `"${text}" is no granularity`,
      hint: family === 'ipv4' ? 'a netmask: 255.255.255.0' : 'a prefix length from 1 to 128',
    });
  }
  return { ipv4: read.ipv4 ?? 32, ipv6: read.ipv6 ?? 128 };
}

/** The one that the kernel has. */
const SIP = 'sip';

function readEngine(section: Section, { keys }: Services, reports: Reports): string | null {
  const setting = section.find('persistence_engine');
  const name = setting?.value.is === 'text' ? setting.value.text : null;
  const other = keys.find((key) => key.kind === 'address' && key.protocol !== 'udp');
  if (setting === null || name !== SIP || other?.kind !== 'address') return name;
  reports.add({
    code: 'contradiction',
    span: valueSpan(setting),
    message: `the engine sip reads UDP: the kernel would drop every packet of ${other.protocol.toUpperCase()}, so it is left out`,
    hint: 'write "protocol UDP", or remove the line',
  });
  return null;
}

function tellEngineAlone(section: Section, reports: Reports): void {
  const setting = section.find('persistence_engine');
  if (setting === null) return;
  reports.add({
    code: 'contradiction',
    span: setting.span,
    message: 'a persistence_engine without persistence does nothing',
    hint: 'write persistence_timeout',
  });
}

/** The kernel takes every port only for clients that stay with their server. */
function tellPersistence({ label, span }: Section, { group }: Services, reports: Reports): void {
  const whose = group === null ? 'a virtual server of every port' : 'a group with every port';
  reports.add({
    code: 'adjusted',
    span: label[1]?.span ?? label[0]?.span ?? span,
    message: `${whose} is persistent: ${PERSISTENCE_SECONDS} s are taken`,
    hint: 'write persistence_timeout, or a port',
  });
}

function prefixNumber(text: string): number | null {
  const bits = /^\d{1,3}$/.test(text) ? Number(text) : 0;
  return bits >= 1 && bits <= 128 ? bits : null;
}
