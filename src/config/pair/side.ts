/** An instance as each director of a pair has it, and where its settings stand. */
import { type Reach, reachOf } from '../rules/priorities.ts';
import type { SeenServer } from '../rules/virtual-servers.ts';
import { familyIn, interfaceOf, type Named, namedIn, versionOf } from '../rules/whole.ts';
import { lastWritten, nameIn, nameSpan, numberOf, valueSpan } from '../rules/written.ts';
import type { Span } from '../text/source.ts';
import type { Section } from '../values/section.ts';

/** What is compared of a file. The servers are there when advice was asked for. */
export interface Outline {
  readonly root: Section;
  readonly globals: Section;
  readonly servers: readonly SeenServer[];
}

/** One instance as a director has it. */
export interface Side {
  readonly instance: Section;
  readonly name: string;
  readonly vrid: number;
  readonly family: 'ipv4' | 'ipv6';
  readonly link: string;
  readonly version: 2 | 3;
  readonly reach: Reach;
  readonly named: Named;
}

export interface Pair {
  readonly here: Side;
  readonly there: Side;
}

export function sidesOf({ root, globals }: Outline): readonly Side[] {
  const named = namedIn(root);
  return named.instances.flatMap((instance) => {
    const vrid = numberOf(instance, 'virtual_router_id');
    if (vrid === null) return [];
    return {
      instance,
      name: nameIn(instance),
      vrid,
      family: familyIn(instance),
      link: interfaceOf(instance, globals),
      version: versionOf(instance, globals),
      reach: reachOf(instance, named),
      named,
    };
  });
}

export function routerOf({ vrid, family }: Side): string {
  return `${vrid} ${family}`;
}

/** Of a setting's value, or of the instance's name where it is not written. */
export function placeOf({ instance }: Side, name: string): Span {
  const setting = lastWritten(instance, name);
  return setting === null ? nameSpan(instance) : valueSpan(setting);
}

/** Of a word itself, or of the name of the instance. */
export function placeOfWord({ instance }: Side, name: string): Span {
  return lastWritten(instance, name)?.word.span ?? nameSpan(instance);
}

/** What stands in one list, and not in the other. */
export function onlyIn(some: readonly string[], others: readonly string[]): readonly string[] {
  const known = new Set(others);
  return some.filter((one) => !known.has(one));
}
