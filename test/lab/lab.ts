/**
 * Hosts on links: network namespaces joined by bridges, programs in them, and what happened. Everything
 * it makes has a name that begins with the lab's prefix and is removed by `close`.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import {
  closeSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
} from 'node:fs';
import { join } from 'node:path';
import { Agent } from './agent-client.ts';

export const ROOT: string = process.cwd();

export interface Interface {
  readonly bridge: string;
  /** With prefix length. */
  readonly address: string;
}

export interface Result {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Running {
  readonly process: ChildProcess;
  readonly pid: number;
  /** Sends a signal to it and, for KILL, to everything it started. */
  kill(signal: NodeJS.Signals): void;
  readonly ended: Promise<number>;
}

/** What a link does to what is sent over it towards a host: all of netem(8) that scenarios need. */
export interface Impairment {
  readonly lossPercent?: number;
  readonly delayMs?: number;
}

/** Octets of each packet, and megabytes of each capture, that are kept. */
const CAPTURE = { octets: 256, megabytesMax: 10 } as const;

/** Between two questions for the same. */
const ASK_EVERY_MS = 50;
/** Between two looks at who is left. */
const DYING_MS = 5;

/** A snapshot of 1000 real servers has a megabyte. */
const OUTPUT_OCTETS_MAX = 64 * 1024 * 1024;

let labsMade = 0;
const labs = new Set<Lab>();

/** Folders of logs and captures of the labs that a test has used. */
export function evidence(): readonly string[] {
  return [...labs].map((lab) => lab.folder);
}

/** A new test begins: labs that are closed are not its own. */
export function forgetClosedLabs(): void {
  for (const lab of labs) if (lab.closed) labs.delete(lab);
}

export class Lab {
  private readonly prefix: string;
  readonly folder: string;
  closed = false;
  /** Each with a process that does nothing: by it the host's /proc/net is read. */
  private readonly hosts = new Map<string, number>();
  private readonly running = new Set<Running>();
  private readonly agents: Agent[] = [];

  constructor(name: string) {
    labsMade += 1;
    this.prefix = `l${(process.pid % 1000).toString(36)}${labsMade}`;
    this.folder = join(ROOT, '.lab', 'logs', process.env.LAB_RUN ?? '', name);
    rmSync(this.folder, { recursive: true, force: true });
    mkdirSync(this.folder, { recursive: true });
    labs.add(this);
  }

  /** A switch: all interfaces that name it are on one link. What passes is captured, unless it is too much. */
  async bridge(
    name: string,
    { isCaptured }: { readonly isCaptured: boolean } = { isCaptured: true },
  ): Promise<void> {
    if (!this.hosts.has('switch')) await this.netnsOf('switch');
    await this.ipBatch('switch', [
      'link set lo up',
      `link add name ${name} type bridge`,
      `link set dev ${name} up`,
    ]);
    if (!isCaptured) return;
    const { octets, megabytesMax } = CAPTURE;
    const size = ['-s', `${octets}`, '-C', `${megabytesMax}`, '-W', '1'];
    const file = join(this.folder, `${name}.pcap`);
    this.start(
      'switch',
      'tcpdump',
      'tcpdump',
      '-n',
      '-U',
      '-Z',
      'root',
      ...size,
      '-i',
      name,
      '-w',
      file,
    );
  }

  /** A host with its interfaces, `eth0` and so on, and perhaps a default gateway. */
  async host(
    name: string,
    interfaces: Readonly<Record<string, Interface>>,
    gateway?: string,
  ): Promise<void> {
    const links = Object.entries(interfaces);
    await this.netnsOf(name);
    const atSwitch = links.flatMap(([link, { bridge }]) => {
      const port = this.port(name, link);
      return [
        `link add name ${port} type veth peer name ${link} netns ${this.netns(name)}`,
        `link set dev ${port} master ${bridge} up`,
      ];
    });
    const atHost = links.flatMap(([link, { address }]) => [
      `addr add ${address} dev ${link}`,
      `link set ${link} up`,
    ]);
    if (atSwitch.length > 0) await this.ipBatch('switch', atSwitch);
    const route = gateway === undefined ? [] : [`route add default via ${gateway}`];
    await this.ipBatch(name, ['link set lo up', ...atHost, ...route]);
  }

