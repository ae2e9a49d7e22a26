/** `lvsctl drain`, `disable`, `enable` and `undrain`: take a real server from service, and give it back. */
import { openControl } from '../api/client.ts';
import { DRAIN_MS, type ServerRequest } from '../api/protocol.ts';
import { DirectorError } from '../base/error.ts';
import { parseSpan } from '../base/span.ts';
import { type Millis, systemClock } from '../base/time.ts';
import type {
  DrainOrder,
  DrainSnapshot,
  Order,
  OrderSnapshot,
  SteerReport,
} from '../model/drain.ts';
import { type Command, type CommandContext, Exit } from './command.ts';
import { leftInDetail, orderText, sharingText } from './drain-text.ts';
import { type Outcome, watchDrain } from './drain-watch.ts';
import { type Terminal, untilInterrupted } from './terminal.ts';
import { plural, printable } from './text.ts';

interface ServerOptions {
  readonly virtualServer?: string;
  readonly local?: true;
  readonly force?: true;
  readonly json?: true;
}

interface DrainOptions extends ServerOptions {
  readonly timeout?: string;
  readonly then?: string;
  /** False with `--no-wait`. */
  readonly wait: boolean;
}

/** The time was over, and connections were left. */
const TIMED_OUT = 3;
/** As a shell has it for a program that SIGINT ended. */
const INTERRUPTED = 130;

const REAL_SERVER_HELP = 'ADDRESS:PORT';
const VIRTUAL_SERVER = '--virtual-server <name>';
const VIRTUAL_SERVER_HELP =
  'in this one only: 10.0.0.1:80, 10.0.0.1:80/tcp, a group, "fwmark 7" (default: wherever it is)';

const LOCAL = '--local';
const LOCAL_HELP = 'on this director only; else the other directors of the pair are told';

const FORCE = '--force';
const FORCE_HELP =
  'also if a virtual server would then have no real server that serves, or its sorry server only';

export const drain: Command<DrainOptions> = {
  name: 'drain',
  summary: `send no new connections to a real server, and wait until those that it has are gone: exit code 0 none is left, ${TIMED_OUT} some are after --timeout, 1 refused, 2 no daemon answers`,
  declare(command) {
    command
      .argument(
        '[real-server]',
        `${REAL_SERVER_HELP}; without it: what is drained and disabled now`,
      )
      .option(VIRTUAL_SERVER, VIRTUAL_SERVER_HELP)
      .option('--timeout <time>', 'end after this time, whoever is left: 90s, 10m, 2h')
      .option('--then <what>', 'remove: take it out of the table at the end')
      .option(LOCAL, LOCAL_HELP)
      .option(FORCE, FORCE_HELP)
      .option('--no-wait', 'return at once; it drains all the same')
      .option('--json', 'the outcome as one JSON object');
  },
  async run(context, options, [named]) {
    if (named === undefined) return list(context, options);
    const control = openControl(context.runDir);
    const report = await control.drain({
      ...serverRequest(named, options),
      timeoutMs: options.timeout === undefined ? null : parseTimeout(options.timeout),
      atEnd: parseThen(options.then),
    });
    if (!options.wait) return tell(report, context.terminal, options, 'drains');
    return waitFor(report, () => control.drains(), context.terminal, options);
  },
};

export const disable: Command<ServerOptions> = {
  name: 'disable',
  summary: 'take a real server out of the table at once, with the connections that it has',
  declare(command) {
    declareServer(command);
    command.option(FORCE, FORCE_HELP);
  },
  async run({ terminal, runDir }, options, [realServer = '']) {
    const report = await openControl(runDir).disable(serverRequest(realServer, options));
    return tell(report, terminal, options, 'is out of the table');
  },
};

export const enable: Command<ServerOptions> = {
  name: 'enable',
  summary: 'give back a real server that was drained or disabled: checks and configuration decide',
  declare: declareServer,
  async run({ terminal, runDir }, options, [realServer = '']) {
    const report = await openControl(runDir).enable(serverRequest(realServer, options));
    const what = report.before.length === 0 ? 'was not taken from service' : 'is enabled';
    return tell(report, terminal, options, what);
  },
};

export const undrain: Command<ServerOptions> = {
  ...enable,
  name: 'undrain',
  summary: 'the same as enable',
};

function declareServer(command: Parameters<Command['declare']>[0]): void {
  command
    .argument('<real-server>', REAL_SERVER_HELP)
    .option(VIRTUAL_SERVER, VIRTUAL_SERVER_HELP)
    .option(LOCAL, LOCAL_HELP)
    .option('--json', 'the answer as one JSON object');
}

function serverRequest(
  realServer: string,
  { virtualServer, local, force }: ServerOptions,
): ServerRequest {
  return {
    realServer,
    virtualServer: virtualServer ?? null,
    local: local ?? false,
    force: force ?? false,
  };
}

function parseTimeout(text: string): Millis {
  const ms = parseSpan(text);
  if (ms !== null && ms >= DRAIN_MS.min && ms <= DRAIN_MS.max) return ms;
  throw new DirectorError('USAGE', `--timeout ${text}: a time from 1s to 30d is wanted`, {
    hint: 'such as --timeout 10m; without --timeout it ends when no connection is left',
  });
}

function parseThen(text: string | undefined): 'stay' | 'remove' {
  if (text === undefined || text === 'stay') return 'stay';
  if (text === 'remove') return 'remove';
  throw new DirectorError('USAGE', `--then ${text}: "remove" or "stay" is wanted`, {
    hint: 'without --then it stays in the table, with weight 0',
  });
}

