/** `use_vmac`, `use_ipvlan` and what goes with them: the links that addresses of an instance are put on. */
import {
  addressBits,
  type Family,
  familyOf,
  parseAddress,
  parseMac,
} from '../../../base/address.ts';
import type { InstanceLinks, VirtualLink } from '../../../model/virtual-link.ts';
import type { VirtualAddress } from '../../../model/vrrp.ts';
import type { Word } from '../../text/ast.ts';
import type { Said } from '../../values/phrase.ts';
import type { Section } from '../../values/section.ts';
import { isInterfaceName } from '../interface-name.ts';
import type { ScriptContext } from '../scripts.ts';
import { numberOf, wordOf } from './route-hops.ts';

const PREFIX = 'vrrp';

/** RFC 9568 §7.3: the fifth octet tells the family, the last one is the VRID. */
const MAC_BEGIN: Readonly<Record<Family, string>> = {
  ipv4: '00:00:5e:00:01',
  ipv6: '00:00:5e:00:02',
};

interface Identity {
  readonly interface: string;
  readonly vrid: number;
  readonly family: Family;
  readonly isUnicast: boolean;
  readonly isStrict: boolean;
}

export interface LinkContext extends ScriptContext {
  /** Names of links that other instances have. */
  readonly linkNames: Set<string>;
}

/** The links of one instance, and which address is on which of them. */
export class LinkReader {
  private readonly section: Section;
  private readonly globals: Section;
  private readonly of: Identity;
  private readonly context: LinkContext;
  private readonly own: VirtualLink | null;
  private readonly others: VirtualLink[] = [];

  constructor(section: Section, globals: Section, of: Identity, context: LinkContext) {
    this.section = section;
    this.globals = globals;
    this.of = of;
    this.context = context;
    this.own = this.readOwn();
  }

  links(): InstanceLinks {
    const { section, own, others, of } = this;
    const vrf = section.text('vrf');
    return {
      own,
      ownAddress: this.ownAddress(),
      others,
      sendsFromBase: own === null || own.kind === 'ipvlan' || this.readsFromBase(),
      vrf: vrf === null || !isInterfaceName(vrf) ? null : vrf,
      promoteSecondaries: section.has('promote_secondaries') && of.interface !== '',
    };
  }

  /** Where an address goes that is to be on an interface: there, or on a link of ours above it. */
  place(address: VirtualAddress, said: Said): VirtualAddress {
    const { own, of, section } = this;
    const asks = section.has('use_vmac_addr') || said.options.has('use_vmac');
    const isElsewhere =
      address.interface !== of.interface || familyOf(address.address) !== of.family;
    const isVirtual = address.interface === own?.name;
    if (own !== null && !isVirtual && !(isElsewhere && asks)) {
      return address.interface === of.interface ? { ...address, interface: own.name } : address;
    }
    return asks && !isVirtual ? { ...address, interface: this.linkAbove(address).name } : address;
  }

  private ownAddress(): VirtualAddress | null {
    const { own } = this;
    const [said] = this.section.said('use_ipvlan');
    const [text = '', length] = said?.slots.get('ADDRESS')?.[0]?.text.split('/') ?? [];
    const address = parseAddress(text);
    if (own?.kind !== 'ipvlan' || address === null) return null;
    const bits = addressBits(familyOf(address));
    const prefixLength = length === undefined ? bits : Number(length);
    const plain = { scope: 'global', label: null, broadcast: null } as const;
    return { ...plain, address, prefixLength, interface: own.name };
  }

  private readOwn(): VirtualLink | null {
    const { section, of, context } = this;
    const [macvlan] = section.said('use_vmac');
    const [ipvlan] = section.said('use_ipvlan');
    if (macvlan !== undefined) {
      if (ipvlan !== undefined) {
        context.reports.add({
          code: 'adjusted',
          span: section.find('use_ipvlan')?.span ?? section.span,
          message: 'use_ipvlan does nothing beside use_vmac',
          hint: 'a virtual MAC needs a macvlan: remove one of the two',
        });
      }
      const mac = this.readMac(macvlan);
      return this.linkNamed(macvlan, { kind: 'macvlan', mac, isolation: 'private' });
    }
    if (section.has('vmac_xmit_base')) {
      context.reports.add({
        code: 'adjusted',
        span: section.find('vmac_xmit_base')?.span ?? section.span,
        message: 'vmac_xmit_base does nothing without use_vmac',
        hint: 'without a virtual MAC advertisements leave by the interface anyhow',
      });
    }
    if (ipvlan === undefined || of.vrid === 0) return null;
    const isolation =
      (['private', 'vepa'] as const).find((word) => ipvlan.options.has(word)) ?? 'bridge';
    return this.linkNamed(ipvlan, { kind: 'ipvlan', mac: null, isolation });
  }

