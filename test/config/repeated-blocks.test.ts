/** A block that stands again to the letter is read as if it stood there alone. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { LoadedConfig } from '../../src/config/load.ts';
import {
  lineText,
  type Position,
  positionOf,
  type SourceFile,
} from '../../src/config/text/source.ts';
import { load } from './world.ts';

/** Lines of a real server, good and bad; some open a block of their own. */
const LINES = [
  'weight 1',
  'weight 2',
  'wieght 2',
  'weight 1 # some words }',
  'notify_up "/bin/true { }"',
  'notify_up "/bin/true',
  'inhibit_on_failure',
  'TCP_CHECK {\n connect_timeout 3\n connect_port 80\n}',
  'TCP_CHECK {\n connect_timout 3\n connect_port 80\n}',
  'HTTP_GET { url { path /\n status_code 200\n } }',
  '$PORT=81',
  'TCP_CHECK {\n connect_port $PORT\n}',
  '@other weight 7',
  'TCP_CHECK { connect_timeout 3\n connect_port 80\n} weight $PORT',
  'TCP_CHECK { connect_timeout 3 } weight $PORT',
  'TCP_CHECK { connect_timeout 3 }',
  'HTTP_GET { url { path / } } weight $PORT',
  'HTTP_GET { url { path / } }',
  'TCP_CHECK {',
  '}',
];

const bodies = fc.array(fc.array(fc.constantFrom(...LINES), { maxLength: 4 }), {
  minLength: 1,
  maxLength: 3,
});
const blocks = fc.array(
  fc.record({
    keyword: fc.constantFrom('real_server', 'real_server', 'real_server', 'sorry_server', 'alien'),
    body: fc.nat(),
    endsServer: fc.boolean(),
  }),
  { minLength: 2, maxLength: 8 },
);

function textOf(
  bodies: readonly (readonly string[])[],
  blocks: readonly {
    readonly keyword: string;
    readonly body: number;
    readonly endsServer: boolean;
  }[],
): string {
  const lines = ['virtual_server 192.0.2.10 80 {', 'lvs_method NAT'];
  blocks.forEach(({ keyword, body, endsServer }, at) => {
    const inner = bodies[body % bodies.length] as readonly string[];
    lines.push(`${keyword} 198.51.100.${at + 1} 80 {`, ...inner, '}');
    if (endsServer) lines.push('}', `virtual_server 192.0.2.${at + 20} 80 {`, 'lvs_method NAT');
  });
  return `${[...lines, '}'].join('\n')}\n`;
}

const GOOD = 'lvs_sched rr\nlvs_method DR\nprotocol TCP';
/** Settings in front of the real servers, good and bad. */
const OPENINGS = [
  GOOD,
  GOOD,
  `${GOOD}\nquorum 2 # of two`,
  `${GOOD}\nquorum 2\nhysteresis 1`,
  `${GOOD}\npersistence_timeout 50\nalpha`,
  `${GOOD}\nquorum_up "/bin/true { }"`,
  `${GOOD}\nsorry_server 198.51.100.99 80`,
  `${GOOD}\nweight 0`,
  `${GOOD}\n@other quorum 3`,
  'lvs_sched wrr\nlvs_method NAT\nprotocol TCP',
  'lvs_sched rr\nlvs_method TUN\nprotocol UDP\nops',
  'lvs_sched mh\nlvs_method NAT\nprotocol TCP',
  'lvs_method NAT',
];
const HEADS = [
  '192.0.2.@ 80',
  '192.0.2.@ 81',
  '192.0.2.@ 0',
  '192.0.2.@',
  '192.0.2.10 80',
  '2001:db8::@ 80',
  'fwmark @',
  'group none',
];
const CHECKED = ' {\nTCP_CHECK {\n connect_timeout 3\n}\n}';
const SERVERS = [
  `real_server 198.51.100.@ 81${CHECKED}`,
  `real_server 198.51.100.7 80${CHECKED}`,
  `real_server 198.51.100.@${CHECKED}`,
  `real_server 2001:db8::@ 80${CHECKED}`,
  `real_server 224.0.0.@ 80${CHECKED}`,
  `real_server 198.51.100.@ eighty${CHECKED}`,
  'real_server 198.51.100.@ 80 {\nweight 0\n}',
  'real_server 198.51.100.@ 80 {\nwieght 2\n}',
  'real_server 198.51.100.@ 80 {\n}',
  'real_server 198.51.100.@ 80',
  'quorum 2',
  'sorry_server 198.51.100.99 80',
  'alien',
  '}',
];

/** One of the others now and then. */
const mostly = (usual: string, others: readonly string[]): fc.Arbitrary<string> =>
  fc.oneof(
    { weight: 6, arbitrary: fc.constant(usual) },
    { weight: 1, arbitrary: fc.constantFrom(...others) },
  );
