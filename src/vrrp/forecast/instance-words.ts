/** How an instance speaks, when it takes over and what it follows, as an operator thinks of it. Pure. */
import type { Millis } from '../../base/time.ts';
import type { PlannedDifference } from '../../model/plan.ts';
import type { Authentication, Signing, Track, VrrpInstance } from '../../model/vrrp.ts';
import { gateMs } from '../holding/gate.ts';
import { masterDownMs } from '../machine/timers.ts';
import { differencesOf, NONE, type Words } from './words.ts';

/** An instance with what it has of its sync group. */
export interface Placed {
  readonly instance: VrrpInstance;
  /** Name of its sync group, or null. */
  readonly group: string | null;
  /** Its own, and those of its group. */
  readonly tracks: readonly Track[];
}

/** But for its priority, and for what it holds: these are lines of their own. */
export function instanceDifferences(before: Placed, after: Placed): readonly PlannedDifference[] {
  // What only the priority does to it is not told once more.
  const { priority } = after.instance;
  return [
    ...differencesOf(placedWords(before, priority), placedWords(after, priority)),
    ...secretDifferences(before.instance, after.instance),
  ];
}

function placedWords({ instance, group, tracks }: Placed, priority: number): Words {
  const { version, advertIntervalMs, preempt, preemptDelayMs, unicast, sidePaths } = instance;
  return {
    'VRRP version': String(version),
    interval: seconds(advertIntervalMs),
    'takes over after': seconds(masterDownMs({ instance, priority }, advertIntervalMs)),
    preempts: preempt
      ? preemptDelayMs === 0
        ? 'at once'
        : `after ${seconds(preemptDelayMs)}`
      : 'no',
    authentication: AUTHENTICATION_WORDS[instance.authentication.type],
    signed: signingText(instance.signing),
    'source address': instance.sourceAddress ?? 'that of its interface',
    'sent to':
      unicast === null
        ? instance.multicastGroup
        : listed(unicast.peers.map(({ address }) => address)),
    'further paths': listed(sidePaths.map(({ name }) => name)),
    gate: gateText(instance),
    'takes packets': instance.accept ? 'yes' : 'only as owner of the addresses',
    strict: instance.strict ? 'yes' : 'no',
    'FAULT when its interface is down': instance.trackPrimaryInterface ? 'yes' : 'no',
    'FAULT without its source address': instance.trackSourceAddress ? 'yes' : 'no',
    tracks: listed(tracks.map(trackText).toSorted()),
    'sync group': group ?? NONE,
  };
}

const AUTHENTICATION_WORDS = { none: NONE, pass: 'password', ah: 'AH' } as const;

/** That a secret is another one is told, and no secret is. */
function secretDifferences(
  before: VrrpInstance,
  after: VrrpInstance,
): readonly PlannedDifference[] {
  const told: PlannedDifference[] = [];
  const { type } = after.authentication;
  if (
    type === before.authentication.type &&
    keyOf(before.authentication) !== keyOf(after.authentication)
  ) {
    const from = AUTHENTICATION_WORDS[type];
    told.push({ name: 'authentication', from, to: `${from} with another key` });
  }
  const [old, now] = [before.signing, after.signing];
  if (
    signingText(old) === signingText(now) &&
    JSON.stringify(old?.keys) !== JSON.stringify(now?.keys)
  ) {
    const from = signingText(old);
    told.push({ name: 'signed', from, to: `${from}, of other keys` });
  }
  return told;
}

function keyOf(authentication: Authentication): string | null {
  return authentication.type === 'none' ? null : authentication.key;
}

function signingText(signing: Signing | null): string {
  if (signing === null) return 'no';
  const { activeKey, mode, antiReplay, windowMs } = signing;
  return `with key ${activeKey} ${mode} ${antiReplay} ${seconds(windowMs)}`;
}

function gateText(instance: VrrpInstance): string {
  const { mode } = instance.gate;
  return mode === 'off' ? mode : `${mode} for ${seconds(gateMs(instance))}`;
}

function trackText({ kind, name, weightDelta, reverse }: Track): string {
  const weight = weightDelta === 0 ? '' : ` weight ${weightDelta}`;
  return `${kind} ${name}${weight}${reverse ? ' reverse' : ''}`;
}

function listed(all: readonly string[]): string {
  return all.length === 0 ? NONE : all.join(', ');
}

/** `3.609 s` */
function seconds(ms: Millis): string {
  return `${Math.round(ms) / 1_000} s`;
}
