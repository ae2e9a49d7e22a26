import { join } from 'node:path';
import { expect, test } from 'vitest';
import { chooseSource } from '../../src/daemon/reload.ts';

test('the file of the daemon has one name, from whatever folder lvsctl names it', () => {
  const { path, mode } = chooseSource('conf/lvsd.conf', undefined);
  expect({ path, mode }).toEqual({ path: join(process.cwd(), 'conf/lvsd.conf'), mode: 'default' });
});
