/**
 * `npm run fuzz [-- --seeds N --from S --minutes M --index I]`: mutants of N seeds from S on, or of as
 * many as M minutes allow, and as many packets at directors and octets at decoders; before them every heavy input. All faults are told;
 * the exit code is 1 when there was one.
 */
import { parseArgs } from 'node:util';
import { faultsOf } from './campaign.ts';
import { faultOf, OF_STRANGERS, OF_THE_KERNEL } from './decoders.ts';
import { HEAVY, longLines } from './heavy.ts';
import { faultsOfHeavy, slowOf } from './measure.ts';
import { PacketFuzzer } from './packets.ts';

const MUTANTS_OF_A_SEED = 10_000;
const PACKETS_OF_A_SEED = 2_000_000;
/** Of each decoder. */
const INPUTS_OF_A_SEED = 2_000_000;
const SEEDS = 5;
/** Just within what a line with something to expand may have. */
const LINE_CHARACTERS = 1024 * 1024 - 64;

function main(): void {
  const { values } = parseArgs({
    options: {
      seeds: { type: 'string' },
      from: { type: 'string', default: '1' },
      minutes: { type: 'string' },
      index: { type: 'string' },
    },
  });
  const endAt = performance.now() + Number(values.minutes ?? Infinity) * 60_000;
  const from = Number(values.from);
  const seeds = Number(values.seeds ?? (values.minutes === undefined ? SEEDS : Infinity));
  if (values.index !== undefined) {
    const index = Number(values.index);
    tell(faultsOf({ seed: from, from: index, to: index + 1 }));
    return;
  }
  tell(faultsOfHeavy(HEAVY, (line) => console.log(line)));
  tell(slowOf(longLines(LINE_CHARACTERS), { eachMs: 10_000, allMs: 600_000 }));
  for (let seed = from; seed < from + seeds && performance.now() < endAt; seed += 1) {
    const startedAt = performance.now();
    tell(faultsOf({ seed, from: 0, to: MUTANTS_OF_A_SEED }));
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
    console.log(`seed ${seed}: ${MUTANTS_OF_A_SEED} mutants in ${seconds} s`);
    const fault = new PacketFuzzer(seed).run(PACKETS_OF_A_SEED);
    tell(fault === null ? [] : [fault]);
    console.log(`seed ${seed}: ${PACKETS_OF_A_SEED} packets`);
    for (const decoder of [...OF_STRANGERS, OF_THE_KERNEL]) {
      tell([faultOf(decoder, seed, INPUTS_OF_A_SEED)].filter((one) => one !== null));
    }
    console.log(`seed ${seed}: ${INPUTS_OF_A_SEED} inputs of each decoder`);
  }
}

function tell(faults: readonly string[]): void {
  for (const fault of faults) console.log(`${fault}\n`);
  if (faults.length > 0) process.exitCode = 1;
}

main();