  private readsFromBase(): boolean {
    const { section, of, context } = this;
    const asked = section.find('vmac_xmit_base');
    if (of.isUnicast && asked === null) {
      context.reports.add({
        code: 'adjusted',
        span: section.find('use_vmac')?.span ?? section.span,
        message:
          'to peers advertisements leave by the interface itself, and not with the virtual MAC',
        hint: 'write vmac_xmit_base; keepalived needs it beside unicast_peer',
      });
    }
    return of.isUnicast || (asked !== null && !of.isStrict);
  }

  private linkNamed(
    said: Said,
    link: Pick<VirtualLink, 'kind' | 'mac' | 'isolation'>,
  ): VirtualLink | null {
    const { of } = this;
    if (of.vrid === 0) return null;
    const word = wordOf(said, 'name') ?? said.slots.get('IFNAME')?.[0];
    const standard = `${this.prefix('vmac_prefix', 4)}${of.family === 'ipv6' ? '6' : ''}.${of.vrid}`;
    const name = word !== undefined && this.isFree(word) ? word.text : standard;
    this.context.linkNames.add(name);
    return {
      name,
      ...link,
      base: of.interface,
      group: numberOf(said, 'group') ?? 0,
      vrf: this.section.text('vrf'),
    };
  }

  private isFree(word: Word): boolean {
    const { reports, linkNames } = this.context;
    const { text, span } = word;
    if (!isInterfaceName(text)) return false;
    if (text !== this.of.interface && !linkNames.has(text)) return true;
    reports.add({
      code: 'duplicate',
      span,
      message:
        text === this.of.interface
          ? `${text} is the interface itself: its virtual link needs another name`
          : `there is a virtual link ${text} already, of another instance`,
      hint: 'without a name it is called vrrp.VRID',
    });
    return false;
  }

  /** A prefix that leaves room for `more` and what follows it. */
  private prefix(keyword: string, more: number): string {
    const text = this.globals.text(keyword);
    if (text === null) return PREFIX;
    // The longest end: "6.255".
    if (isInterfaceName(`${text}6.255`) && text.length + more <= 14) return text;
    this.context.reports.add({
      code: 'bad-interface-name',
      span: this.globals.find(keyword)?.span ?? this.globals.span,
      message: `names of interfaces have 15 characters at most, and "${text}" is only the beginning of some`,
      hint: `at most ${14 - more} characters that a name of an interface may have; the default is "${PREFIX}"`,
    });
    return PREFIX;
  }

  private readMac(said: Said): string {
    const { of, context } = this;
    const last = of.vrid.toString(16).padStart(2, '0');
    const standard = `${MAC_BEGIN[of.family]}:${last}`;
    const [word] = said.slots.get('MAC') ?? [];
    if (word === undefined) return standard;
    const octets = word.text
      .toLowerCase()
      .split(':')
      .map((octet) => octet.padStart(2, '0'));
    const mac = [...octets, ...(octets.length === 5 ? [last] : [])].join(':');
    const first = parseMac(mac)?.[0] ?? 1;
    const isGroup = (first & 1) === 1;
    if (!isGroup && !/^(00:){5}00$/.test(mac)) return mac;
    context.reports.add({
      code: 'bad-value',
      span: word.span,
      message: isGroup
        ? `${word.text} is the MAC address of a group: no interface can have it`
        : `${word.text} is no address that an interface can have`,
      hint: `without it the MAC is ${standard}, as the standard has it`,
    });
    return standard;
  }

  /** For addresses of one family on one interface there is one link. */
  private linkAbove({ address, interface: base }: VirtualAddress): VirtualLink {
    const { of, others, context } = this;
    const mac = `${MAC_BEGIN[familyOf(address)]}:${of.vrid.toString(16).padStart(2, '0')}`;
    const known = others.find((one) => one.base === base && one.mac === mac);
    if (known !== undefined) return known;
    const global = this.globals.has('vmac_addr_prefix') ? 'vmac_addr_prefix' : 'vmac_prefix';
    const prefix = this.prefix(global, 6);
    let number = 1;
    while (context.linkNames.has(`${prefix}${number}.${of.vrid}`)) number += 1;
    const name = `${prefix}${number}.${of.vrid}`;
    context.linkNames.add(name);
    const link: VirtualLink = {
      name,
      kind: 'macvlan',
      base,
      mac,
      isolation: 'private',
      group: 0,
      vrf: null,
    };
    others.push(link);
    return link;
  }
}
