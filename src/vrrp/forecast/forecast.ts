/**
 * What a reload would do to the instances at once, in words: who goes, who comes, who falls into FAULT, how they speak,
 * what is held and with what priority. What peers make of it is not known here. Pure.
 */
import type { PlannedVrrpChange, VrrpPlan } from '../../model/plan.ts';
import { allHeld } from '../holding/held.ts';
import type { State } from '../machine/state.ts';
import { heldChanges } from './held-changes.ts';
import { instanceDifferences, type Placed } from './instance-words.ts';
import { linkChanges } from './link-changes.ts';
import { renderDifferences } from './words.ts';

export interface After extends Placed {
  readonly priority: number;
  /** Why it cannot serve; null: as far as is known, it can. */
  readonly fault: string | null;
  /** Something that it tracks is still to be heard of. */
  readonly isUndecided: boolean;
}

export interface Before extends After {
  readonly state: State['is'];
}

/** One instance before and after; `null` on the side where there is none. */
export interface BeforeAndAfter {
  readonly before: Before | null;
  readonly after: After | null;
}

export function planVrrp(all: readonly BeforeAndAfter[]): VrrpPlan {
  const lines = all.map(linesOf);
  return {
    changes: lines.flat(),
    unchanged: { instances: lines.filter((one) => one.length === 0).length },
  };
}

function linesOf({ before, after }: BeforeAndAfter): readonly PlannedVrrpChange[] {
  if (before === null) return after === null ? [] : arrival(after);
  return after === null ? departure(before) : changes(before, after);
}

function arrival({ instance, priority, fault }: After): readonly PlannedVrrpChange[] {
  const { name, interface: link, vrid } = instance;
  const faultText = fault === null ? '' : `, in FAULT: ${fault}`;
  const what = `virtual router ${vrid} on ${link}, priority ${priority}, ${addressCount(instance)}`;
  return [
    ofInstance(instance.name, 'add', 'instance', `+ instance ${name}: ${what}${faultText}`),
    ...linkChanges(name, null, instance),
  ];
}

function departure({ instance, state }: Before): readonly PlannedVrrpChange[] {
  const { name } = instance;
  const loss =
    state === 'master' ? `: it releases ${addressCount(instance)} and sends priority 0` : '';
  const text = `- instance ${name} (${state.toUpperCase()})${loss}`;
  return [ofInstance(name, 'remove', 'instance', text), ...linkChanges(name, instance, null)];
}

function changes(before: Before, after: After): readonly PlannedVrrpChange[] {
  const { name } = after.instance;
  const { name: oldName } = before.instance;
  const edit = (about: PlannedVrrpChange['about'], what: string): PlannedVrrpChange =>
    ofInstance(name, 'edit', about, `~ instance ${what}`);
  const differences = instanceDifferences(before, after);
  const role = roleText(before, after);
  const priorities = {
    name: 'effective priority',
    from: String(before.priority),
    to: String(after.priority),
  };
  return [
    ...(name === oldName
      ? []
      : [edit('instance', `${oldName}: renamed to ${name}, its state is kept`)]),
    ...(role === null ? [] : [edit('role', `${name} (${before.state.toUpperCase()}): ${role}`)]),
    ...(before.priority === after.priority
      ? []
      : [
          {
            ...edit('priority', `${name}: ${renderDifferences([priorities])}`),
            differences: [priorities],
          },
        ]),
    ...(differences.length === 0
      ? []
      : [{ ...edit('protocol', `${name}: ${renderDifferences(differences)}`), differences }]),
    ...linkChanges(name, before.instance, after.instance),
    // Who falls into FAULT holds nothing of what is new.
    ...heldChanges(falls(before, after) ? { ...before, state: 'fault' } : before, after.instance),
  ];
}

/** Whether it falls into FAULT, or leaves it; null: neither, as far as is known. */
function roleText(before: Before, after: After): string | null {
  const { state } = before;
  if (falls(before, after)) {
    const loss = state === 'master' ? `, releases ${addressCount(before.instance)}` : '';
    return `FAULT at once${loss}: ${after.fault}`;
  }
  const isMended = before.fault !== null && after.fault === null && !after.isUndecided;
  return state === 'fault' && isMended ? `leaves FAULT, where it is because ${before.fault}` : null;
}

function falls(before: Before, after: After): boolean {
  return before.fault === null && after.fault !== null && before.state !== 'fault';
}

function ofInstance(
  name: string,
  change: PlannedVrrpChange['change'],
  about: PlannedVrrpChange['about'],
  text: string,
): PlannedVrrpChange {
  return { text, change, about, name, instance: name, differences: [] };
}

function addressCount(instance: Placed['instance']): string {
  const { length } = allHeld(instance).addresses;
  return `${length} address${length === 1 ? '' : 'es'}`;
}