const lists = fc.constantFrom(...OPENINGS).chain((opening) =>
  fc.array(
    fc.record({
      head: mostly('192.0.2.@ 80', HEADS),
      opening: mostly(opening, OPENINGS),
      inner: fc.array(mostly(`real_server 198.51.100.@ 80${CHECKED}`, SERVERS), { maxLength: 3 }),
    }),
    { minLength: 2, maxLength: 6 },
  ),
);

/** Each `@` is another number. */
function textOfServers(list: typeof lists extends fc.Arbitrary<infer List> ? List : never): string {
  let count = 10;
  const lines = list.flatMap(({ head, opening, inner }) => [
    `virtual_server ${head} {`,
    opening.replace('@', '@@'),
    ...inner,
    '}',
  ]);
  return `${lines.join('\n')}\n`.replace(/@@?/g, (sign) => {
    count += 1;
    return sign === '@' ? String(count) : '@';
  });
}

/** The same, but for a comment behind each brace, or blanks within a line, that no two blocks share. */
function withoutRepeats(text: string): string {
  let count = 0;
  return text.replace(/\{( |$)/gm, (_, blank: string) => {
    count += 1;
    return blank === '' ? `{ # ${count}` : `{${' '.repeat(count + 1)}`;
  });
}

/** Lines with a brace in them have other columns. */
function placeOf(file: SourceFile, offset: number): Position | number {
  const position = positionOf(file, offset);
  return /\{ +[^ #]/.test(lineText(file, position.line)) ? position.line : position;
}

function readingOf({ diagnostics, director }: LoadedConfig): unknown {
  const told = diagnostics.map(({ code, message, hint, span: { file, start, end } }) => ({
    ...{ code, message, hint },
    at: placeOf(file, start),
    end: placeOf(file, end),
  }));
  return { told, director };
}

describe('a block that is repeated', () => {
  test('is read, and told of, where it stands (property)', () => {
    fc.assert(
      fc.property(bodies, blocks, (bodies, blocks) => {
        const text = textOf(bodies, blocks);
        const [repeated, unique] = [text, withoutRepeats(text)].map((one) => readingOf(load(one)));
        expect(repeated).toEqual(unique);
      }),
      { numRuns: 1500 },
    );
  });
});

describe('a virtual server with the settings of another one', () => {
  test('is read, and told of, as if it were the only one (property)', () => {
    fc.assert(
      fc.property(lists, (list) => {
        const text = textOfServers(list);
        const [repeated, unique] = [text, withoutRepeats(text)].map((one) => readingOf(load(one)));
        expect(repeated).toEqual(unique);
      }),
      { numRuns: 1000 },
    );
  });

  test('and its real servers, too, is read, and told of, as if it were the only one (property)', () => {
    const lines = [
      ...SERVERS.map((line) => line.replace('@', '9')),
      `real_server 198.51.100.5 80${CHECKED}`,
      'real_server 198.51.100.6 80 {\n}',
    ];
    const body = fc
      .tuple(fc.constantFrom(...OPENINGS), fc.array(fc.constantFrom(...lines), { maxLength: 3 }))
      .map(([opening, inner]) => [opening, ...inner].join('\n'));
    const servers = fc.array(body, { minLength: 1, maxLength: 2 }).chain((bodies) =>
      fc.array(fc.tuple(mostly('192.0.2.@ 80', HEADS), fc.constantFrom(...bodies)), {
        minLength: 2,
        maxLength: 6,
      }),
    );
    fc.assert(
      fc.property(servers, (list) => {
        const text = list
          .map(([head, body], at) => {
            return `virtual_server ${head.replace('@', String(at + 20))} {\n${body}\n}\n`;
          })
          .join('');
        const [repeated, unique] = [text, withoutRepeats(text)].map((one) => readingOf(load(one)));
        expect(repeated).toEqual(unique);
      }),
      { numRuns: 1000 },
    );
  });

  test('has their real servers from that one, if these are the same', () => {
    const body = `${GOOD}\nreal_server 198.51.100.1 80 {\n}`;
    const text = [1, 2].map((last) => `virtual_server 192.0.2.${last} 80 {\n${body}\n}\n`).join('');
    const [first, second] = load(text).director?.health.virtualServers ?? [];
    expect(second?.keys).toEqual([expect.objectContaining({ address: '192.0.2.2' })]);
    expect(second?.realServers).toHaveLength(1);
    expect(second?.realServers).toBe(first?.realServers);
  });

  test('has what they come to from that one', () => {
    const real = (last: number): string => `real_server 198.51.100.${last} 80${CHECKED}`;
    const server = (last: number): string =>
      `virtual_server 192.0.2.${last} 80 {\n${GOOD}\n${real(last)}\n}\n`;
    const { director } = load(server(1) + server(2));
    const [first, second] = director?.health.virtualServers ?? [];
    expect(second?.schedulerFlags).toBe(first?.schedulerFlags);
    expect(second?.keys).toEqual([expect.objectContaining({ address: '192.0.2.2' })]);
    expect(second?.realServers).toEqual([
      expect.objectContaining({ address: '198.51.100.2', port: 80 }),
    ]);
  });
});
