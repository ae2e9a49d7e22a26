/**
 * Floods a link with packets of protocol 112, each kind that a stranger can send without a key: other VRIDs, ours from
 * too far away, ours with a wrong checksum, and ours as a master of lower priority that wants an answer. `node flood.js INTERFACE INDEX VRID SECONDS PER_SECOND` prints how many
 * were sent.
 */

import { internetChecksum } from '../../src/base/checksum.ts';
import { loadAddon } from '../../src/kernel/addon.ts';
import { encodeIpv4Header, stampIpv4Header } from '../../src/wire/ip.ts';
import { encodeAdvert } from '../../src/wire/vrrp.ts';

const [interfaceIndex = 0, vrid = 0, seconds = 0, perSecond = 0] = process.argv
  .slice(2)
  .map(Number);
const ETHERNET = Buffer.from('01005e00001202000000009908 00'.replace(' ', ''), 'hex');
const GROUP = '224.0.0.18';
const SOURCE = '192.0.2.100';
const BURST_MS = 2;
const BACKLOG_MS = 100;

const KINDS = ['other', 'far', 'wrong', 'lesser'] as const;

function frame(kind: (typeof KINDS)[number], other: number): Uint8Array {
  const payload = encodeAdvert(
    {
      version: 3,
      vrid: kind === 'other' ? other : vrid,
      priority: kind === 'lesser' ? 1 : 250,
      intervalMs: 100,
      addresses: ['192.0.2.10'],
    },
    { family: 'ipv4', source: SOURCE, destination: GROUP },
  );
  if (kind === 'wrong') payload[6] = (payload[6] as number) ^ 0xff;
  const hopLimit = kind === 'far' ? 254 : 255;
  const header = encodeIpv4Header({ source: SOURCE, destination: GROUP, hopLimit, protocol: 112 });
  stampIpv4Header(header, { totalOctets: header.length + payload.length, identification: 1 });
  new DataView(header.buffer).setUint16(10, internetChecksum(header));
  return Buffer.concat([ETHERNET, header, payload]);
}

const frames = Array.from({ length: 240 }, (_, at) => {
  return frame(KINDS[at % KINDS.length] as (typeof KINDS)[number], 60 + (at % 190));
});
const addon = loadAddon();
// Before all else on a busy machine. Not real-time: the kernel could not pass on what it sends.
addon.setNiceness(-19);
const fd = addon.openPacketSocket(interfaceIndex, 0);
const startedAt = performance.now();
let [sent, refused] = [0, 0];

/** What is due by now, in bursts: a wake-up for each packet would be no flood. */
function burst(): void {
  const elapsedMs = performance.now() - startedAt;
  const due = Math.min(elapsedMs, seconds * 1000) * (perSecond / 1000);

  // What the machine cannot do is left out.
  const end = Math.min(due, sent + (perSecond / 1000) * BACKLOG_MS);
  for (; sent < end; sent += 1) {
    try {
      addon.sendFrame(fd, frames[sent % frames.length] as Uint8Array);
    } catch {
      refused += 1;
    }
  }
  if (elapsedMs < seconds * 1000) setTimeout(burst, BURST_MS);
  else console.log(JSON.stringify({ sent, refused, elapsedMs }));
}

burst();
