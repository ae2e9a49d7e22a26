/** A MASTER in steady state leaves next to no garbage: at 100 advertisements a second V8 collects once in some seconds. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const KEYS = [{ id: 1, key: '01'.repeat(32) }];
const SIGNING = {
  keys: KEYS,
  activeKey: 1,
  mode: 'enforce',
  antiReplay: 'time',
  windowMs: 10_000,
};
const QUICK = { version: 3, advertIntervalMs: 10 };

/** The most that is measured is three quarters of the bound; peers are greeted once a second, which is in it. */
test.each<[string, object, number]>([
  ['once in 10 ms', QUICK, 1_800],
  ['once in 10 ms over IPv6', { ...QUICK, family: 'ipv6', multicastGroup: 'ff02::12' }, 1_800],
  ['once in 10 ms, signed', { ...QUICK, signing: SIGNING }, 3_300],
  ['once in 10 ms, of 255 instances', { ...QUICK, count: 255 }, 1_200],
  ['once a second, and greets its peers', {}, 3_800],
  ['once a second with a password', { authentication: { type: 'pass', key: 'word' } }, 4_500],
])('advertising %s allocates few octets', async (_, over, octetsMax) => {
  const room = ['--min-semi-space-size=128', '--max-semi-space-size=128'];
  const args = [...room, 'dist/test/vrrp/allocation.js', JSON.stringify(over)];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  const { octetsPerAdvert } = JSON.parse(stdout) as { readonly octetsPerAdvert: number };
  expect(octetsPerAdvert).toBeGreaterThan(100);
  expect(octetsPerAdvert).toBeLessThan(octetsMax);
});
