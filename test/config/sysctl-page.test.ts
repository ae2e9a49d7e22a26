/** docs/ipvs.md tells of each sysctl of lvs_sysctl why one would set it, and with which default it begins. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { LVS_SYSCTL } from '../../src/config/keywords/sysctl.ts';

const PAGE = readFileSync(new URL('../../docs/ipvs.md', import.meta.url), 'utf8');

/** `| name, name | default, default | why |`: each name and its default; one default may be that of all. */
const TOLD = new Map(
  [...PAGE.matchAll(/^\| (`\w+`(?:, `\w+`)*) \| ([^|]+) \| [^|]+ \|$/gm)].flatMap(
    ([, names = '', defaults = '']) => {
      const all = defaults.split(', ');
      return names.split(', ').map((name, at) => [name.slice(1, -1), all[at] ?? all[0]] as const);
    },
  ),
);

test.each([...LVS_SYSCTL.values()])('$name', ({ name, unset }) => {
  const usual = TOLD.get(name);
  expect(usual, `docs/ipvs.md does not tell of ${name}`).toBeDefined();
  const begins = unset.replace('as it is; the kernel begins with ', '');
  const isNumber = /^[\d ]+$/.test(begins);
  if (isNumber) expect(usual).toBe(begins);
});
