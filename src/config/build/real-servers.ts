/**
 * Blocks of `real_server` → real servers of the model. Those of a large pool are often alike to the letter:
 * what such a block says is read once, as long as there was nothing to tell of it.
 */
import { familyOf } from '../../base/address.ts';
import { formatEndpoint } from '../../base/endpoint.ts';
import type { Check } from '../../model/checker.ts';
import type { RealServer } from '../../model/virtual-server.ts';
import type { Reports } from '../diagnostics/reports.ts';
import { LANGUAGE } from '../keywords/table.ts';
import type { Memory } from '../memory.ts';
import { partsOfRealServer } from '../rules/parts.ts';
import { tellRealServer } from '../rules/real-servers.ts';
import type { Statement } from '../text/ast.ts';
import type { Span } from '../text/source.ts';
import { type Endpoint, plainEndpoint } from '../values/endpoint.ts';
import { unreadBlock } from '../values/read-section.ts';
import type { Section } from '../values/section.ts';
import type { Unread } from '../values/value.ts';
import { type CheckOf, type PacingWords, readChecks } from './checks.ts';
import {
  addressSpan,
  isPortIgnored,
  portFor,
  tellNoHost,
  tellPortIgnored,
  whyNoServer,
} from './endpoint.ts';
import { type Forwarding, forwardingIn } from './forwarding.ts';
import { PlacedServers } from './placed.ts';
import { readScript, type ScriptContext } from './scripts.ts';
import type { Services } from './services.ts';

export interface Parent {
  readonly section: Section;
  readonly services: Services;
  readonly forwarding: Forwarding;
  readonly pacing: PacingWords;
  readonly globals: Section;
  readonly twins: Twins;
  readonly memory: Memory | null;
  /** Of the virtual server, as written. */
  readonly head: string;
}

/** Blocks that only a checker has. */
const CHECKERS = [...LANGUAGE.real_server.values()].flatMap(({ name, argument }) =>
  argument.is === 'block' ? [name] : [],
);

/** What a block says, whatever address stands in front of it. */
interface Body {
  /** But for address, port and checks. */
  readonly settings: RealServer;
  checksOf(port: number): readonly Check[];
  /** Checkers of every kind, with those that have no effect, or are misspelt. */
  readonly checkers: number;
}

const NO_CHECKS: readonly Check[] = [];

/** Bodies by the text that they were read from, within virtual servers that hand down the same. */
export type Twins = Map<string, Body>;

/** One that was read. */
interface ReadServer {
  readonly server: RealServer;
  readonly checkers: number;
}

/** Each address and port once. */
export function readRealServers(
  blocks: readonly Unread[],
  parent: Parent,
  context: ScriptContext,
): PlacedServers {
  const placed = new PlacedServers(blocks);
  for (const block of blocks) {
    if (block.run !== null) {
      readAgain(block, placed, parent, context.reports);
      continue;
    }
    const one = place(block, bodyOf(block, parent, context), parent, context);
    if (one !== null && !placed.add(block, one.server, one.checkers > 0)) {
      tellTwin(block, one.server, parent.services, context.reports);
    }
  }
  return placed;
}

/** What an earlier reading has made of a run. */
function readAgain(
  block: Unread,
  placed: PlacedServers,
  { memory, head, section, services }: Parent,
  reports: Reports,
): void {
  const { run } = block;
  const known = run && memory?.recallRealServers(run, { head, signature: section.signature() });
  if (!known) return;
  const twin = placed.addRun(block, known.servers, known.isChecked);
  if (twin !== null) tellTwin(block, twin, services, reports);
}

function tellTwin(
  block: Unread,
  { address, port }: RealServer,
  { group, ports }: Services,
  reports: Reports,
): void {
  const isOfEachPort = port === 0 && ports.size > 1;
  const name = isOfEachPort ? address : formatEndpoint(address, port);
  reports.add({
    code: 'duplicate',
    span: addressSpan(block),
    message: `${name} is a real_server of this virtual_server already`,
    ...(isOfEachPort ? { hint: `it is used at each port of virtual_server_group ${group}` } : {}),
  });
}

