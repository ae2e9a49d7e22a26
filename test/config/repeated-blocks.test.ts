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
