/** Sections `bfd_instance` → BFD of the model, and what only the whole shows. */
import { type Family, familyOf, prefixContains } from '../../base/address.ts';
import type { BfdConfig, BfdInstance } from '../../model/bfd.ts';
import type { Reports } from '../diagnostics/reports.ts';
import type { Mode } from '../diagnostics/severity.ts';
import type { Section } from '../values/section.ts';
import { readProcess } from './process.ts';
import { nameOf } from './vrrp/names.ts';
import { weightOf } from './vrrp/tracks.ts';

const HOP_LIMIT = 255;
/** What keepalived sends over IPv6 unless it is told otherwise. */
const KEEPALIVED_HOP_LIMIT: Readonly<Record<Family, number>> = { ipv4: 255, ipv6: 64 };
/** Of max_hops: how far a packet may have come is not looked at. */
const ANY_DISTANCE = [-1, 255];

export interface BfdContext {
  readonly reports: Reports;
  readonly mode: Mode;
}

export function buildBfd(root: Section, globals: Section, context: BfdContext): BfdConfig {
  const built = root.sections('bfd_instance').map((section) => ({
    section,
    instance: buildInstance(section, context),
  }));
  return {
    instances: withoutDuplicates(built, context),
    process: readProcess(globals, 'bfd'),
  };
}

function buildInstance(section: Section, { reports, mode }: BfdContext): BfdInstance | null {
  const name = nameOf(section);
  const neighbour = section.text('neighbor_ip', 'neighbour_ip');
  if (!section.mentions('neighbor_ip', 'neighbour_ip')) {
    reports.add({
      code: 'missing-keyword',
      span: section.span,
      message: `bfd_instance ${name} has no neighbor_ip`,
      hint: 'neighbor_ip ADDRESS: the other end of the session',
    });
  }
  if (neighbour === null) return null;
  const family = familyOf(neighbour);
  const multihop = section.boolean('multihop') ?? false;
  const source = readSource(section, { neighbour, multihop }, reports);
  if (source === undefined) return null;
  if (family === 'ipv6' && prefixContains('fe80::', 10, neighbour)) {
    tell(section, 'neighbor_ip', reports, {
      message: `${neighbour} is an address of the link, and bfd_instance names no interface`,
      hint: 'write a global or unique local address of the neighbour',
    });
    return null;
  }
  const { weightDelta, reverse } = weightOf(section.said('weight')[0]);
  const isNamed = section.has('vrrp') || section.has('checker');
  return {
    name,
    neighbour,
    source,
    multihop,
    passive: section.has('passive'),
    minTxMs: section.number('min_tx') ?? 10,
    minRxMs: section.number('min_rx') ?? 10,
    idleTxMs: section.number('idle_tx') ?? 1_000,
    multiplier: section.number('multiplier') ?? 5,
    ...readHops(section, { family, multihop }, mode, reports),
    weightDelta,
    reverse,
    tellsVrrp: !isNamed || section.has('vrrp'),
    tellsCheckers: !isNamed || section.has('checker'),
  };
}

/** Undefined: it cannot be used, which has been told. */
function readSource(
  section: Section,
  { neighbour, multihop }: { readonly neighbour: string; readonly multihop: boolean },
  reports: Reports,
): string | null | undefined {
  const source = section.text('source_ip');
  if (source === null) {
    if (!multihop) return section.mentions('source_ip') ? undefined : null;
    if (!section.mentions('source_ip')) {
      reports.add({
        code: 'missing-keyword',
        span: section.span,
        message: `bfd_instance ${nameOf(section)} is multihop and has no source_ip`,
        hint: 'source_ip ADDRESS: the local address that the other end knows',
      });
    }
    return undefined;
  }
  if (familyOf(source) === familyOf(neighbour)) return source;
  tell(section, 'source_ip', reports, {
    message: `source_ip ${source} is not of the family of neighbor_ip ${neighbour}`,
    hint: 'a session speaks IPv4 or IPv6',
  });
  return undefined;
}

/** RFC 5881 §5: sent with 255, and taken with 255 only; `max_hops` allows for routers on the way. */
function readHops(
  section: Section,
  { family, multihop }: { readonly family: Family; readonly multihop: boolean },
  mode: Mode,
  reports: Reports,
): Pick<BfdInstance, 'hopLimit' | 'hopLimitMin'> {
  const keyword = family === 'ipv4' ? 'ttl' : 'hoplimit';
  const written = section.number(keyword);
  const maxHops = section.number('max_hops') ?? 0;
  if (multihop && maxHops === 0 && !section.spoils('max_hops')) {
    tell(section, section.has('max_hops') ? 'max_hops' : 'multihop', reports, {
      message: 'max_hops 0 drops what has passed a router, and a multihop session passes one',
      hint: 'max_hops N: so many routers may be on the way; -1: any number',
    });
  }
  // A peer that runs keepalived with the same file sends what keepalived sends.
  const expected = written ?? (mode === 'compat' ? KEEPALIVED_HOP_LIMIT[family] : HOP_LIMIT);
  return {
    hopLimit: written ?? HOP_LIMIT,
    hopLimitMin: ANY_DISTANCE.includes(maxHops) ? 0 : Math.max(0, expected - maxHops),
  };
}

interface Built {
  readonly section: Section;
  readonly instance: BfdInstance | null;
}

/** A name that stands twice has been told; two sessions with the same ends could not be told apart. */
function withoutDuplicates(
  built: readonly Built[],
  { reports }: BfdContext,
): readonly BfdInstance[] {
  const kept = new Map<string, BfdInstance>();
  for (const { section, instance } of built) {
    if (instance === null || instance.name === '' || kept.has(instance.name)) continue;
    const same = [...kept.values()].find((other) => endsOf(other) === endsOf(instance));
    if (same === undefined) {
      kept.set(instance.name, instance);
      continue;
    }
    reports.add({
      code: 'duplicate',
      span: section.find('neighbor_ip', 'neighbour_ip')?.span ?? section.span,
      message: `${same.name} is a session with ${instance.neighbour} already`,
      hint: 'one session can be tracked by many: remove this one, or give it another source_ip',
    });
  }
  return [...kept.values()];
}

function endsOf({ neighbour, source, multihop }: BfdInstance): string {
  return JSON.stringify([neighbour, source, multihop]);
}

function tell(
  section: Section,
  name: string,
  reports: Reports,
  told: { readonly message: string; readonly hint: string },
): void {
  const span = section.find(name, 'neighbour_ip')?.span ?? section.span;
  reports.add({ code: 'contradiction', span, ...told });
}
