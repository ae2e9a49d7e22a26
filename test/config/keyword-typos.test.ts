/** Every keyword of every block, mistyped in every way that people do: the right one is told, on the column. */
import { describe, expect, test } from 'vitest';
import type { BlockName } from '../../src/config/keywords/keyword.ts';
import { strangerIn } from '../../src/config/keywords/strangers.ts';
import { LANGUAGE } from '../../src/config/keywords/table.ts';
import { positionOf } from '../../src/config/text/source.ts';
import { inPlace } from './places.ts';
import { load } from './world.ts';

/** A letter left out, a letter twice, two letters the wrong way round, a hyphen for an underscore. */
function typosOf(name: string): readonly string[] {
  const all = new Set<string>();
  for (let at = 0; at < name.length; at += 1) {
    const [before, here, next, after] = [
      name.slice(0, at),
      name.charAt(at),
      name.charAt(at + 1),
      name.slice(at + 2),
    ];
    all.add(before + next + after);
    all.add(before + here + here + next + after);
    all.add(before + next + here + after);
    if (here === '_') all.add(`${before}-${next}${after}`);
  }
  all.delete(name);
  all.delete('');
  return [...all];
}

/** Some typos of these are as near to the other one. */
const ALIKE: readonly (readonly string[])[] = [
  ['vrrp_mcast_group4', 'vrrp_mcast_group6'],
  ['enable_snmp_rfc', 'enable_snmp_rfcv2', 'enable_snmp_rfcv3'],
  ['process_name', 'process_names'],
  ['snmp_rs_stats_update_interval', 'snmp_vs_stats_update_interval'],
  ['state_dump_file', 'stats_dump_file'],
  ['min_rx', 'min_tx'],
  ['interface', 'interfaces'],
  ['sh-port', 'mh-port'],
  ['sh-fallback', 'mh-fallback'],
  ['flag-1', 'flag-2', 'flag-3'],
  ['uthreshold', 'lthreshold'],
  ['sloppy_tcp', 'sloppy_sctp'],
];

function areAlike(name: string, other: string | null): boolean {
  return ALIKE.some((pair) => pair.includes(name) && other !== null && pair.includes(other));
}

const INDENT = '    ';

describe.each(Object.keys(LANGUAGE) as BlockName[])('%s', (block) => {
  const table = LANGUAGE[block];
  const typos = [...table.values()].flatMap(({ name, insteadOf }) =>
    typosOf(name)
      .filter((typo) => !table.has(typo) && strangerIn(block, typo) === null)
      .map((typo) => ({ name: insteadOf ?? name, typo })),
  );

  test('is told what was meant, on the exact column', () => {
    const { text, firstLine } = inPlace(
      block,
      typos.map(({ typo }) => `${INDENT}${typo} 1`),
    );
    const told = new Map(
      load(text)
        .diagnostics.filter(
          ({ code }) => code === 'unknown-keyword' || code === 'misplaced-keyword',
        )
        .map((one) => [positionOf(one.span.file, one.span.start).line, one]),
    );
    const wrong = typos.flatMap(({ name, typo }, at) => {
      const one = told.get(firstLine + at);
      if (one === undefined) return [`${typo} is not told`];
      const { column } = positionOf(one.span.file, one.span.start);
      const isWhole = column === INDENT.length + 1 && one.span.end - one.span.start === typo.length;
      if (isWhole && (one.suggestion === name || areAlike(name, one.suggestion))) return [];
      return [`${typo} for ${name}: ${one.code} ${one.suggestion} at ${column}`];
    });
    expect(wrong).toEqual([]);
  });
});
