/** Lines of ip_vs_conn_sync as net/netfilter/ipvs/ip_vs_conn.c writes them, of both families. */
import { expect, test } from 'vitest';
import { learntIn } from '../../src/kernel/ipvs-connections.ts';

const HEAD = 'Pro FromIP   FPrt ToIP     TPrt DestIP   DPrt State       Origin Expires\n';
const TCP = 'TCP C0000264 0050 C000020A 0050 C0000215 0050 ESTABLISHED';
const TCP6 =
  'TCP 2001:0db8:0000:0000:0000:0000:0000:0001 0050 2001:0db8:0000:0000:0000:0000:0000:0002 0050 2001:0db8:0000:0000:0000:0000:0000:0003 0050 ESTABLISHED';

test('connections of other directors are counted, those of our own and the titles are not', () => {
  const lines = [
    `${TCP} SYNC        899\n`,
    `${TCP} LOCAL       899\n`,
    `${TCP6} SYNC         12\n`,
    'UDP C0000264 0050 C000020A 0050 C0000215 0050 UDP         SYNC        299\n',
    'IP  C0000264 0000 C000020A 0050 C0000215 0050 NONE        LOCAL         9\n',
  ];
  expect(learntIn(HEAD + lines.join(''))).toBe(3);
  expect(learntIn(HEAD)).toBe(0);
  expect(learntIn('')).toBe(0);
});
