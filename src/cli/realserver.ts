/** `lvsctl realserver setup|remove|check`: makes the host it runs on a real server for DR mode. */
import { type Command as Commander, Option } from 'commander';
import { familyOf, parseAddress } from '../base/address.ts';
import { DirectorError } from '../base/error.ts';
import {
  type Finding,
  findFaults,
  planRemove,
  planSetup,
  type Step,
  type VirtualAddressWanted,
} from '../realserver/dr-mode.ts';
import {
  forgetChanged,
  readChanged,
  readThisHost,
  rememberChanged,
  takeSteps,
} from '../realserver/host.ts';
import { type Command, Exit } from './command.ts';

interface Options {
  readonly vip: readonly string[];
  readonly stateDir: string;
  readonly dryRun?: true;
  readonly json?: true;
}

const DEFAULT_STATE_DIR = '/var/lib/lvsd';

function declareCommon(command: Commander): void {
  command
    .requiredOption('--vip <address...>', 'virtual address that the director forwards to this host')
    .addOption(
      new Option('--state-dir <dir>', 'where settings are kept').default(DEFAULT_STATE_DIR),
    )
    .option('--json', 'one JSON object instead of sentences');
}

/** @throws DirectorError USAGE for what is no address. */
function readWanted(texts: readonly string[]): readonly VirtualAddressWanted[] {
  return texts.map((text) => {
    const address = parseAddress(text);
    if (address === null) {
      throw new DirectorError('USAGE', `--vip ${text} is no IP address`, {
        hint: 'write it without prefix or port: --vip 192.0.2.10',
      });
    }
    return { address, family: familyOf(address) };
  });
}

function describeStep(step: Step): string {
  switch (step.do) {
    case 'set':
      return `${step.sysctl}: ${step.from} → ${step.to}`;
    case 'add-address':
      return `+ ${step.address}/${step.prefixLength} on lo`;
    case 'remove-address':
      return `- ${step.address}/${step.prefixLength} on lo`;
  }
}

function describeFinding(finding: Finding): string {
  return `missing: ${finding.message}\n  hint: ${finding.hint}\n`;
}

function describeSteps(steps: readonly Step[], options: Options, nothing: string): string {
  if (options.json) return `${JSON.stringify({ steps })}\n`;
  if (steps.length === 0) return `${nothing}\n`;
  return steps.map((step) => `${describeStep(step)}\n`).join('');
}

export const realserverSetup: Command<Options> = {
  name: 'realserver setup',
  summary: 'put virtual addresses on lo and silence ARP for them (DR mode)',
  declare(command) {
    declareCommon(command);
    command.option('--dry-run', 'say what would be done, and do nothing');
  },
  async run({ terminal }, options) {
    const steps = planSetup(await readThisHost(), readWanted(options.vip));
    if (!options.dryRun) {
      rememberChanged(options.stateDir, steps);
      await takeSteps(steps);
    }
    terminal.write(describeSteps(steps, options, 'nothing to do: this host is set up'));
    return Exit.ok;
  },
};

export const realserverRemove: Command<Options> = {
  name: 'realserver remove',
  summary: 'undo a set-up: take the addresses off lo, put the ARP settings back',
  declare(command) {
    declareCommon(command);
    command.option('--dry-run', 'say what would be done, and do nothing');
  },
  async run({ terminal }, options) {
    const changed = readChanged(options.stateDir);
    const steps = planRemove(await readThisHost(), readWanted(options.vip), changed);
    if (!options.dryRun) {
      await takeSteps(steps);
      if (steps.some((step) => step.do === 'set')) forgetChanged(options.stateDir);
    }
    terminal.write(
      describeSteps(steps, options, 'nothing to do: none of these addresses is on lo'),
    );
    return Exit.ok;
  },
};

export const realserverCheck: Command<Options> = {
  name: 'realserver check',
  summary: 'say what this host lacks for DR mode; exit code 1 when something is missing',
  declare: declareCommon,
  async run({ terminal }, options) {
    const wanted = readWanted(options.vip);
    const faults = findFaults(await readThisHost(), wanted);
    if (options.json) terminal.write(`${JSON.stringify({ ready: faults.length === 0, faults })}\n`);
    else if (faults.length > 0) terminal.write(faults.map(describeFinding).join(''));
    else terminal.write(`ready for DR mode: ${options.vip.join(', ')}\n`);
    return faults.length === 0 ? Exit.ok : Exit.failed;
  },
};
