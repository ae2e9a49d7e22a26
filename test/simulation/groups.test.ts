/** Sync groups over time: members are one, whatever happens (vrrp-S21). */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { NOBODY_IS_TOLD } from '../../src/model/script.ts';
import type { SyncGroup, Track, VrrpInstance } from '../../src/model/vrrp.ts';
import { simulatedClock } from '../world/clock.ts';
import { configOf, instanceOf, SimulatedDirector } from '../world/director.ts';
import { SimulatedLink } from '../world/link.ts';

const LINKS = ['eth0', 'eth1', 'eth2'] as const;

const member = (link: string, over: Partial<VrrpInstance> = {}): VrrpInstance =>
  instanceOf({
    name: `on_${link}`,
    interface: link,
    vrid: 60,
    addresses: [{ ...instanceOf().addresses[0], address: `10.0.${link.slice(3)}.100` } as never],
    ...over,
  });

const group = (members: readonly string[], tracks: readonly Track[] = []): SyncGroup => ({
  name: 'G',
  members,
  tracks,
  trackWeights: false,
  notify: NOBODY_IS_TOLD,
});

const ALL = LINKS.map((link) => `on_${link}`);

function pair() {
  const clock = simulatedClock();
  const links = Object.fromEntries(LINKS.map((link) => [link, new SimulatedLink(clock)]));
  const directors = [150, 100].map((priority, at) => {
    const director = new SimulatedDirector(`d${at}`, at + 1, { clock, links });
    return { director, priority };
  });
  return { clock, links, directors };
}

const statesOf = (director: SimulatedDirector): readonly string[] =>
  director.speaker.snapshot().instances.map(({ state }) => state);

/** Both have all members in one group; the first one is MASTER. */
async function settledPair() {
  const { clock, links, directors } = pair();
  for (const { director, priority } of directors) {
    const instances = LINKS.map((link) => member(link, { priority }));
    director.speaker.configure(configOf(instances, { syncGroups: [group(ALL)] }));
  }
  await clock.settleTo(8_000);
  const [first, second] = directors.map(({ director }) => director);
  if (first === undefined || second === undefined) throw new Error('there are two');
  return { clock, links, first, second };
}

type Happening =
  | { readonly what: 'link'; readonly who: number; readonly link: string; readonly down: boolean }
  | { readonly what: 'cut'; readonly who: number; readonly link: string; readonly cut: boolean }
  | { readonly what: 'file'; readonly who: number; readonly text: string }
  | { readonly what: 'reload'; readonly who: number; readonly members: readonly string[] };

const arbitraryHappening: fc.Arbitrary<Happening> = fc.oneof(
  fc.record({
    what: fc.constant('link' as const),
    who: fc.nat(1),
    link: fc.constantFrom(...LINKS),
    down: fc.boolean(),
  }),
  fc.record({
    what: fc.constant('cut' as const),
    who: fc.nat(1),
    link: fc.constantFrom(...LINKS),
    cut: fc.boolean(),
  }),
  fc.record({
    what: fc.constant('file' as const),
    who: fc.nat(1),
    text: fc.constantFrom('0', '1', ''),
  }),
  fc.record({
    what: fc.constant('reload' as const),
    who: fc.nat(1),
    members: fc.subarray(ALL, { minLength: 2 }),
  }),
);

