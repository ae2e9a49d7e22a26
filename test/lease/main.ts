/** `npm run model`: all variants, the large ones too, with their figures and the way to each violation. */
import { EtcdModel } from './etcd-model.ts';
import { LeaseModel, type ModelResult } from './model.ts';
import {
  BROKEN,
  BROKEN_ETCD,
  BROKEN_ETCD_AND_LARGE,
  SAFE,
  SAFE_AND_LARGE,
  SAFE_ETCD,
} from './variants.ts';

function run(name: string, model: { run(): ModelResult }, isSafe: boolean): boolean {
  const began = performance.now();
  const { states, transitions, violation, complete } = model.run();
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  const result = violation === null ? 'never two holders' : `two holders after ${violation.length}`;
  const whole = complete ? '' : ' as far as it was searched';
  process.stdout.write(
    `${name}: ${result}${whole} (${states} states, ${transitions} transitions, ${seconds} s)\n`,
  );
  for (const line of violation ?? []) process.stdout.write(`    ${line}\n`);
  return isSafe === (violation === null);
}

const lease = [
  ...BROKEN.map((one) => ({ ...one, isSafe: false })),
  ...[...SAFE, ...SAFE_AND_LARGE].map((one) => ({ ...one, isSafe: true })),
];
const etcd = [
  ...[...BROKEN_ETCD, ...BROKEN_ETCD_AND_LARGE].map((one) => ({ ...one, isSafe: false })),
  ...SAFE_ETCD.map((one) => ({ ...one, isSafe: true })),
];
const outcomes = [
  ...lease.map(({ name, options, isSafe }) => run(name, new LeaseModel(options), isSafe)),
  ...etcd.map(({ name, options, isSafe }) => run(name, new EtcdModel(options), isSafe)),
];
process.exitCode = outcomes.every(Boolean) ? 0 : 1;