  /** Pulls or plugs a host's cable; its own end stays up when only the switch knows. */
  async plug(name: string, link: string, plugged: boolean): Promise<void> {
    await this.ip('switch', 'link', 'set', this.port(name, link), plugged ? 'up' : 'down');
  }

  /** Sets what the switch does at the port of a host: `isolated on` keeps it from others that are so (bridge(8)). */
  async switchPort(name: string, link: string, ...settings: readonly string[]): Promise<void> {
    const port = ['dev', this.port(name, link), 'type', 'bridge_slave'];
    await this.ip('switch', 'link', 'set', ...port, ...settings);
  }

  /** Another switch for a cable, or none (null): the carrier stays, and nothing passes. */
  async rewire(name: string, link: string, bridge: string | null): Promise<void> {
    const where = bridge === null ? ['nomaster'] : ['master', bridge];
    await this.ip('switch', 'link', 'set', this.port(name, link), ...where);
  }

  /** Loses or delays what is sent to a host; without an impairment all is well again. Needs netem. */
  async impair(name: string, link: string, impairment: Impairment | null): Promise<void> {
    const port = ['dev', this.port(name, link), 'root'];
    const { lossPercent = 0, delayMs = 0 } = impairment ?? {};
    const netem = ['netem', 'loss', `${lossPercent}%`, 'delay', `${delayMs}ms`];
    if (impairment === null) await this.run('switch', 'tc', 'qdisc', 'del', ...port);
    else
      await this.sh('ip', [...this.inside('switch'), 'tc', 'qdisc', 'replace', ...port, ...netem]);
  }

  /** `ip` in a host. */
  ip(host: string, ...args: readonly string[]): Promise<Result> {
    return this.sh('ip', ['-n', this.netns(host), ...args]);
  }

  /** Many commands of `ip` in a host, by one process. */
  private ipBatch(host: string, lines: readonly string[]): Promise<Result> {
    return this.sh('ip', ['-n', this.netns(host), '-batch', '-'], { input: lines.join('\n') });
  }

  /** Runs a program in a host to its end. */
  run(host: string, program: string, ...args: readonly string[]): Promise<Result> {
    return this.sh('ip', [...this.inside(host), program, ...args], { mayFail: true });
  }

  lvsctl(host: string, ...args: readonly string[]): Promise<Result> {
    return this.run(host, process.execPath, 'dist/bin/lvsctl.js', ...args);
  }

  /** Starts a program in a host; what it prints goes to a file named after it. */
  start(host: string, logName: string, ...command: readonly string[]): Running {
    // Written by the program itself: what it has printed is there when it has ended.
    const log = openSync(join(this.folder, `${logName}.log`), 'a');
    const child = spawn('ip', [...this.inside(host), ...command], {
      cwd: ROOT,
      detached: true,
      stdio: ['ignore', log, log],
    });
    closeSync(log);
    const pid = child.pid as number;
    const ended = new Promise<number>((resolve) => child.on('exit', (code) => resolve(code ?? -1)));
    const running: Running = {
      process: child,
      pid,
      ended,
      kill: (signal) => signalTo(signal === 'SIGKILL' ? -pid : pid, signal),
    };
    this.running.add(running);
    return running;
  }

  /** What a program has printed so far. */
  logOf(logName: string): string {
    return readFileSync(join(this.folder, `${logName}.log`), 'utf8');
  }

  /** A helper in a host that serves, fetches and asks by ARP without a process for each. */
  agent(host: string): Agent {
    const command = [...this.inside(host), process.execPath, 'dist/test/lab/agent.js'];
    const agent = new Agent(
      spawn('ip', command, { cwd: ROOT, stdio: ['pipe', 'pipe', 'inherit'] }),
    );
    this.agents.push(agent);
    return agent;
  }