/** Real servers of which nothing is to be told. */
export interface UsualServers {
  readonly servers: readonly RealServer[];
  /** Whether each has a checker, or none. */
  readonly areChecked: boolean;
  /** Of all together. */
  readonly weight: number;
}

/**
 * The same of blocks that are all that stands there, as long as nothing is to be told of them. Null: something is, or
 * they are not all real servers, or some have a checker and some have none.
 */
export function readUsualServers(
  blocks: readonly Statement[],
  parent: Parent,
  context: ScriptContext,
): UsualServers | null {
  const { services, twins } = parent;
  const found: RealServer[] = [];
  let areChecked = false;
  let weight = 0;
  const seen = new Set<string>();
  for (const block of blocks) {
    const endpoint = block.name === 'real_server' ? plainEndpoint(block) : null;
    if (endpoint === null) return null;
    const text = block.blockText();
    const body =
      (text === null ? undefined : twins.get(text)) ??
      readBody(unreadBlock('real_server', block, context.reports), parent, context);
    if (troubleOf(endpoint, body, services) !== null) return null;
    const isChecked = body.checkers > 0;
    if (found.length === 0) areChecked = isChecked;
    else if (areChecked !== isChecked) return null;
    const server = serverOf(endpoint, body, services);
    // Most have the port of the first one.
    const isUsual = server.port === (found[0] ?? server).port;
    seen.add(isUsual ? server.address : formatEndpoint(server.address, server.port));
    if (seen.size === found.length) return null;
    found.push(server);
    weight += server.weight;
  }
  return { servers: found, areChecked, weight };
}

function bodyOf(block: Unread, parent: Parent, context: ScriptContext): Body {
  const { text } = block;
  const twin = text === null ? undefined : parent.twins.get(text);
  return twin ?? readBody(block, parent, context);
}

function readBody(block: Unread, parent: Parent, context: ScriptContext): Body {
  const { reports } = context;
  const { text } = block;
  const before = reports.attempts;
  const section = block.read();
  const parts = partsOfRealServer(section);
  tellRealServer(parts, parent.section, reports);
  const body = makeBody(section, parts.checkers.length, parent, context);
  // Of what was told each place has to be told: such a block is read wherever it stands.
  const isSilent = reports.attempts === before && !reports.takesNotes;
  if (text !== null && isSilent) parent.twins.set(text, body);
  return body;
}

function makeBody(
  section: Section,
  checkers: number,
  { section: virtual, forwarding, pacing, globals }: Parent,
  context: ScriptContext,
): Body {
  const { upper, lower } = readThresholds(section, context);
  return {
    settings: {
      address: '',
      port: 0,
      checks: NO_CHECKS,
      ...(forwardingIn(section, 'lvs_method', context.reports) ?? forwarding),
      weight: section.number('weight') ?? virtual.number('weight') ?? 1,
      upperThreshold: upper,
      lowerThreshold: lower,
      inhibitOnFailure:
        section.boolean('inhibit_on_failure') ?? virtual.boolean('inhibit_on_failure') ?? false,
      notifyUp: readScript(section, 'notify_up', context),
      notifyDown: readScript(section, 'notify_down', context),
      mails: section.boolean('smtp_alert') ?? context.defaults.mailsServers ?? true,
      ...(context.defaults.tellsInitial ? { tellsInitial: true as const } : {}),
    },
    checksOf: byPort(
      readChecks({ real: section, virtual, virtualPacing: pacing, globals }, context),
    ),
    checkers: checkers || (section.spoils(...CHECKERS) ? 1 : 0),
  };
}

/** Each port's checks are made once. */
function byPort(checks: readonly CheckOf[]): (port: number) => readonly Check[] {
  if (checks.length === 0) return () => NO_CHECKS;
  const made = new Map<number, readonly Check[]>();
  return (port) => {
    const before = made.get(port);
    if (before !== undefined) return before;
    const checksOf = checks.map((checkOf) => checkOf(port));
    made.set(port, checksOf);
    return checksOf;
  };
}

