/** `npm run model`: all variants, the large ones too, with their figures and the way to each violation. */
import { LeaseModel } from './model.ts';
import { BROKEN, SAFE, SAFE_AND_LARGE, type Variant } from './variants.ts';

function run({ name, options }: Variant, isSafe: boolean): boolean {
  const began = performance.now();
  const { states, transitions, violation, complete } = new LeaseModel(options).run();
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  const result = violation === null ? 'never two holders' : `two holders after ${violation.length}`;
  const whole = complete ? '' : ' as far as it was searched';
  process.stdout.write(
    `${name}: ${result}${whole} (${states} states, ${transitions} transitions, ${seconds} s)\n`,
  );
  for (const line of violation ?? []) process.stdout.write(`    ${line}\n`);
  return isSafe === (violation === null);
}

const outcomes = [
  ...BROKEN.map((one) => run(one, false)),
  ...SAFE.map((one) => run(one, true)),
  ...SAFE_AND_LARGE.map((one) => run(one, true)),
];
process.exitCode = outcomes.every(Boolean) ? 0 : 1;
