/** Whoever sends what he likes gets a few lines of the log for it, however much, for however long. */
import { expect, test } from 'vitest';
import type { VrrpInstance } from '../../src/model/vrrp.ts';
import { type AuthOctets, encodeAdvert, NO_AUTH } from '../../src/wire/vrrp.ts';
import { simulatedClock } from '../world/clock.ts';
import { configOf, instanceOf, SimulatedDirector } from '../world/director.ts';
import { SimulatedLink } from '../world/link.ts';

const GROUP = '224.0.0.18';
const EVERY_MS = 20;
const FOR_MS = 300_000;
/** Of 15 000 packets. */
const LINES_MAX = 150;

const ADDRESS = instanceOf().addresses[0] as VrrpInstance['addresses'][number];
const OPEN: Partial<VrrpInstance> = {
  version: 3,
  authentication: { type: 'none' },
  addresses: [ADDRESS, { ...ADDRESS, address: '10.0.0.101' }],
};

interface Forged {
  readonly source: string;
  readonly vrid?: number;
  readonly priority?: number;
  readonly addresses?: readonly string[];
  readonly auth?: AuthOctets;
  readonly form?: 'message' | 'pseudo-header';
}

async function attacked(over: Partial<VrrpInstance>) {
  const clock = simulatedClock();
  const link = new SimulatedLink(clock, 0);
  const director = new SimulatedDirector('one', 1, { clock, links: { eth0: link } });
  const instance = instanceOf({ ...OPEN, ...over });
  director.speaker.configure(configOf([instance]));
  await clock.settleTo(5_000);
  expect(director.state()).toBe('master');
  const attacker = link.attach({ host: 'attacker', onPacket: () => {} });
  const send = (forged: Forged): void => {
    const { source, vrid = 51, priority = 50, addresses = ['10.0.0.100', '10.0.0.101'] } = forged;
    const { auth = NO_AUTH, form = 'pseudo-header' } = forged;
    const { version } = instance;
    const payload = encodeAdvert(
      { version, vrid, priority, intervalMs: 1_000, addresses },
      { family: 'ipv4', source, destination: GROUP },
      auth,
      version === 2 ? 'message' : form,
    );
    const envelope = { source, destination: GROUP, hopLimit: 255, header: new Uint8Array(0) };
    attacker.send({ ...envelope, payload });
  };
  return { clock, director, send };
}

const host = (at: number): string => `10.0.${at % 7}.${2 + (at % 250)}`;

test.each<[string, Partial<VrrpInstance>, (at: number) => Forged]>([
  ['virtual routers of others', {}, (at) => ({ source: host(at), vrid: 60 + (at % 100) })],
  ['lesser masters', {}, (at) => ({ source: host(at) })],
  [
    'other addresses',
    {},
    (at) => ({ source: '10.0.0.9', addresses: [`10.0.1.${1 + (at % 200)}`] }),
  ],
  [
    'checksums of one form and the other',
    {},
    (at) => ({ source: host(at >> 1), form: at % 2 === 0 ? 'message' : 'pseudo-header' }),
  ],
  [
    'without the password',
    { version: 2, authentication: { type: 'pass', key: 'secret' } },
    (at) => ({ source: host(at), priority: 200 }),
  ],
])('advertisements of %s', async (_, over, forge) => {
  const { clock, director, send } = await attacked(over);
  const before = director.logged.length;
  for (let at = 0; at * EVERY_MS < FOR_MS; at += 1) {
    send(forge(at));
    await clock.settleBy(EVERY_MS);
    // Who looks has what is silent forgotten.
    if (at % 500 === 0) director.speaker.snapshot();
  }
  expect(director.state()).toBe('master');
  const lines = director.logged.slice(before).filter(({ level }) => level !== 'debug');
  expect(lines.length).toBeGreaterThan(0);
  expect(lines.length).toBeLessThan(LINES_MAX);
});

test('claims of two addresses of ours in turn', async () => {
  const { clock, director } = await attacked({});
  for (let at = 0; at * EVERY_MS < FOR_MS; at += 1) {
    director.speaker.addressClaimed(`10.0.0.10${at % 2}`, '02:00:00:00:00:99', 'eth0');
    await clock.settleBy(EVERY_MS);
  }
  const lines = director.logged.filter(({ message }) => message === 'alarm');
  expect(lines.length).toBeGreaterThan(1);
  expect(lines.length).toBeLessThan(10);
  expect(director.speaker.snapshot().instances[0]?.counters.claimsByOthers).toBe(15_000);
});
