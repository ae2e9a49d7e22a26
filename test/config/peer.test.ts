/**
 * The golden cases before keepalived itself: what it starts with must load in compat mode, and what it complains
 * of must be told by us too.
 */
import { beforeAll, describe, expect, test } from 'vitest';
import { type GoldenCase, loadCase, readCases } from './case.ts';
import { type Answer, ask, missing, type Question } from './keepalived.ts';
import { MAIN_FILE } from './world.ts';

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

const WITHOUT_A_LEASE =
  'who wants a lease and cannot have one must not start without: there would be two masters';

const UNSIGNED =
  'who has asked for signed advertisements must not go on unsigned, and believe anybody';

/** Cases that it starts with, and we do not, in any mode. */
const NOT_OUR_START: Readonly<Record<string, string>> = {
  lease: WITHOUT_A_LEASE,
  'lease-etcd-twice': WITHOUT_A_LEASE,
  'lease-missing': WITHOUT_A_LEASE,
  'lease-of-a-group': WITHOUT_A_LEASE,
  'lease-of-four': WITHOUT_A_LEASE,
  'lease-of-two': WITHOUT_A_LEASE,
  'lease-without-key': WITHOUT_A_LEASE,
  'auth-hmac': UNSIGNED,
  'range-auth_hmac-active_key': UNSIGNED,
  'range-auth_hmac-key': UNSIGNED,
  'range-auth_hmac-time_window': UNSIGNED,
  'experiment-circular-include': 'files that include each other have no end',
  'trap-03-missing-file': 'there is nothing to start with',
  'not-text': 'a file full of NULs was not meant',
  'not-text-at-all': 'a file full of NULs was not meant',
  'group-too-large': 'nobody has millions of services: it would add one after the other',
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

const cases = readCases().filter(({ name }) => !(name in NOT_ASKED));

describe.skipIf(missing !== null && !process.env.CI)(
  `beside keepalived${missing === null ? '' : ` (skipped: ${missing})`}`,
  () => {
    let answers: ReadonlyMap<string, Answer> = new Map();
    beforeAll(() => {
      expect(missing).toBeNull();
      answers = ask(cases.map(questionOf));
    }, 60_000);

    test.each(cases)('$name', (one) => {
      const { code, said } = answers.get(one.name) as Answer;
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

function questionOf(one: GoldenCase): Question {
  const files = Object.entries({ [MAIN_FILE]: { text: one.text }, ...one.files });
  const standIn = (text: string): string =>
    STAND_INS.reduce((all, [ours, theirs]) => all.replaceAll(ours, theirs), text);
  return {
    ...one,
    files: Object.fromEntries(
      files.map(([path, file]) => [path, { ...file, text: standIn(file.text) }]),
    ),
  };
}
