/** What a reload would do to addresses, routes and rules, in words: those of an instance, and static ones. Pure. */
import type { PlannedDifference, PlannedVrrpChange } from '../../model/plan.ts';
import type { VirtualRoute, VirtualRule } from '../../model/route.ts';
import type { Statics, VirtualAddress, VrrpInstance } from '../../model/vrrp.ts';
import { allHeld, describePath, type Held, nameOfAddress, without } from '../holding/held.ts';
import type { State } from '../machine/state.ts';
import { addressWords, pathWords } from './held-words.ts';
import { differencesOf, renderDifferences, type Words } from './words.ts';

/** What becomes of it at once. */
interface Effects {
  readonly removedAddress: string;
  readonly addedAddress: string;
  readonly editedAddress: string;
  readonly removedPath: string;
  readonly addedPath: string;
  readonly editedPath: string;
}

const OF_MASTER: Effects = {
  removedAddress: 'released at once',
  addedAddress: 'held and announced at once',
  editedAddress: 'changed and announced at once',
  removedPath: 'removed at once',
  addedPath: 'added at once',
  editedPath: 'replaced at once',
};

const OF_STATIC: Effects = {
  removedAddress: 'removed at once',
  addedAddress: 'added at once',
  editedAddress: 'removed and added again at once',
  removedPath: 'removed at once',
  addedPath: 'added at once',
  editedPath: 'removed and added again at once',
};

/** Whose they are. */
interface Owner {
  readonly instance: string | null;
  /** Null: nobody holds them now. */
  readonly effects: Effects | null;
}

export function heldChanges(
  before: { readonly instance: VrrpInstance; readonly state: State['is'] },
  after: VrrpInstance,
): readonly PlannedVrrpChange[] {
  const owner = {
    instance: after.name,
    effects: before.state === 'master' ? OF_MASTER : null,
  };
  const advertised = (one: VrrpInstance): ReadonlySet<string> =>
    new Set(one.addresses.map(nameOfAddress));
  const sides = { before: advertised(before.instance), after: advertised(after) };
  return diffHeld(allHeld(before.instance), allHeld(after), owner, (one) => ({
    before: { advertised: sides.before.has(nameOfAddress(one)) ? 'yes' : 'no' },
    after: { advertised: sides.after.has(nameOfAddress(one)) ? 'yes' : 'no' },
  }));
}

export function staticChanges(before: Statics, after: Statics): readonly PlannedVrrpChange[] {
  const all = ({ addresses, routes, rules }: Statics): Held => ({
    addresses: addresses.map(({ entry }) => entry),
    routes: routes.map(({ entry }) => entry),
    rules: rules.map(({ entry }) => entry),
  });
  const owner = { instance: null, effects: OF_STATIC };
  return diffHeld(all(before), all(after), owner, () => ({ before: {}, after: {} }));
}

/** What is told of an address beside what it is. */
type More = (one: VirtualAddress) => { readonly before: Words; readonly after: Words };

function diffHeld(old: Held, now: Held, owner: Owner, more: More): readonly PlannedVrrpChange[] {
  const [gone, added] = [without(old, now), without(now, old)];
  const paths = pairedPaths([...gone.routes, ...gone.rules], [...added.routes, ...added.rules]);
  const { effects } = owner;
  const address = (
    change: 'add' | 'remove',
    one: VirtualAddress,
    effect: string | undefined,
  ): PlannedVrrpChange => line(owner, change, ['address', nameOfAddress(one)], [], effect);
  const path = (
    change: PlannedVrrpChange['change'],
    one: Path,
    differences: readonly PlannedDifference[],
    effect: string | undefined,
  ): PlannedVrrpChange => line(owner, change, ['path', describePath(one)], differences, effect);
  return [
    ...gone.addresses.map((one) => address('remove', one, effects?.removedAddress)),
    ...added.addresses.map((one) => address('add', one, effects?.addedAddress)),
    ...changedAddresses(old, now, owner, more),
    ...paths.gone.map((one) => path('remove', one, [], effects?.removedPath)),
    ...paths.added.map((one) => path('add', one, [], effects?.addedPath)),
    ...paths.changed.map(([before, after]) => {
      const differences = differencesOf(pathWords(before), pathWords(after));
      return path('edit', after, differences, effects?.editedPath);
    }),
  ];
}

function changedAddresses(
  old: Held,
  now: Held,
  owner: Owner,
  more: More,
): readonly PlannedVrrpChange[] {
  const known = new Map(old.addresses.map((one) => [nameOfAddress(one), one]));
  return now.addresses.flatMap((one) => {
    const before = known.get(nameOfAddress(one));
    if (before === undefined) return [];
    const ofKernel = differencesOf(addressWords(before), addressWords(one));
    const beside = more(one);
    const differences = [...ofKernel, ...differencesOf(beside.before, beside.after)];
    if (differences.length === 0) return [];
    const effect = ofKernel.length === 0 ? undefined : owner.effects?.editedAddress;
    return [line(owner, 'edit', ['address', nameOfAddress(one)], differences, effect)];
  });
}

const SIGNS = { add: '+', edit: '~', remove: '-' } as const;

/** `~ address 192.0.2.10/24 dev eth0 of instance VI_1: label none → eth0:1, changed and announced at once` */
function line(
  { instance }: Owner,
  change: PlannedVrrpChange['change'],
  [about, name]: readonly [about: 'address' | 'path', name: string],
  differences: readonly PlannedDifference[],
  effect: string | undefined,
): PlannedVrrpChange {
  const thing = about === 'address' ? `address ${name}` : name;
  const subject = instance === null ? `static ${thing}` : `${thing} of instance ${instance}`;
  const told = [renderDifferences(differences), effect ?? ''].filter((part) => part !== '');
  const what = told.length === 0 ? '' : `: ${told.join(', ')}`;
  return { text: `${SIGNS[change]} ${subject}${what}`, change, about, name, instance, differences };
}

type Path = VirtualRoute | VirtualRule;

/** Those of one name are one that has changed; of several the one of the same metric. */
function pairedPaths(
  gone: readonly Path[],
  added: readonly Path[],
): {
  readonly gone: readonly Path[];
  readonly added: readonly Path[];
  readonly changed: readonly (readonly [before: Path, after: Path])[];
} {
  const changed: (readonly [Path, Path])[] = [];
  let [before, after] = [gone, added];
  for (const keyOf of [closely, describePath]) {
    const left = new Map(before.map((one) => [keyOf(one), one]));
    after = after.filter((one) => {
      const counterpart = left.get(keyOf(one));
      if (counterpart === undefined) return true;
      left.delete(keyOf(one));
      changed.push([counterpart, one]);
      return false;
    });
    const paired = new Set(changed.map(([one]) => one));
    before = before.filter((one) => !paired.has(one));
  }
  return { gone: before, added: after, changed };
}

function closely(path: Path): string {
  return 'hops' in path ? `${describePath(path)} ${path.metric} ${path.tos}` : describePath(path);
}