function tell(
  report: SteerReport,
  terminal: Terminal,
  { json }: ServerOptions,
  what: string,
): number {
  if (json) {
    terminal.write(`${JSON.stringify(report, null, 2)}\n`);
  } else {
    terminal.write(`${report.realServer} ${what}${placesText(report)}${peersText(report)}\n`);
    tellNotes(report, terminal);
  }
  return Exit.ok;
}

function tellNotes({ notes }: SteerReport, terminal: Terminal): void {
  for (const note of notes) terminal.writeError(`note: ${note}\n`);
}

const PLACES_NAMED_MAX = 6;

/** ` in 10.0.0.1:80 tcp, 10.0.0.1:443 tcp` */
function placesText({ servers, virtualServer }: Pick<SteerReport, 'servers' | 'virtualServer'>) {
  if (servers.length === 0) {
    const where = virtualServer === null ? '' : ` of ${virtualServer}`;
    return `${where} (not configured now)`;
  }
  const named = servers.slice(0, PLACES_NAMED_MAX).map((one) => one.virtualServer);
  const more = servers.length - named.length;
  return ` in ${named.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

/** `, on lvs2 too` */
function peersText({ peers }: SteerReport): string {
  const names = peers.filter(({ has }) => has).map(({ name }) => printable(name));
  return names.length === 0 ? '' : `, on ${names.join(', ')} too`;
}

async function waitFor(
  report: SteerReport,
  ask: () => Promise<DrainSnapshot>,
  terminal: Terminal,
  { json }: DrainOptions,
): Promise<number> {
  const order = report.order as DrainOrder;
  if (!json) {
    terminal.write(`${report.realServer} drains${placesText(report)}${peersText(report)}\n`);
    tellNotes(report, terminal);
  }
  const { interrupted, stop } = untilInterrupted();
  const shown = json ? null : terminal;
  const outcome = await watchDrain(order, {
    clock: systemClock,
    ask,
    interrupted,
    terminal: shown,
  }).finally(stop);
  if (json) {
    const { is, ...rest } = outcome;
    terminal.write(`${JSON.stringify({ ...report, outcome: is, ...rest }, null, 2)}\n`);
  } else if (outcome.is === 'none-left' || outcome.is === 'timeout') {
    terminal.write(`${outcomeText(order, outcome)}\n`);
  } else {
    terminal.writeError(`${outcomeText(order, outcome)}\n`);
  }
  return exitCodeOf(outcome);
}

function exitCodeOf({ is }: Outcome): number {
  switch (is) {
    case 'none-left':
      return Exit.ok;
    case 'timeout':
      return TIMED_OUT;
    case 'replaced':
      return Exit.failed;
    case 'silent':
      return Exit.usage;
    case 'interrupted':
      return INTERRUPTED;
  }
}

export function outcomeText(order: DrainOrder, outcome: Outcome): string {
  const { realServer, atEnd } = order;
  const undo = `lvsctl undrain ${serverWords(order)}`;
  switch (outcome.is) {
    case 'none-left':
      return atEnd === 'remove'
        ? `${realServer} is drained and out of the table; ${undo} brings it back`
        : `${realServer} is drained and stays at weight 0; ${undo} brings it back`;
    case 'timeout': {
      const left = outcome.left === null ? 'connections may be left' : leftInDetail(outcome.left);
      return atEnd === 'remove'
        ? `the time is over: ${realServer} is out of the table, ${left} and cut`
        : `the time is over: ${realServer} stays at weight 0, ${left}`;
    }
    case 'replaced':
      return `${realServer} does not drain any more: somebody has ordered something else, see lvsctl show`;
    case 'interrupted':
      return `the drain of ${realServer} stays in force; ${undo} ends it`;
    case 'silent':
      return `lvsd does not answer any more (${outcome.why}); the drain stays in force when it is back`;
  }
}

/** What is in force, as commands that order the same of another director. */
async function list({ terminal, runDir }: CommandContext, options: DrainOptions): Promise<number> {
  const snapshot = await openControl(runDir).drains();
  terminal.write(options.json ? `${JSON.stringify(snapshot, null, 2)}\n` : renderList(snapshot));
  return Exit.ok;
}

export function renderList({ orders, lifts, atMs }: DrainSnapshot): string {
  if (orders.length === 0) return '# nothing is drained or disabled\n';
  const commands = [
    ...orders.map((one) => commandOf(one, atMs)),
    // After the order for all virtual servers, of which this one is excepted.
    ...lifts.map((one) => `lvsctl enable ${serverWords(one)}`),
  ];
  return commands.map((command) => `${command}\n`).join('');
}

function commandOf(told: OrderSnapshot, nowMs: number): string {
  const { order, left, servers } = told;
  const where = plural(servers.length, 'virtual server');
  const remark = `${orderText(order, left, nowMs)}, in ${where}${sharingText(told)}`;
  const words = `${serverWords(order)}${order.isLocal ? ' --local' : ''}`;
  if (order.kind === 'disable') return `lvsctl disable ${words}  # ${remark}`;
  const { untilMs, atEnd, ended } = order;
  const seconds = untilMs === null || ended !== null ? 0 : Math.ceil((untilMs - nowMs) / 1000);
  const timeout = seconds > 0 ? ` --timeout ${seconds}s` : '';
  const end = atEnd === 'remove' ? ' --then remove' : '';
  return `lvsctl drain ${words}${timeout}${end} --no-wait  # ${remark}`;
}

function serverWords({
  realServer,
  virtualServer,
}: Pick<Order, 'realServer' | 'virtualServer'>): string {
  const where = virtualServer === null ? '' : ` --virtual-server '${virtualServer}'`;
  return `${realServer.includes('[') ? `'${realServer}'` : realServer}${where}`;
}
