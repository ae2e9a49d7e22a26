/** Network namespaces that are not there; going into one that is, test/lab/kernel-settings.test.ts does. */
import { readlinkSync } from 'node:fs';
import { expect, test } from 'vitest';
import { identityOfNetwork, inNetwork, OWN_NETWORK } from '../../src/kernel/namespace.ts';

test('without a name the work is done here', () => {
  expect(inNetwork(null, () => 7)).toBe(7);
  expect(identityOfNetwork(null)).toBe(readlinkSync(OWN_NETWORK));
});

test('a name that is not there is told with what to do, and nothing is done', () => {
  let done = false;
  const attempt = (): void =>
    inNetwork('no-such-name', () => {
      done = true;
    });
  expect(attempt).toThrow(
    expect.objectContaining({
      code: 'NAMESPACE_MISSING',
      message: 'there is no network namespace no-such-name',
      hint: expect.stringMatching(/^ip netns add no-such-name; there are /),
    }),
  );
  expect(done).toBe(false);
});
