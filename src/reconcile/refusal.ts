/**
 * What the kernel's errno means for one change of the table, in the operator's words. It is terse:
 * ENOENT is an unknown scheduler for a service, and an absent entry for a destination.
 */
import { DirectorError } from '../base/error.ts';
import { STEP, type Steps } from '../base/slices.ts';
import type { Service } from '../model/ipvs-table.ts';
import { formatService } from '../model/names.ts';
import { type IpvsChange, keyOf } from './change.ts';
import { subjectOf } from './render.ts';

/** How one change went, as the kernel's door tells it. */
export type Outcome =
  | { readonly done: true }
  | {
      readonly done: false;
      readonly errno: number;
      readonly name: string;
      readonly detail: string | null;
    };

export type Refused = Extract<Outcome, { readonly done: false }>;

export interface RefusedChange {
  readonly change: IpvsChange;
  readonly error: DirectorError;
}

/** What came of changes that were sent. */
export interface Judgement {
  readonly done: readonly IpvsChange[];
  readonly refused: readonly RefusedChange[];
  /** A refusal shows that the table is not what we took it for. */
  readonly stale: boolean;
}

/** Leaves out the real servers of a virtual server that was itself refused: they cannot but fail. */
export function* judge(
  changes: readonly IpvsChange[],
  outcomes: readonly Outcome[],
): Steps<Judgement> {
  if (outcomes.every((outcome) => outcome.done)) {
    return { done: changes, refused: [], stale: false };
  }
  const absent = new Set<string>();
  const done: IpvsChange[] = [];
  const refused: RefusedChange[] = [];
  let stale = false;
  for (let at = 0; at < changes.length; at += 1) {
    if (at % STEP === 0) yield;
    const [change, outcome] = [changes[at] as IpvsChange, outcomes[at]];
    const name = formatService(keyOf(change));
    if (outcome === undefined || outcome.done) {
      done.push(change);
    } else if (!absent.has(name)) {
      if (change.do === 'add-service') absent.add(name);
      if (isStale(change, outcome)) stale = true;
      refused.push({ change, error: explainRefusal(change, outcome) });
    }
  }
  return { done, refused, stale };
}

const VERB = { add: 'add', edit: 'change', remove: 'remove' } as const;

export function explainRefusal(change: IpvsChange, refused: Refused): DirectorError {
  const verb = VERB[change.do.slice(0, change.do.indexOf('-')) as keyof typeof VERB];
  const detail = refused.detail === null ? '' : ` (${refused.detail})`;
  const hint = hintFor(change, refused.name);
  return new DirectorError(
    'IPVS_REFUSED',
    `the kernel refused to ${verb} ${subjectOf(change)}: ${refused.name}${detail}`,
    { errno: refused.errno, ...(hint === null ? {} : { hint }) },
  );
}

/**
 * The refusal says that the table is not what we took it for, because somebody else changed it since
 * we read it: read again, compare again.
 */
export function isStale(change: IpvsChange, { name }: Refused): boolean {
  switch (change.do) {
    case 'add-service':
      return name === 'EEXIST';
    case 'edit-service':
    case 'remove-service':
      return name === 'ESRCH';
    case 'add-destination':
      return name === 'EEXIST' || name === 'ESRCH';
    case 'edit-destination':
    case 'remove-destination':
      return name === 'ENOENT' || name === 'ESRCH';
  }
}

function hintFor(change: IpvsChange, name: string): string | null {
  if (isStale(change, { done: false, errno: 0, name, detail: null })) {
    return 'another program changes the same entries: stop it, or take them out of this configuration';
  }
  switch (name) {
    case 'ENOENT':
      return 'service' in change ? missingModule(change.service) : null;
    case 'EINVAL':
      return 'destination' in change ? refusedDestination(change) : refusedService(change);
    case 'ERANGE':
      return 'the lower threshold must not exceed the upper one';
    case 'EAFNOSUPPORT':
      return 'this kernel has no IPv6 in IPVS (CONFIG_IP_VS_IPV6), or IPv6 is off';
    case 'EOPNOTSUPP':
      return 'this kernel does not know this kind of tunnel: leave the tunnel type out, or use a newer kernel';
    case 'EPERM':
      return 'run as root, or grant CAP_NET_ADMIN (in the initial user namespace)';
    case 'ENOMEM':
      return 'the kernel is out of memory';
    default:
      return null;
  }
}

function refusedDestination(change: Extract<IpvsChange, { destination: unknown }>): string {
  const { tunnel } = change.destination;
  return tunnel?.type === 'gue' && tunnel.port === 0
    ? 'a GUE tunnel needs its port'
    : 'a real server cannot be a multicast, broadcast or unspecified address; one of another family than the virtual server needs TUN, and no sync daemon';
}

/** The kernel says the same of a table that is too small: net/netfilter/ipvs/ip_vs_mh.c. */
function refusedService(change: IpvsChange): string {
  return 'service' in change && change.service.scheduler === 'mh'
    ? 'mh takes no more real servers than its table has entries, 4093 unless the kernel was built otherwise (CONFIG_IP_VS_MH_TAB_INDEX)'
    : 'the kernel does not accept this combination of scheduler, persistence and granularity';
}

function missingModule({ scheduler, engine }: Service): string {
  const modprobe = `modprobe ip_vs_${scheduler}`;
  return engine === null
    ? `the kernel has no scheduler "${scheduler}": check the name, or ${modprobe}`
    : `scheduler or persistence engine is missing: ${modprobe}, or modprobe ip_vs_pe_${engine}`;
}
