/**
 * What a reload would do to the instances at once, in words: who goes, who comes, whose addresses and
 * whose effective priority change. What peers make of it is not known here. Pure.
 */
import type { PlannedVrrpChange, VrrpPlan } from '../model/plan.ts';
import type { VirtualRoute, VirtualRule } from '../model/route.ts';
import type { VirtualAddress, VrrpInstance } from '../model/vrrp.ts';
import { allHeld, describePath, without } from './holding/held.ts';
import type { State } from './machine/state.ts';

/** One instance before and after; `null` on the side where there is none. */
export interface BeforeAndAfter {
  readonly before: {
    readonly instance: VrrpInstance;
    readonly state: State['is'];
    readonly priority: number;
  } | null;
  readonly after: { readonly instance: VrrpInstance; readonly priority: number } | null;
}

export function planVrrp(all: readonly BeforeAndAfter[]): VrrpPlan {
  const lines = all.map(linesOf);
  return {
    changes: lines.flat(),
    unchanged: { instances: lines.filter((one) => one.length === 0).length },
  };
}

function linesOf({ before, after }: BeforeAndAfter): readonly PlannedVrrpChange[] {
  if (before === null) return after === null ? [] : [arrival(after)];
  return after === null ? [departure(before)] : changes(before, after);
}

function arrival({ instance, priority }: NonNullable<BeforeAndAfter['after']>): PlannedVrrpChange {
  const { name, interface: link, vrid } = instance;
  const what = `virtual router ${vrid} on ${link}, priority ${priority}, ${addressCount(instance)}`;
  return { text: `+ instance ${name}: ${what}`, instance: name, about: 'instance' };
}

function departure({ instance, state }: NonNullable<BeforeAndAfter['before']>): PlannedVrrpChange {
  const { name } = instance;
  const loss =
    state === 'master' ? `: it releases ${addressCount(instance)} and sends priority 0` : '';
  const text = `- instance ${name} (${state.toUpperCase()})${loss}`;
  return { text, instance: name, about: 'instance' };
}

function changes(
  before: NonNullable<BeforeAndAfter['before']>,
  after: NonNullable<BeforeAndAfter['after']>,
): readonly PlannedVrrpChange[] {
  const { name: instance } = after.instance;
  const { name: oldName } = before.instance;
  const [old, now] = [allHeld(before.instance), allHeld(after.instance)];
  const [gone, added] = [without(old, now), without(now, old)];
  const line = (about: PlannedVrrpChange['about'], text: string): PlannedVrrpChange => ({
    text,
    instance,
    about,
  });
  const address = (sign: '+' | '-', one: VirtualAddress, effect: string): PlannedVrrpChange => {
    const atOnce = before.state === 'master' ? `: ${effect} at once` : '';
    return line('address', `${sign} address ${addressName(one)} of instance ${instance}${atOnce}`);
  };
  const path = (
    sign: '+' | '-',
    one: VirtualRoute | VirtualRule,
    effect: string,
  ): PlannedVrrpChange => {
    const atOnce = before.state === 'master' ? `: ${effect} at once` : '';
    return line('path', `${sign} ${describePath(one)} of instance ${instance}${atOnce}`);
  };
  const renamed = `~ instance ${oldName}: renamed to ${instance}, its state is kept`;
  const moved = `~ instance ${instance}: effective priority ${before.priority} → ${after.priority}`;
  return [
    ...(instance === oldName ? [] : [line('instance', renamed)]),
    ...(before.priority === after.priority ? [] : [line('priority', moved)]),
    ...gone.addresses.map((one) => address('-', one, 'released')),
    ...added.addresses.map((one) => address('+', one, 'held and announced')),
    ...[...gone.routes, ...gone.rules].map((one) => path('-', one, 'removed')),
    ...[...added.routes, ...added.rules].map((one) => path('+', one, 'added')),
  ];
}

function addressName({ address, prefixLength, interface: link }: VirtualAddress): string {
  return `${address}/${prefixLength} dev ${link}`;
}

function addressCount(instance: VrrpInstance): string {
  const { length } = allHeld(instance).addresses;
  return `${length} address${length === 1 ? '' : 'es'}`;
}
