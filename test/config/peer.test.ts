/**
 * The golden cases before keepalived itself (Debian's 2.2.7, `keepalived -t`): what it starts with must load in
 * compat mode, and what it complains of must be told by us too. Needs root, for a network with the interfaces
 * that the cases name.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type GoldenCase, loadCase, readCases } from './case.ts';
import { MAIN_FILE } from './world.ts';

const KEEPALIVED = '/usr/sbin/keepalived';

/** Exit codes of `keepalived -t`. */
const Code = { wordMissing: 2, mistake: 5 } as const;

/** What keepalived says, and we do not, because there is nothing to mend for us. */
const NOT_OUR_COMPLAINTS: readonly { readonly says: RegExp; readonly why: string }[] = [
  { says: /No VIP specified/, why: 'an instance may be there for its scripts alone' },
  { says: /has too many decimal places/, why: 'less than a microsecond changes nothing' },
  { says: /only applies to (sh|mh) scheduler/, why: 'a scheduler may stand below its flags' },
  {
    says: /quorum \d+ for .* exceeds total weight of real servers 0|hysteresis \d+ >= quorum 0/,
    why: 'weights of 0 are for maintenance, and no quorum has to be met',
  },
];

const SHORT_LINES = 'it cuts long lines, and takes their rest for keywords';
const NO_ENV = 'this release knows no _ENV';

/** Cases that it complains of, and we do not. */
const NOT_OUR_MISTAKES: Readonly<Record<string, string>> = {
  'experiment-1100-byte-comment': SHORT_LINES,
  'lines-of-5000-characters': SHORT_LINES,
  'definitions-of-the-folder-of-a-file': NO_ENV,
  'conditions-out-of-a-definition': 'it reads what it has freed',
};

/** Cases that it starts with, and we do not, in any mode. */
const NOT_OUR_START: Readonly<Record<string, string>> = {
  'experiment-circular-include': 'files that include each other have no end',
  'trap-03-missing-file': 'there is nothing to start with',
  'not-text': 'it takes each NUL for an empty line',
  'not-text-at-all': 'it takes each NUL for an empty line',
};

const NO_ANSWER = 'it never answers';
const SLOW = 'it opens files until there are no more; experiment-circular-include asks that';

/** Cases that it is not asked about. */
const NOT_ASKED: Readonly<Record<string, string>> = {
  'definition-bomb': NO_ANSWER,
  'definitions-that-name-themselves': NO_ANSWER,
  'generators-of-too-much': NO_ANSWER,
  'include-cycle': SLOW,
  'include-cycle-of-two': SLOW,
};

/** Programs of the simulated machine, and what does for them on a real one. */
const STAND_INS: readonly (readonly [string, string])[] = [
  ['/etc/lvsd/notify.sh', '/usr/bin/true'],
  ['/etc/lvsd/plain.txt', '/etc/passwd'],
];

/** Runs each folder's case; a bridge and a tap do where the kernel has no dummy. */
const SCRIPT = `
for name in eth0 eth1; do
  ip link add "$name" type dummy 2>/dev/null || ip link add "$name" type bridge 2>/dev/null ||
    ip tuntap add "$name" mode tap
done
ulimit -v 2000000
printf '%s\\0' "$1"/*/ | xargs -0 -P 4 -I '{}' sh -c '
  cd "$1"
  timeout 5 sh ./run >said 2>&1 </dev/null
  echo $? >code
' sh '{}'
`;

const missing =
  process.getuid?.() !== 0
    ? 'this needs root'
    : existsSync(KEEPALIVED)
      ? null
      : `there is no ${KEEPALIVED}`;

const cases = readCases().filter(({ name }) => !(name in NOT_ASKED));

describe.skipIf(missing !== null && !process.env.CI)(
  `beside keepalived${missing === null ? '' : ` (skipped: ${missing})`}`,
  () => {
    const folder = mkdtempSync(join(tmpdir(), 'peer-'));
    beforeAll(() => {
      expect(missing).toBeNull();
      for (const one of cases) writeCase(join(folder, one.name), one);
      spawnSync('unshare', ['-n', 'sh', '-c', SCRIPT, 'sh', folder], { stdio: 'inherit' });
    }, 60_000);
    afterAll(() => rmSync(folder, { recursive: true, force: true }));

    test.each(cases)('$name', (one) => {
      const code = Number(readFileSync(join(folder, one.name, 'code'), 'utf8'));
      const said = readFileSync(join(folder, one.name, 'said'), 'utf8');
      const { director, diagnostics } = loadCase(one, 'compat');
      const isOurs = complaints(said).length > 0 && !(one.name in NOT_OUR_MISTAKES);
      if (code === Code.mistake && isOurs) {
        expect(diagnostics.length, said).toBeGreaterThan(0);
      }
      if (code !== Code.wordMissing && !(one.name in NOT_OUR_START)) {
        expect(director, diagnostics.map(({ message }) => message).join('\n')).not.toBeNull();
      }
    });
  },
);

test('every exception is a case', () => {
  const names = readCases().map(({ name }) => name);
  const exceptions = [NOT_OUR_MISTAKES, NOT_OUR_START, NOT_ASKED].flatMap(Object.keys);
  expect(exceptions.filter((name) => !names.includes(name))).toEqual([]);
});

function complaints(said: string): readonly string[] {
  const lines = said.split('\n').filter((line) => line.trim() !== '');
  return lines.filter((line) => !NOT_OUR_COMPLAINTS.some(({ says }) => says.test(line)));
}

function writeCase(folder: string, one: GoldenCase): void {
  const files = { [MAIN_FILE]: { text: one.text }, ...one.files };
  for (const [path, file] of Object.entries(files)) {
    const target = join(folder, path);
    mkdirSync(dirname(target), { recursive: true });
    const text = STAND_INS.reduce((all, [ours, theirs]) => all.replaceAll(ours, theirs), file.text);
    writeFileSync(target, text, { mode: 'is' in file && file.is === 'executable' ? 0o755 : 0o644 });
  }
  const variables = Object.entries(one.variables).map(([name, value]) => `${name}=${value}`);
  const words = ['env', ...variables, KEEPALIVED, '-t', '-f', one.mainFile];
  if (one.configId !== null) words.push('-i', one.configId);
  writeFileSync(join(folder, 'run'), `exec ${words.join(' ')}\n`);
}