  async close(): Promise<void> {
    this.closed = true;
    for (const agent of this.agents) agent.close();
    for (const host of this.hosts.keys()) await this.powerOff(host);
    await Promise.all([...this.running].map((running) => running.ended));
    const lines = [...this.hosts.keys()].map((host) => `netns del ${this.netns(host)}`);
    if (lines.length > 0) await this.sh('ip', ['-batch', '-'], { input: lines.join('\n') });
  }

  /** Every program in a host is gone at once. */
  async powerOff(host: string): Promise<void> {
    const victims = (): readonly number[] =>
      this.closed ? processesIn(this.networkOf(host)) : this.processesOf(host);
    // Again until none is left: one may have started another meanwhile.
    for (let pids = victims(); pids.length > 0; pids = victims()) {
      // Stopped first: none sees another die.
      for (const signal of ['SIGSTOP', 'SIGKILL'] as const) {
        for (const pid of pids) signalTo(pid, signal);
      }
      await pause(DYING_MS);
    }
  }

  /** Every program in a host. */
  processesOf(host: string): readonly number[] {
    return processesIn(this.networkOf(host)).filter((pid) => pid !== this.hosts.get(host));
  }

  private networkOf(host: string): string {
    return `net:[${statSync(`/run/netns/${this.netns(host)}`).ino}]`;
  }

  /** A file under /proc/net as this host sees it. */
  readNet(host: string, name: string): string {
    return readFileSync(`${this.netOf(host)}/${name}`, 'utf8');
  }

  /** The folder of what the kernel tells of a host's network. */
  netOf(host: string): string {
    return `/proc/${this.hosts.get(host)}/net`;
  }

  private async netnsOf(host: string): Promise<void> {
    await this.sh('ip', ['netns', 'add', this.netns(host)]);
    this.hosts.set(host, this.start(host, 'keeper', 'sleep', 'infinity').pid);
  }

  /** What `ip` is told so that a program runs in a host. */
  private inside(host: string): readonly string[] {
    return ['netns', 'exec', this.netns(host)];
  }

  /** The name of a host's network namespace. */
  netns(host: string): string {
    return `${this.prefix}-${host}`;
  }

  /** The switch's end of a host's cable. */
  port(host: string, link: string): string {
    return `${host}-${link}`.slice(-15);
  }

  private sh(
    program: string,
    args: readonly string[],
    { mayFail = false, input }: { mayFail?: boolean; input?: string } = {},
  ): Promise<Result> {
    return new Promise((resolve, reject) => {
      const child = execFile(
        program,
        args,
        { cwd: ROOT, maxBuffer: OUTPUT_OCTETS_MAX },
        (error, stdout, stderr) => {
          const code = error === null ? 0 : typeof error.code === 'number' ? error.code : 1;
          if (code === 0 || mayFail) resolve({ code, stdout, stderr });
          else reject(new Error(`${program} ${args.join(' ')}: ${stderr || error?.message}`));
        },
      );
      // What ends before it has read all of it tells why by its exit code.
      child.stdin?.on('error', () => {});
      if (input !== undefined) child.stdin?.end(input);
    });
  }
}

/** Who has a network, named as in /proc/PID/ns/net. No process has to be started for the question. */
function processesIn(network: string): readonly number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        return readlinkSync(`/proc/${pid}/ns/net`) === network;
      } catch {
        // It is gone already.
        return false;
      }
    });
}

function signalTo(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It is gone already.
  }
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Asks until it is so; gives how long that took. */
export async function eventually(
  what: string,
  isSo: () => boolean | Promise<boolean>,
  withinMs = 20_000,
): Promise<number> {
  const startedAt = performance.now();
  for (;;) {
    const askedAt = performance.now();
    if (await isSo()) return performance.now() - startedAt;
    const now = performance.now();
    if (now - startedAt > withinMs) throw new Error(`not within ${withinMs / 1000} s: ${what}`);
    // Whoever asks all the time keeps from its work what is asked for.
    await pause(Math.max(ASK_EVERY_MS, now - askedAt));
  }
}
