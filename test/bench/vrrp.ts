/**
 * VRRP beside keepalived, as a client on the link sees it. `BENCH_PART=death,spacing` chooses parts, `BENCH_RUNS` how
 * often, `BENCH_SECONDS` how long spacing is watched.
 */
import { beside } from './vrrp-beside.ts';
import { death } from './vrrp-death.ts';
import { handover } from './vrrp-handover.ts';
import { killed } from './vrrp-killed.ts';
import { many } from './vrrp-many.ts';
import { spacing } from './vrrp-spacing.ts';

const PARTS: Readonly<Record<string, () => Promise<void>>> = {
  death,
  handover,
  killed,
  many,
  spacing,
  beside,
};

const wanted = (process.env.BENCH_PART || Object.keys(PARTS).join()).split(',');
for (const name of wanted) {
  const part = PARTS[name];
  if (part === undefined) {
    process.stdout.write(`${name}: no such part; there are ${Object.keys(PARTS).join(', ')}\n`);
    process.exitCode = 1;
  } else await part();
}
