/** The tables of the gate as messages: what makes them, and where in them an address stands. */
import {
  type NftFamily,
  type NftHook,
  NftMessage,
  type NftSet,
  type NftSetName,
  writeNewChain,
  writeNewRule,
  writeNewSet,
  writeNewTable,
} from '../wire/nftables/message.ts';
import { MessageFlag } from '../wire/nlmsg.ts';
import {
  ARP_LAYOUT,
  ARP_SETS,
  IP_LAYOUT,
  IP_SETS,
  TABLE,
  type TableLayout,
} from './gate-layout.ts';
import { NEW_RULE_FLAGS, type NftRequest } from './nftables.ts';

export type SetsOf = (family: 'ipv4' | 'ipv6') => readonly NftSetName[];

const named = (family: NftFamily, { name }: NftSet): NftSetName => ({
  family,
  table: TABLE,
  set: name,
});

const OPEN = {
  ipv4: [named('arp', ARP_SETS.open), named('inet', IP_SETS.open4)],
  ipv6: [named('inet', IP_SETS.open6)],
} as const;
const GUARDED = {
  ipv4: [named('arp', ARP_SETS.guarded), named('inet', IP_SETS.guarded4)],
  ipv6: [named('inet', IP_SETS.guarded6)],
} as const;
const REFUSED = {
  ipv4: [named('inet', IP_SETS.refused4)],
  ipv6: [named('inet', IP_SETS.refused6)],
} as const;

export const openSets: SetsOf = (family) => OPEN[family];
export const guardedSets: SetsOf = (family) => GUARDED[family];
export const refusedSets: SetsOf = (family) => REFUSED[family];

/** What makes a table, in the order that the kernel wants. */
export function makeTable<Family extends NftFamily>(
  { family, sets, chains }: TableLayout<Family>,
  comment: string,
): readonly NftRequest[] {
  const table = { family, name: TABLE, comment };
  return [
    { type: NftMessage.newTable, write: (to) => writeNewTable(to, table) },
    ...Object.values(sets).map((set) => ({
      type: NftMessage.newSet,
      flags: MessageFlag.create,
      write: (to: Parameters<NftRequest['write']>[0]) => writeNewSet(to, family, TABLE, set),
    })),
    ...chains.map(({ name, hook, priority }) => ({
      type: NftMessage.newChain,
      flags: MessageFlag.create,
      write: (to: Parameters<NftRequest['write']>[0]) =>
        writeNewChain(to, family, TABLE, { name, hook: hook as NftHook<NftFamily>, priority }),
    })),
    ...chains.flatMap(({ name, rules }) =>
      rules.map((rule) => ({
        type: NftMessage.newRule,
        flags: NEW_RULE_FLAGS,
        write: (to: Parameters<NftRequest['write']>[0]) =>
          writeNewRule(to, { family, table: TABLE, chain: name }, rule),
      })),
    ),
  ];
}

/** What makes both of them, with nothing in them. */
export function makeTables(comment: string): readonly NftRequest[] {
  return [...makeTable(ARP_LAYOUT, comment), ...makeTable(IP_LAYOUT, comment)];
}
