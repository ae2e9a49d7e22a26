/** What rules over VRRP look at: the sections of the file, found by name once. */
import { addressBits, familyOf, parseAddress } from '../../base/address.ts';
import type { Reports } from '../diagnostics/reports.ts';
import type { ConfigEnvironment } from '../environment.ts';
import type { Word } from '../text/ast.ts';
import type { Section } from '../values/section.ts';
import { entriesOf, nameIn, textOf } from './written.ts';

/** What is named in a file, by its name. */
export interface Named {
  readonly instances: readonly Section[];
  readonly groups: readonly Section[];
  readonly scripts: ReadonlyMap<string, Section>;
  readonly instanceOf: ReadonlyMap<string, Section>;
  /** The sync group of an instance, by the instance's name. */
  readonly groupOf: ReadonlyMap<string, Section>;
}

export interface Whole extends Named {
  readonly root: Section;
  readonly globals: Section;
  readonly environment: ConfigEnvironment;
  readonly reports: Reports;
  /** Addresses of all instances. */
  readonly vips: ReadonlySet<string>;
}

export function wholeOf(
  root: Section,
  globals: Section,
  environment: ConfigEnvironment,
  reports: Reports,
): Whole {
  const named = namedIn(root);
  const vips = named.instances.flatMap((one) => vipsOf(one).map(({ address }) => address));
  return { ...named, root, globals, environment, reports, vips: new Set(vips) };
}

export function namedIn(root: Section): Named {
  const instances = root.sections('vrrp_instance');
  const groups = root.sections('vrrp_sync_group');
  return {
    instances,
    groups,
    scripts: byName(root.sections('vrrp_script')),
    instanceOf: byName(instances),
    groupOf: new Map(groups.flatMap((group) => membersOf(group).map(({ text }) => [text, group]))),
  };
}

/** Where a name stands twice the first counts. */
function byName(sections: readonly Section[]): ReadonlyMap<string, Section> {
  return new Map(sections.toReversed().map((section) => [nameIn(section), section]));
}

export function membersOf(group: Section): readonly Word[] {
  return entriesOf(group, 'group').flat();
}

/** A virtual address as it is written. */
export interface WrittenVip {
  readonly word: Word;
  readonly options: readonly Word[];
  readonly address: string;
  readonly prefixLength: number;
  readonly hasPrefix: boolean;
}

export function vipsOf(instance: Section): readonly WrittenVip[] {
  return ['virtual_ipaddress', 'virtual_ipaddress_excluded'].flatMap((name) =>
    writtenVips(instance, name),
  );
}

/** Those that can be read; the others are told by who builds the model. */
export function writtenVips(instance: Section, name: string): readonly WrittenVip[] {
  return entriesOf(instance, name).flatMap(([word, ...options]) => {
    const [text = '', length] = word.text.split('/');
    const address = parseAddress(text);
    if (address === null) return [];
    const prefixLength = length === undefined ? addressBits(familyOf(address)) : Number(length);
    return [{ word, options, address, prefixLength, hasPrefix: length !== undefined }];
  });
}

/** The word behind an option of an address: `dev eth0`. */
export function optionOf(options: readonly Word[], ...names: readonly string[]): Word | null {
  const at = options.findIndex(({ text }) => names.includes(text));
  return at < 0 ? null : (options[at + 1] ?? null);
}

export function interfaceOf(instance: Section, globals: Section): string {
  return textOf(instance, 'interface') ?? textOf(globals, 'default_interface') ?? 'eth0';
}

export function familyIn(instance: Section): 'ipv4' | 'ipv6' {
  const [first] = writtenVips(instance, 'virtual_ipaddress');
  return first === undefined ? 'ipv4' : familyOf(first.address);
}

/** Version of the protocol: IPv6 has the third only. */
export function versionOf(instance: Section, globals: Section): 2 | 3 {
  if (familyIn(instance) === 'ipv6') return 3;
  return (textOf(instance, 'version') ?? textOf(globals, 'vrrp_version')) === '3' ? 3 : 2;
}
