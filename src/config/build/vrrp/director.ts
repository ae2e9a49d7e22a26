/** Sections → VRRP of the model, and what only the whole shows. */
import { PEER_PORT } from '../../../model/peer-link.ts';
import type { Statics, VrrpConfig, VrrpInstance } from '../../../model/vrrp.ts';
import type { Section } from '../../values/section.ts';
import { readProcess } from '../process.ts';
import type { ScriptContext } from '../scripts.ts';
import { withoutSharedVrids } from './advert-paths.ts';
import { readGaps } from './announce.ts';
import { buildScript } from './check-script.ts';
import { buildGroups } from './groups.ts';
import { buildInstance } from './instance.ts';
import { buildLease } from './lease.ts';
import { RoutingNames } from './routing-names.ts';
import { readStatics } from './statics.ts';
import {
  buildTrackFile,
  buildTrackProcess,
  type Declaration,
  readLinkDelays,
} from './track-blocks.ts';
import { type DeclaredTrackers, declaredOf, scriptWeights, type Weight } from './tracks.ts';

export function buildVrrp(root: Section, globals: Section, context: ScriptContext): VrrpConfig {
  const scripts = root
    .sections('vrrp_script')
    .flatMap((section) => buildScript(section, context) ?? []);
  const files = declarations(root, 'track_file', buildTrackFile, context);
  const processes = declarations(root, 'vrrp_track_process', buildTrackProcess, context);
  const declared: DeclaredTrackers = {
    script: declaredOf(scriptWeights(scripts), root.namesOf('vrrp_script')),
    file: declaredOf(weightsOf(files), namesOf(root, 'track_file')),
    process: declaredOf(weightsOf(processes), root.namesOf('vrrp_track_process')),
  };
  const named = {
    ...context,
    names: new RoutingNames(globals, context.environment, context.reports),
    linkNames: new Set<string>(),
  };
  const built = root
    .sections('vrrp_instance')
    .map((section) => ({ section, instance: buildInstance(section, globals, declared, named) }));
  const kept = withoutSharedVrids(withoutDuplicates(built, context), context);
  const instances = kept.map(({ instance }) => instance);
  const syncGroups = buildGroups(root, instances, declared, context);
  return {
    instances,
    syncGroups,
    scripts,
    lease: buildLease({ root, globals, instances: kept, groups: syncGroups }, context),
    trackFiles: files.map(({ tracked }) => tracked),
    trackProcesses: processes.map(({ tracked }) => tracked),
    linkDelays: readLinkDelays(root),
    statics: withOwnAddresses(
      readStatics(
        root,
        globals,
        instances.map(({ name }) => name),
        named,
      ),
      instances,
    ),
    announceGaps: readGaps(root, globals, context),
    peerPort: readPeerPort(globals),
    startupDelayMs: (globals.number('vrrp_startup_delay') ?? 0) * 1000,
    ...delayAfterBoot(globals),
    process: readProcess(globals, 'vrrp'),
  };
}

/** Null: directors tell each other nothing beside VRRP. */
function readPeerPort(globals: Section): number | null {
  if (globals.text('peer_link_port') === 'off') return null;
  return globals.number('peer_link_port') ?? PEER_PORT;
}

function delayAfterBoot(globals: Section): Pick<VrrpConfig, 'delayAfterBootMs'> {
  const seconds = globals.number('vrrp_delay_after_boot');
  return seconds === null ? {} : { delayAfterBootMs: seconds * 1000 };
}

const OTHER_WORDS: Readonly<Record<string, string>> = { track_file: 'vrrp_track_file' };

/** Blocks of a kind that can be used, under both of its keywords. */
function declarations<T>(
  root: Section,
  keyword: string,
  build: (section: Section, context: ScriptContext) => Declaration<T> | null,
  context: ScriptContext,
): readonly Declaration<T>[] {
  const other = OTHER_WORDS[keyword];
  return root
    .sections(keyword, ...(other === undefined ? [] : [other]))
    .flatMap((section) => build(section, context) ?? []);
}

function namesOf(root: Section, keyword: string): ReadonlySet<string> {
  const other = OTHER_WORDS[keyword];
  return new Set([...root.namesOf(keyword), ...(other === undefined ? [] : root.namesOf(other))]);
}

function weightsOf(
  all: readonly Declaration<{ readonly name: string }>[],
): readonly (readonly [string, Weight])[] {
  return all.map(({ tracked, weight }) => [tracked.name, weight]);
}

/** An ipvlan has its address from start to stop. */
function withOwnAddresses(statics: Statics, instances: readonly VrrpInstance[]): Statics {
  const own = instances.flatMap(({ name, links: { ownAddress } }) =>
    ownAddress === null ? [] : [{ entry: ownAddress, followers: [name] }],
  );
  return own.length === 0 ? statics : { ...statics, addresses: [...statics.addresses, ...own] };
}

interface Built {
  readonly section: Section;
  readonly instance: VrrpInstance;
}

/** Each name once, and each VRID once on a link and family, or among its peers: the second one is left out. */
function withoutDuplicates(built: readonly Built[], { reports }: ScriptContext): readonly Built[] {
  const kept: Built[] = [];
  const names = new Set<string>();
  const routers = new Map<string, readonly VrrpInstance[]>();
  for (const one of built) {
    const { section, instance } = one;
    const { name, vrid, interface: link, family } = instance;
    if (vrid === 0 || name === '') continue;
    const router = `${vrid} ${family} ${link}`;
    const sameVrid = routers.get(router) ?? [];
    const sameRouter = sameVrid.find((other) => !haveOtherPeers(other, instance));
    if (names.has(name)) {
      reports.add({
        code: 'duplicate',
        span: section.label[0]?.span ?? section.span,
        message: `there is a vrrp_instance "${name}" already`,
      });
    } else if (sameRouter !== undefined) {
      reports.add({
        code: 'duplicate',
        span: section.find('virtual_router_id')?.span ?? section.span,
        message: `${sameRouter.name} uses virtual_router_id ${vrid} on ${link} already`,
        hint: 'each virtual router of a link has a number of its own',
      });
    } else {
      names.add(name);
      routers.set(router, [...sameVrid, instance]);
      kept.push(one);
    }
  }
  return kept;
}

/** A VRID may be used twice among peers, when no peer is of both. */
function haveOtherPeers(one: VrrpInstance, other: VrrpInstance): boolean {
  if (one.unicast === null || other.unicast === null) return one.unicast !== other.unicast;
  const peers = new Set(one.unicast.peers.map(({ address }) => address));
  return !other.unicast.peers.some(({ address }) => peers.has(address));
}
