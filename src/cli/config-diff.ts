/** `lvsctl config diff A B`: what a second configuration does otherwise than a first. */
import { diffConfigs, renderDifference } from '../config/show/diff.ts';
import { type Command, Exit } from './command.ts';
import { declareReading, type ReadingOptions, readTree } from './read-config.ts';

interface Options extends ReadingOptions {
  readonly json?: true;
  readonly detailedExitcode?: true;
}

/** As diff(1) has it. */
const SAME = 0;
const DIFFERENT = 1;
/** With `--detailed-exitcode`: they differ, and nothing of it has an effect in this version. */
const DIFFERENT_WITHOUT_EFFECT = 3;

export const configDiff: Command<Options> = {
  name: 'config diff',
  summary: 'compare two configurations by meaning: exit code 0 same, 1 different, 2 trouble',
  declare(command) {
    declareReading(command.argument('<before>').argument('<after>'))
      .option(
        '--detailed-exitcode',
        `exit code ${DIFFERENT_WITHOUT_EFFECT} when no difference has an effect`,
      )
      .option('--json', 'one array of differences');
  },
  async run({ terminal }, options, [first, second]) {
    const before = readTree(first, options, terminal);
    const after = readTree(second, options, terminal);
    if (before.whole === null || after.whole === null) return Exit.usage;
    const differences = diffConfigs({ before: before.whole, after: after.whole });
    terminal.write(
      options.json
        ? `${JSON.stringify(differences, null, 2)}\n`
        : differences.map((one) => `${renderDifference(one)}\n`).join(''),
    );
    if (differences.length === 0) return SAME;
    const isWithoutEffect = differences.every(({ inert }) => inert);
    return options.detailedExitcode && isWithoutEffect ? DIFFERENT_WITHOUT_EFFECT : DIFFERENT;
  },
};
