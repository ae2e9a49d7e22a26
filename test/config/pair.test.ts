/**
 * Two files compared. One file a case in golden/pair: the first file, the peer's, what is said of the
 * two together; `UPDATE_GOLDEN=1` writes the last part anew.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Diagnostic } from '../../src/config/diagnostics/diagnostic.ts';
import { renderDiagnostics } from '../../src/config/diagnostics/render.ts';
import { loadConfig } from '../../src/config/load.ts';
import { comparePair } from '../../src/config/pair/compare.ts';
import { environmentOf, load } from './world.ts';

const FOLDER = new URL('../golden/pair/', import.meta.url);
const CONF = new URL('../../conf/', import.meta.url);
const PEER = '\n---------- peer.conf\n';
const SEPARATOR = '\n----------\n';

function compare(own: string, peer: string, notes: boolean): readonly Diagnostic[] {
  const environment = environmentOf({ 'lvsd.conf': own, 'peer.conf': peer });
  const [here, there] = (['lvsd.conf', 'peer.conf'] as const).map((path) =>
    loadConfig(path, { mode: 'default', notes, environment }),
  );
  if (here === undefined || there === undefined) throw new Error('two files were read');
  return comparePair(here.outline, there.outline, { mode: 'default', notes });
}

describe.each(readdirSync(FOLDER))('%s', (name) => {
  test('is told as expected', () => {
    const file = new URL(name, FOLDER);
    const [texts = '', expected] = readFileSync(file, 'utf8').split(SEPARATOR);
    const [own = '', peer = ''] = texts.split(PEER);
    const said = renderDiagnostics(compare(own, peer, true), { colour: false });
    if (process.env.UPDATE_GOLDEN) writeFileSync(file, `${texts}${SEPARATOR}${said}`);
    else expect(said).toBe(expected);
  });
});

test.each(['passwords.txt', 'keys.txt'])(
  'what is secret in %s is compared and never shown',
  (name) => {
    const own = readFileSync(new URL(name, FOLDER), 'utf8').split(SEPARATOR)[1] ?? '';
    expect(own).toContain('pair-authentication');
    expect(own).not.toMatch(/k9x|w3v|6b3978|other\.pw/);
  },
);

test('advice is for lint only', () => {
  const [texts = ''] = readFileSync(new URL('virtual-servers.txt', FOLDER), 'utf8').split(
    SEPARATOR,
  );
  const [own = '', peer = ''] = texts.split(PEER);
  expect(compare(own, peer, true).map(({ severity }) => severity)).toContain('note');
  expect(compare(own, peer, false)).toEqual([]);
});

test('no two texts make it throw, and every place lies within its file', () => {
  const corpus = ['pair', 'lint', 'config'].flatMap((folder) =>
    readdirSync(new URL(`../golden/${folder}/`, import.meta.url)).map((name) =>
      readFileSync(new URL(`../golden/${folder}/${name}`, import.meta.url), 'utf8'),
    ),
  );
  const mutant = fc
    .tuple(fc.constantFrom(...corpus), fc.nat(), fc.nat(20), fc.string({ maxLength: 12 }))
    .map(([text, at, length, insert]) => {
      const from = at % (text.length + 1);
      return text.slice(0, from) + insert + text.slice(from + length);
    });
  fc.assert(
    fc.property(mutant, mutant, (own, peer) => {
      const said = [...load(own, { notes: true }).diagnostics, ...compare(own, peer, true)];
      const isOutside = ({ span }: Diagnostic): boolean =>
        span.start < 0 || span.end < span.start || span.end > span.file.text.length;
      expect(said.filter(isOutside)).toEqual([]);
    }),
    { numRuns: 100 },
  );
});

const PAIRS = readdirSync(CONF, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);

describe.each(PAIRS)('the pair of conf/%s', (name) => {
  test('fits together', () => {
    const read = (file: string): string =>
      readFileSync(new URL(`${name}/${file}.conf`, CONF), 'utf8');
    expect(compare(read('master'), read('backup'), true)).toEqual([]);
    expect(compare(read('backup'), read('master'), true)).toEqual([]);
  });
});
