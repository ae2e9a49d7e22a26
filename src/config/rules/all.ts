/**
 * What only the whole shows: settings that are each good and do together what nobody means. Three ways
 * in: once a real server (real-servers.ts), once a virtual server, and once a file for all the rest. What each
 * finding means stands in diagnostics/explanations.ts; whether it is an error, a warning or advice in diagnostics/severity.ts.
 */
import type { PlacedServers } from '../build/placed.ts';
import type { Reports } from '../diagnostics/reports.ts';
import type { ConfigEnvironment } from '../environment.ts';
import type { Section } from '../values/section.ts';
import {
  adviseOnFamilies,
  adviseOnLinkLocal,
  adviseOnNoVip,
  adviseOnPrefix,
  tellBroadcasts,
  tellNotTheOwner,
  tellVipsOutside,
  tellVipsTwice,
} from './addresses.ts';
import { adviseOnPorts, adviseOnRetry, adviseOnStacks, tellUnchecked } from './checkers.ts';
import { adviseOnGroups } from './groups.ts';
import { tellMissingInterfaces, tellOwnInterface } from './interfaces.ts';
import {
  adviseOnSample,
  tellEmptyBlocks,
  tellFillIns,
  tellOffIgnored,
  tellPassword,
} from './leftovers.ts';
import { adviseOnMail } from './mail.ts';
import { tellImpossible, tellOnlyAddress, tellWideNetwork } from './odd-addresses.ts';
import { partsOf, type ServerParts } from './parts.ts';
import { tellIgnoredDelay } from './preemption.ts';
import { tellWeights } from './priorities.ts';
import {
  adviseOnFault,
  adviseOnSecurity,
  tellDeclaredLate,
  tellNoScriptUser,
  tellSameNames,
  tellShellWords,
  tellSlowScript,
  tellUntracked,
} from './scripts.ts';
import { tellStrict } from './strict.ts';
import { tellSingleMember, tellUnequalPriorities } from './sync-groups.ts';
import { tellUnicast } from './unicast.ts';
import {
  adviseOnFallback,
  adviseOnPersistence,
  adviseOnQuorum,
  adviseOnServices,
  adviseOnWeights,
  type SeenServer,
  seenServer,
  tellSchedulerFlags,
  tellZeroWeights,
} from './virtual-servers.ts';
import { type Whole, wholeOf } from './whole.ts';

/** Looks at the real servers of a virtual server together. */
export function tellRealServers(section: Section, placed: PlacedServers, reports: Reports): void {
  tellUnchecked(section, placed, reports);
  tellZeroWeights(section, placed, reports);
}

/** Looks at one virtual server. When advice is asked for, `seen` takes what the end of the file needs of it. */
export function tellSettings(section: Section, seen: SeenServer[], reports: Reports): void {
  tellSchedulerFlags(section, reports);
  tellOffIgnored(section, { reports });
  tellShellWords(section, reports);
  if (reports.takesNotes) adviseOnServer(partsOf(section), seen, reports);
}

function adviseOnServer(server: ServerParts, seen: SeenServer[], reports: Reports): void {
  if (server.section.label.length > 0) seen.push(seenServer(server));
  adviseOnWeights(server, reports);
  adviseOnFallback(server, reports);
  adviseOnQuorum(server, reports);
  adviseOnPersistence(server, reports);
  adviseOnRetry(server, reports);
  adviseOnPorts(server, reports);
  adviseOnStacks(server, reports);
}

/** Looks at everything but the virtual servers; `root` need not hold these any more. */
export function tellVrrp(
  root: Section,
  globals: Section,
  servers: readonly SeenServer[],
  { environment, reports }: { environment: ConfigEnvironment; reports: Reports },
): void {
  const whole = wholeOf(root, globals, environment, reports);
  tellGlobals(whole);
  for (const script of root.sections('vrrp_script')) {
    tellSlowScript(script, whole);
    tellShellWords(script, reports);
  }
  for (const group of whole.groups) {
    tellSingleMember(group, whole);
    tellUnequalPriorities(group, whole);
    tellEmptyBlocks(group, whole);
    tellShellWords(group, reports);
  }
  for (const instance of whole.instances) tellInstance(instance, whole);
  if (reports.takesNotes) advise(whole, servers);
}

function tellGlobals(whole: Whole): void {
  tellUntracked(whole);
  tellSameNames(whole);
  tellDeclaredLate(whole);
  tellNoScriptUser(whole);
  tellVipsTwice(whole);
  tellMissingInterfaces(whole);
  tellFillIns(whole);
  tellEmptyBlocks(whole.globals, whole);
  tellOffIgnored(whole.globals, whole);
}

function tellInstance(instance: Section, whole: Whole): void {
  tellOwnInterface(instance, whole);
  tellImpossible(instance, whole);
  tellOnlyAddress(instance, whole);
  tellWideNetwork(instance, whole);
  tellVipsOutside(instance, whole);
  tellBroadcasts(instance, whole);
  tellNotTheOwner(instance, whole);
  tellIgnoredDelay(instance, whole);
  tellWeights(instance, whole);
  tellStrict(instance, whole);
  tellUnicast(instance, whole);
  tellPassword(instance, whole);
  tellEmptyBlocks(instance, whole);
  tellOffIgnored(instance, whole);
  tellShellWords(instance, whole.reports);
}

/** What only `lvsctl lint` says. */
function advise(whole: Whole, servers: readonly SeenServer[]): void {
  for (const instance of whole.instances) {
    adviseOnPrefix(instance, whole);
    adviseOnFamilies(instance, whole);
    adviseOnLinkLocal(instance, whole);
    adviseOnNoVip(instance, whole);
  }
  adviseOnFault(whole);
  adviseOnSecurity(whole);
  adviseOnMail(whole);
  adviseOnSample(whole);
  adviseOnServices(servers, whole.vips, whole.reports);
  adviseOnGroups(whole);
}
