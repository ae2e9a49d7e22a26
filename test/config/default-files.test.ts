/** Which file is read when none is named. */
import { describe, expect, test } from 'vitest';
import { defaultFile, KEEPALIVED_FILE, OWN_FILE } from '../../src/config/default-files.ts';
import { loadConfig } from '../../src/config/load.ts';
import { environmentOf } from './world.ts';

describe('without a name is read', () => {
  test.each([
    ['our own file', [OWN_FILE], OWN_FILE],
    ['our own beside that of keepalived', [OWN_FILE, KEEPALIVED_FILE], OWN_FILE],
    ['that of keepalived', [KEEPALIVED_FILE], KEEPALIVED_FILE],
    ['our own, which is missed, when there is none', [], OWN_FILE],
  ])('%s', (_, there, chosen) => {
    expect(defaultFile((path) => there.includes(path))).toBe(chosen);
  });
});

test('who has neither is told of both', () => {
  const { diagnostics } = loadConfig(OWN_FILE, { mode: 'default', environment: environmentOf({}) });
  expect(diagnostics).toMatchObject([
    {
      code: 'unreadable-file',
      hint: expect.stringContaining(`no ${KEEPALIVED_FILE}: write one of them`),
    },
  ]);
});