function readThresholds(
  section: Section,
  { reports }: ScriptContext,
): { readonly upper: number; readonly lower: number } {
  const upper = section.number('uthreshold') ?? 0;
  const lower = section.number('lthreshold') ?? 0;
  if (lower <= upper) return { upper, lower };
  reports.add({
    code: 'contradiction',
    span: section.find('lthreshold')?.span ?? section.span,
    message: `lthreshold ${lower} is above uthreshold ${upper}`,
    hint: 'the lower one is where new connections are sent again',
  });
  return { upper, lower: 0 };
}

type Trouble = 'no host' | 'other family' | 'several ports' | 'port ignored';

/** What is to be told of an address and a port in front of a body; null: nothing. */
function troubleOf(
  { address, port }: Endpoint,
  { settings: { forwarding } }: Body,
  services: Services,
): Trouble | null {
  if (whyNoServer(address) !== null) return 'no host';
  if (forwarding !== 'tun' && familyOf(address) !== services.family) return 'other family';
  if (port === 0 && services.ports.size > 1) return 'several ports';
  return isPortIgnored(forwarding, port, services) ? 'port ignored' : null;
}

/** Null: the block has no address that it could have, which has been told. */
function place(
  block: Unread,
  body: Body,
  { services }: Parent,
  { reports }: ScriptContext,
): ReadServer | null {
  const { endpoint } = block;
  if (endpoint === null) return null;
  const { address, port } = endpoint;
  switch (troubleOf(endpoint, body, services)) {
    case null:
      break;
    case 'no host':
      tellNoHost(endpoint, 'real server', block, reports);
      return null;
    case 'other family':
      tellOtherFamily(address, services, addressSpan(block), reports);
      return null;
    case 'several ports':
      tellPortChecked(address, services, body.checksOf(0), block, reports);
      break;
    case 'port ignored':
      tellPortIgnored(body.settings.forwarding, port, services, block, reports);
      break;
  }
  return { server: serverOf(endpoint, body, services), checkers: body.checkers };
}

function serverOf(
  endpoint: Endpoint,
  { settings, checksOf }: Body,
  services: Services,
): RealServer {
  const { address } = endpoint;
  const port = portFor(settings.forwarding, endpoint.port, services);
  // Of a group with several ports the first one is asked.
  const checks = withoutOwnAddress(checksOf(endpoint.port || services.firstPort), address);
  return { ...settings, address, port, checks };
}

/** Who names the real server's own address means what is meant without it. */
function withoutOwnAddress(checks: readonly Check[], address: string): readonly Check[] {
  // Nearly none does, of a million: neither closure nor iterator is made to find that.
  for (let at = 0; at < checks.length; at += 1) {
    const check = checks[at] as Check;
    if (check.kind === 'bfd' || check.target.address !== address) continue;
    return checks.map((one) =>
      one.kind !== 'bfd' && one.target.address === address
        ? { ...one, target: { ...one.target, address: null } }
        : one,
    );
  }
  return checks;
}

function tellPortChecked(
  address: string,
  { group, firstPort: port }: Services,
  checks: readonly Check[],
  block: Unread,
  reports: Reports,
): void {
  if (checks.every((check) => check.kind === 'bfd' || check.target.port !== 0)) return;
  reports.add({
    code: 'adjusted',
    span: addressSpan(block),
    message: `virtual_server_group ${group} has several ports, and ${address} names none: port ${port} is checked`,
    hint: 'write a port behind the address, or connect_port in the checker',
  });
}

/** Of a server that packets of some services cannot be forwarded to. */
export function tellOtherFamily(
  address: string,
  { family, group }: Services,
  span: Span,
  reports: Reports,
): void {
  const hint = 'only TUN can forward to the other family';
  reports.add({
    code: 'contradiction',
    span,
    ...(family === null
      ? {
          message: `${address} is of one family, and virtual_server_group ${group} has services of both`,
          hint: `${hint}: write a group for each`,
        }
      : { message: `${address} is of another family than its virtual_server`, hint }),
  });
}
