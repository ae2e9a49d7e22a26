/** `unicast_peer` and what belongs to it. */
import type { Family } from '../../../base/address.ts';
import { familyOf, parseAddress } from '../../../base/address.ts';
import type { Unicast, UnicastPeer } from '../../../model/vrrp.ts';
import type { Said } from '../../values/phrase.ts';
import type { Section } from '../../values/section.ts';
import type { ScriptContext } from '../scripts.ts';

const TTL_MAX = 255;

/** Null: the instance speaks by multicast. */
export function readUnicast(
  section: Section,
  globals: Section,
  family: Family,
  { reports }: ScriptContext,
): Unicast | null {
  const lines = section.said('unicast_peer');
  const bounded = lines.some(({ options }) => options.has('min_ttl') || options.has('max_ttl'));
  const peers = new Map<string, UnicastPeer>();
  for (const line of lines) {
    const peer = readPeer(line);
    // A peer of the other family is told by the rules, and cannot be spoken to.
    if (peer === null || familyOf(peer.address) !== family) continue;
    if (peers.has(peer.address)) {
      reports.add({
        code: 'duplicate',
        span: line.words[0]?.span ?? section.span,
        message: `${peer.address} is a unicast peer already`,
      });
    } else peers.set(peer.address, peer);
  }
  if (peers.size === 0 && !section.has('unicast_fault_no_peer')) return null;
  return {
    peers: [...peers.values()],
    ttl: section.number('unicast_ttl') ?? TTL_MAX,
    checkSource:
      bounded ||
      (section.boolean('check_unicast_src') ?? globals.boolean('vrrp_check_unicast_src') ?? true),
    oldChecksum: readOldChecksum(section),
  };
}

function readPeer({ slots, options }: Said): UnicastPeer | null {
  const address = parseAddress(slots.get('ADDRESS')?.[0]?.text ?? '');
  if (address === null) return null;
  const bound = (name: string, otherwise: number): number => {
    const [word] = options.get(name)?.words ?? [];
    return word === undefined ? otherwise : Number(word.text);
  };
  return { address, ttlMin: bound('min_ttl', 0), ttlMax: bound('max_ttl', TTL_MAX) };
}

function readOldChecksum(section: Section): Unicast['oldChecksum'] {
  const [said] = section.said('old_unicast_checksum');
  if (said === undefined) return 'detect';
  return said.options.has('never') ? 'never' : 'always';
}
