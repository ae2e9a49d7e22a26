/** A default is what holds without the keyword: written out, it changes nothing and is no mistake. */
import { describe, expect, test } from 'vitest';
import type { BlockName, Keyword } from '../../src/config/keywords/keyword.ts';
import { LANGUAGE } from '../../src/config/keywords/table.ts';
import { inPlace } from './places.ts';
import { load } from './world.ts';

const WITH_DEFAULT: readonly (readonly [BlockName, Keyword])[] = Object.entries(LANGUAGE).flatMap(
  ([block, table]) =>
    [...table.values()]
      .filter((keyword) => keyword.default !== null)
      .map((keyword) => [block as BlockName, keyword] as const),
);

/** What is said of a value that is none. */
const REFUSALS: readonly string[] = [
  'bad-value',
  'bad-interface-name',
  'out-of-range',
  'unknown-option',
  'missing-argument',
  'extra-argument',
  'adjusted',
];

function read(block: BlockName, lines: readonly string[]): ReturnType<typeof load> {
  return load(inPlace(block, lines).text, { mode: 'compat' });
}

test('a good part of the language has defaults that can be written', () => {
  expect(WITH_DEFAULT.length).toBeGreaterThan(200);
});

describe.each(Object.keys(LANGUAGE) as BlockName[])('%s', (block) => {
  const own = WITH_DEFAULT.filter(([place]) => place === block).map(([, keyword]) => keyword);

  test('takes its defaults as values', () => {
    for (const { name, default: standard } of own) {
      const told = read(block, [`${name} ${standard}`]).diagnostics;
      const unexpected = told.filter(({ code }) => REFUSALS.includes(code));
      expect(
        unexpected.map(({ message }) => message),
        `${name} ${standard}`,
      ).toEqual([]);
    }
  });

  test('means the same with its defaults written out', () => {
    const without = read(block, []).director;
    expect(without).not.toBeNull();
    for (const { name, default: standard, effect } of own) {
      if (effect === 'none') continue;
      const { director } = read(block, [`${name} ${standard}`]);
      expect(director, `${name} ${standard}`).toEqual(without);
    }
  });
});

test('what is inherited is looked for at places that there are, in words that there are', () => {
  for (const [block, table] of Object.entries(LANGUAGE)) {
    for (const { name, inherits } of table.values()) {
      for (const place of inherits) {
        const found = LANGUAGE[place.block].has(place.keyword);
        expect(found, `${block} ${name} from ${place.block} ${place.keyword}`).toBe(true);
      }
    }
  }
});

describe('a value that is inherited', () => {
  const levels = (real: string, checker: string): string =>
    `virtual_server 192.0.2.10 80 {
    delay_loop 11
    lvs_sched rr
    lvs_method DR
    protocol TCP
    real_server 198.51.100.21 80 {
        ${real}
        TCP_CHECK {
            ${checker}
        }
    }
}
`;
  const delayOf = (text: string): number | undefined =>
    load(text).director?.health.virtualServers[0]?.realServers[0]?.checks[0]?.pacing.delayLoopMs;

  test('is that of the nearest place', () => {
    expect(delayOf(levels('', ''))).toBe(11_000);
    expect(delayOf(levels('delay_loop 7', ''))).toBe(7000);
    expect(delayOf(levels('delay_loop 7', 'delay_loop 3'))).toBe(3000);
  });

  test('is that of global_defs, where an instance has none', () => {
    const { director } = load(
      'global_defs {\n vrrp_garp_master_delay 9\n}\nvrrp_instance VI_1 {\n virtual_router_id 51\n}\n',
    );
    expect(director?.vrrp.instances[0]?.announce).toMatchObject({
      secondAfterMs: 9000,
      lowerPriorityDelayMs: 9000,
    });
  });
});
