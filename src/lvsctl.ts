/** The command line: find the command, load only its code, run it, exit with its code. */
import { Command as Commander, CommanderError } from 'commander';
import { DEFAULT_RUN_DIR } from './api/protocol.ts';
import { DirectorError, describeError } from './base/error.ts';
import { exitWhenWritten } from './base/exit.ts';
import { readVersion } from './base/version.ts';
import { type Command, Exit } from './cli/command.ts';
import { processTerminal } from './cli/terminal.ts';

/** Commands by their words. Loading is late: `show` should not wait for the configuration language. */
const COMMANDS: Readonly<Record<string, () => Promise<Command<never>>>> = {
  show: async () => (await import('./cli/show.ts')).show,
  check: async () => (await import('./cli/check.ts')).check,
  lint: async () => (await import('./cli/lint.ts')).lint,
  'config show': async () => (await import('./cli/config-show.ts')).configShow,
  'config diff': async () => (await import('./cli/config-diff.ts')).configDiff,
  'config fmt': async () => (await import('./cli/config-fmt.ts')).configFmt,
  reload: async () => (await import('./cli/reload.ts')).reload,
  plan: async () => (await import('./cli/plan.ts')).plan,
  apply: async () => (await import('./cli/apply.ts')).apply,
  confirm: async () => (await import('./cli/apply.ts')).confirm,
  rollback: async () => (await import('./cli/apply.ts')).rollback,
  drain: async () => (await import('./cli/drain.ts')).drain,
  disable: async () => (await import('./cli/drain.ts')).disable,
  enable: async () => (await import('./cli/drain.ts')).enable,
  undrain: async () => (await import('./cli/drain.ts')).undrain,
  failover: async () => (await import('./cli/failover.ts')).failover,
  verify: async () => (await import('./cli/verify.ts')).verify,
  zero: async () => (await import('./cli/zero.ts')).zero,
  simulate: async () => (await import('./cli/simulate.ts')).simulate,
  witness: async () => (await import('./cli/witness.ts')).witness,
  'realserver setup': async () => (await import('./cli/realserver.ts')).realserverSetup,
  'realserver remove': async () => (await import('./cli/realserver.ts')).realserverRemove,
  'realserver check': async () => (await import('./cli/realserver.ts')).realserverCheck,
};

/** Commands that read a configuration and end. */
const READERS: readonly string[] = ['check', 'lint'];

/** Commands of two words, by their first one. */
const GROUPS: Readonly<Record<string, string>> = {
  config: 'print, compare and format configurations',
  realserver: 'prepare this host as a real server for DR mode, undo or check that',
};

/** Adds `group word` below `group`, making the group when it is new. */
function place(program: Commander, groups: Map<string, Commander>, name: string): Commander {
  const [first = '', second] = name.split(' ');
  if (second === undefined) return program.command(first);
  let group = groups.get(first);
  if (group === undefined) {
    group = program
      .command(first)
      .description(GROUPS[first] ?? first)
      .exitOverride();
    groups.set(first, group);
  }
  return group.command(second);
}

function names(words: readonly string[], name: string): boolean {
  return name.split(' ').every((word, at) => words[at] === word);
}

/** Declares the commands that these arguments may mean: one, or all of them for a help text. */
async function buildProgram(
  words: readonly string[],
  finish: (exitCode: number) => void,
): Promise<Commander> {
  const program = new Commander('lvsctl')
    .description('shows and steers lvsd, checks its configuration, sets up real servers')
    .version(readVersion(), '-v, --version')
    .option('--run-dir <dir>', 'run directory of the daemon', DEFAULT_RUN_DIR)
    .exitOverride();
  if (words[0] === '-v' || words[0] === '--version') return program;
  const meant = Object.keys(COMMANDS).filter((name) => names(words, name));
  const groups = new Map<string, Commander>();
  for (const name of meant.length > 0 ? meant : Object.keys(COMMANDS)) {
    const command = (await COMMANDS[name]?.()) as unknown as Command;
    const declared = place(program, groups, name).description(command.summary).exitOverride();
    command.declare(declared);
    declared.action(async (...called: unknown[]) => {
      const self = called.at(-1) as Commander;
      const { runDir } = program.opts<{ runDir: string }>();
      const context = { terminal: processTerminal, runDir };
      if (READERS.includes(name)) (await import('./base/reading-flags.ts')).prepareForReading();
      finish(await command.run(context, self.opts(), self.args));
    });
  }
  return program;
}

/** The words that can name a command: what stands before the first option, `--run-dir DIR` aside. */
function commandWords(args: readonly string[]): readonly string[] {
  const at = args[0] === '--run-dir' ? 2 : args[0]?.startsWith('--run-dir=') ? 1 : 0;
  return args.slice(at);
}

async function main(args: readonly string[]): Promise<number> {
  let exitCode: number = Exit.ok;
  const program = await buildProgram(commandWords(args), (code) => {
    exitCode = code;
  });
  try {
    await program.parseAsync(args as string[], { from: 'user' });
  } catch (error) {
    // commander has already told the person; its code is 0 for --help and --version.
    if (error instanceof CommanderError) return error.exitCode === 0 ? Exit.ok : Exit.usage;
    throw error;
  }
  return exitCode;
}

/** Nothing was asked: the words make no sense, or there is nobody to ask. */
const UNASKED: readonly string[] = ['USAGE', 'DAEMON_UNREACHABLE'];

main(process.argv.slice(2)).then(exitWhenWritten, (error: unknown) => {
  process.stderr.write(`lvsctl: ${describeError(error)}\n`);
  const isUnasked = error instanceof DirectorError && UNASKED.includes(error.code);
  exitWhenWritten(isUnasked ? Exit.usage : Exit.failed);
});
