/** The switches of `lvsctl show --ipvsadm`; what it prints is compared with ipvsadm in the lab. */
import { Command as Commander } from 'commander';
import { expect, test } from 'vitest';
import { show } from '../../src/cli/show.ts';
import { chooseListing } from '../../src/cli/show-ipvsadm.ts';

function ask(words: readonly string[]): Promise<number> {
  const parser = new Commander().exitOverride();
  show.declare(parser);
  parser.parse([...words], { from: 'user' });
  const terminal = { write: () => {}, writeError: () => {}, colour: false, live: false };
  return show.run({ terminal, runDir: '/nowhere' }, parser.opts(), []);
}

test.each([
  ['--stats', '--stats is a switch of --ipvsadm', 'lvsctl show --ipvsadm --stats'],
  ['--persistent-conn', '--persistent-conn is a switch of --ipvsadm', '--persistent-conn'],
  ['--json --exact', '--exact is a switch of --ipvsadm', '--exact'],
  ['--json --ipvsadm', '--json and --ipvsadm are two ways to print', '--json'],
  ['--ipvsadm --stats --rate', '--stats and --rate are two listings', 'one at a time'],
  ['--ipvsadm --daemon --timeout', '--timeout and --daemon are two listings', 'one at a time'],
  ['--ipvsadm --timeout --stats', '--stats and --timeout are two listings', 'one at a time'],
])('%s is refused', async (words, message, hint) => {
  await expect(ask(words.split(' '))).rejects.toMatchObject({
    code: 'USAGE',
    message,
    hint: expect.stringContaining(hint),
  });
});

test('--exact goes with every listing, as it does with ipvsadm', () => {
  expect(chooseListing({ exact: true })).toBe('forwarding');
  expect(chooseListing({ exact: true, thresholds: true })).toBe('thresholds');
  expect(chooseListing({ exact: true, daemon: true })).toBe('daemons');
});