describe('vrrp-S21: a sync group', () => {
  test('never shows a MASTER beside anything else, whatever happens (property)', async () => {
    const file = { name: 'off', path: '/run/off', init: null };
    const off: Track = { kind: 'file', name: 'off', weightDelta: 0, reverse: false };
    const scenario = fc.array(fc.tuple(arbitraryHappening, fc.integer({ min: 0, max: 4_000 })), {
      maxLength: 25,
    });
    let masters = 0;
    await fc.assert(
      fc.asyncProperty(scenario, async (happenings) => {
        const { clock, links, directors } = pair();
        const configure = (who: number, members: readonly string[]): void => {
          const { director, priority } = directors[who] as (typeof directors)[number];
          const instances = LINKS.map((link) => member(link, { priority }));
          const syncGroups = [group(members, [off])];
          director.speaker.configure(configOf(instances, { syncGroups, trackFiles: [file] }));
        };
        const groups = [ALL, ALL];
        for (const who of [0, 1]) configure(who, ALL);
        for (const [happening, afterMs] of happenings) {
          const { director } = directors[happening.who] as (typeof directors)[number];
          switch (happening.what) {
            case 'link':
              if (happening.down) director.down.add(happening.link);
              else director.down.delete(happening.link);
              director.speaker.linksChanged();
              break;
            case 'cut':
              links[happening.link]?.setCut(`d${happening.who}`, happening.cut);
              break;
            case 'file':
              director.files.set('/run/off', happening.text);
              director.lookAround();
              break;
            case 'reload':
              groups[happening.who] = [...happening.members];
              configure(happening.who, happening.members);
          }
          const until = clock.now() + afterMs;
          do {
            for (const [at, one] of directors.entries()) {
              const { instances } = one.director.speaker.snapshot();
              const states = new Set(
                instances
                  .filter(({ name }) => groups[at]?.includes(name))
                  .map(({ state }) => state),
              );
              if (states.has('master')) {
                masters += 1;
                expect([...states], `at ${clock.now()}`).toEqual(['master']);
              }
              if (states.has('fault')) expect([...states]).toEqual(['fault']);
            }
            await clock.settleTo(Math.min(until, clock.now() + 97));
          } while (clock.now() < until);
        }
      }),
      { numRuns: 60 },
    );
    expect(masters).toBeGreaterThan(1_000);
  }, 60_000);

  test('goes to MASTER, and out of it, in one moment', async () => {
    const { clock, directors } = pair();
    const [first, second] = directors as [(typeof directors)[0], (typeof directors)[0]];
    for (const { director, priority } of directors) {
      const instances = LINKS.map((link) => member(link, { priority }));
      director.speaker.configure(configOf(instances, { syncGroups: [group(ALL)] }));
    }
    await clock.settleTo(8_000);
    expect(statesOf(first.director)).toEqual(['master', 'master', 'master']);
    first.director.down.add('eth2');
    first.director.speaker.linksChanged();
    expect(statesOf(first.director)).toEqual(['fault', 'fault', 'fault']);
    await clock.settleTo(20_000);
    expect(statesOf(second.director)).toEqual(['master', 'master', 'master']);
    expect(second.director.told.slice(-4)).toEqual([
      'INSTANCE on_eth0 MASTER 100',
      'INSTANCE on_eth1 MASTER 100',
      'INSTANCE on_eth2 MASTER 100',
      'GROUP G MASTER 0',
    ]);
  });

  test('stays where it is while one of its links is cut, and goes over when the master is silent on all', async () => {
    const { clock, links, first, second } = await settledPair();
    links.eth1?.setCut('d1', true);
    await clock.settleTo(30_000);
    expect(statesOf(first)).toEqual(['master', 'master', 'master']);
    expect(second.told.filter((one) => one.includes('MASTER'))).toEqual([]);
    for (const link of LINKS) links[link]?.setCut('d0', true);
    // 3 intervals and the skew of priority 100.
    await clock.settleTo(30_000 + 3_650);
    expect(statesOf(second)).toEqual(['master', 'master', 'master']);
  });

  test('does not wait for a member whose master has left on purpose', async () => {
    const { clock, links, first, second } = await settledPair();
    // That it leaves is heard on one link only.
    for (const link of ['eth1', 'eth2']) links[link]?.setCut('d0', true);
    first.speaker.configure(configOf([]));
    await clock.settleTo(8_000 + 700);
    expect(statesOf(second)).toEqual(['master', 'master', 'master']);
  });

  test('who joins it at a reload follows the others', async () => {
    const { clock, directors } = pair();
    const [{ director }] = directors as [(typeof directors)[0]];
    const two = LINKS.slice(0, 2).map((link) => member(link));
    director.speaker.configure(configOf(two, { syncGroups: [group(ALL.slice(0, 2))] }));
    await clock.settleTo(5_000);
    expect(statesOf(director)).toEqual(['master', 'master']);
    const three = LINKS.map((link) => member(link));
    director.speaker.configure(configOf(three, { syncGroups: [group(ALL)] }));
    expect(statesOf(director)).toEqual(['master', 'master', 'master']);
  });

  test('an owner among its members takes the others along', async () => {
    const { clock, directors } = pair();
    const [{ director }] = directors as [(typeof directors)[0]];
    const members = LINKS.map((link) => member(link, link === 'eth0' ? { priority: 255 } : {}));
    director.speaker.configure(configOf(members, { syncGroups: [group(ALL)] }));
    await clock.settleTo(10);
    expect(statesOf(director)).toEqual(['master', 'master', 'master']);
  });

  test('waits for what any member tracks without weight', async () => {
    const { clock, directors } = pair();
    const [{ director }] = directors as [(typeof directors)[0]];
    const script = {
      name: 'slow',
      script: { argv: ['/bin/true'], account: null },
      intervalMs: 1_000,
      timeoutMs: 1_000,
      weightDelta: 0,
      reverse: false,
      rise: 1,
      fall: 1,
      initFail: false,
    } as const;
    const slow: Track = { kind: 'script', name: 'slow', weightDelta: 0, reverse: false };
    const members = LINKS.map((link) => member(link, link === 'eth0' ? { tracks: [slow] } : {}));
    director.speaker.configure(configOf(members, { syncGroups: [group(ALL)], scripts: [script] }));
    expect(statesOf(director)).toEqual(['init', 'init', 'init']);
    await clock.settleTo(10);
    expect(statesOf(director)).toEqual(['backup', 'backup', 'backup']);
  });

  test('vrrp-S14: a lesser master on one link has all members announced again', async () => {
    const { clock, links, directors } = pair();
    for (const { director, priority } of directors) {
      const instances = LINKS.map((link) => member(link, { priority }));
      director.speaker.configure(configOf(instances, { syncGroups: [group(ALL)] }));
    }
    await clock.settleTo(8_000);
    const [{ director }, other] = directors as [(typeof directors)[0], (typeof directors)[0]];
    // Behind a cut the other one is master of all; it comes back on one link.
    for (const link of LINKS) links[link]?.setCut('d1', true);
    await clock.settleTo(16_000);
    expect(statesOf(other.director)).toEqual(['master', 'master', 'master']);
    director.announced.length = 0;
    // It speaks before it hears.
    other.director.speaker.configure(
      configOf(
        LINKS.map((link) =>
          member(link, { priority: 100, hearing: { ...instanceOf().hearing, ownerIgnores: true } }),
        ),
        { syncGroups: [group(ALL)] },
      ),
    );
    links.eth0?.setCut('d1', false);
    await clock.settleTo(17_100);
    expect(new Set(director.announced)).toEqual(
      new Set(['10.0.0.100', '10.0.1.100', '10.0.2.100']),
    );
  });
});
