/**
 * Two directors, a witness and a client on one link. What the three say to each other can be cut one way or both at
 * the switch; the client reaches each of them all the time, and asks each whether it holds the address (holders.ts).
 */
import { chmodSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { openControl } from '../../src/api/client.ts';
import { FrameCapture } from './capture.ts';
import { type Report, reportOf } from './holders.ts';
import { eventually, Lab, pause } from './lab.ts';
import { QUESTIONS, spokenIn } from './questions.ts';

export const DIRECTORS = ['director1', 'director2'] as const;
export type Director = (typeof DIRECTORS)[number];
export type TrioHost = Director | 'witness';

/** What one host sends to the other is dropped. */
export interface Cut {
  readonly from: TrioHost;
  readonly to: TrioHost;
}

/** Of a director: one process, or all that run there. */
export type Victim = 'vrrp' | 'supervisor' | 'all';

/** keepalived runs without a witness. */
export type Program = 'lvsd' | 'keepalived';

export interface TrioOptions {
  readonly policy: 'lease' | 'availability';
  readonly intervalMs: number;
  readonly program?: Program;
  /** More words of the instance. */
  readonly more?: string;
}

const VIP = '192.0.2.10';
const ADDRESS: Readonly<Record<TrioHost | 'client', string>> = {
  director1: '192.0.2.2',
  director2: '192.0.2.3',
  witness: '192.0.2.4',
  client: '192.0.2.100',
};
const PRIORITY: Readonly<Record<Director, number>> = { director1: 150, director2: 100 };
const KEY = '0123456789abcdef0123456789abcdef';
const PROGRAM_OF: Readonly<Record<Exclude<Victim, 'all'>, string>> = {
  vrrp: 'vrrp-process',
  supervisor: 'lvsd.js',
};
/** How long a director's stop may take; then it is killed. */
const STOP_MS_MAX = 5_000;
const LOOK_EVERY_MS = 20;
const ANSWERED_MS = 50;

export interface Watch {
  /** Somebody has answered a moment ago. */
  isAnswered(): boolean;
  end(): Promise<Report>;
}

export class Trio {
  readonly lab: Lab;
  private readonly name: string;
  private readonly options: TrioOptions;
  private macs: Readonly<Record<Director, string>> = { director1: '', director2: '' };
  private cuts: readonly Cut[] = [];

  private constructor(lab: Lab, name: string, options: TrioOptions) {
    this.lab = lab;
    this.name = name;
    this.options = options;
  }

  static async layOut(name: string, options: TrioOptions): Promise<Trio> {
    const lab = new Lab(name);
    const trio = new Trio(lab, name, options);
    await lab.bridge('link', { isCaptured: false });
    for (const [host, address] of Object.entries(ADDRESS)) {
      await lab.host(host, { eth0: { bridge: 'link', address: `${address}/24` } });
    }
    const client = await readMac(lab, 'client');
    for (const host of DIRECTORS) {
      writeFileSync(trio.file(host), configuration(host, options));
      await lab.run(host, 'sysctl', '-qw', 'net.ipv4.ip_forward=0');
      // Answers need not wait until the client is found.
      await lab.ip(host, 'neigh', 'replace', ADDRESS.client, 'lladdr', client, 'dev', 'eth0');
    }
    trio.macs = {
      director1: await readMac(lab, 'director1'),
      director2: await readMac(lab, 'director2'),
    };
    writeFileSync(trio.keyFile, `${KEY}\n`);
    chmodSync(trio.keyFile, 0o600);
    const prober = ['dist/test/lab/holder-prober.js', VIP, ADDRESS.client];
    lab.start('client', 'prober', process.execPath, ...prober, ...Object.values(trio.macs));
    return trio;
  }

  /** All that the policy needs; resolves when a director holds the address. */
  async startAll(): Promise<void> {
    if (this.options.policy === 'lease') this.start('witness');
    for (const host of DIRECTORS) this.start(host);
    await eventually('a director holds the address', () => this.holders().length === 1, 30_000);
  }

  /** Unless it runs. */
  start(host: TrioHost): void {
    if (this.runs(host)) return;
    const { lab } = this;
    if (host === 'witness') {
      const listen = ['--listen', `${ADDRESS.witness}:4470`, '--key-file', this.keyFile];
      const args = ['dist/bin/lvsctl.js', 'witness', ...listen, '--time-max', '1', '--json'];
      lab.start(host, host, process.execPath, ...args);
      return;
    }
    if (this.options.program === 'keepalived') {
      for (const file of this.pidFiles(host)) rmSync(file, { force: true });
      const [pid = '', vrrpPid = ''] = this.pidFiles(host);
      const args = ['-n', '-l', '-P', '-f', this.file(host), '-p', pid, '-r', vrrpPid];
      lab.start(host, host, 'keepalived', ...args);
      return;
    }
    const args = ['dist/bin/lvsd.js', '-n', '-f', this.file(host), '--run-dir', this.runDir(host)];
    lab.start(host, host, process.execPath, ...args);
  }

  runs(host: TrioHost): boolean {
    return this.lab.processesOf(host).length > 0;
  }

  signal(host: TrioHost, victim: Victim, signal: NodeJS.Signals): void {
    for (const pid of this.pidsOf(host, victim)) {
      try {
        process.kill(pid, signal);
      } catch {
        // It is gone already.
      }
    }
  }

  /** All of a host's processes at once. */
  powerOff(host: TrioHost): Promise<void> {
    return this.lab.powerOff(host);
  }

  /** In good order, or by force if that takes too long. */
  async stop(host: Director): Promise<void> {
    this.signal(host, 'supervisor', 'SIGTERM');
    const until = performance.now() + STOP_MS_MAX;
    while (this.runs(host) && performance.now() < until) await pause(LOOK_EVERY_MS);
    if (this.runs(host)) await this.powerOff(host);
  }

  /** What does not work now is refused, which is as good. */
  async failOver(host: Director, back: boolean): Promise<void> {
    const control = openControl(this.runDir(host));
    await control.failOver({ names: [], back, force: false }).catch(() => null);
  }

  /** From now on these, and no others. */
  async cut(cuts: readonly Cut[]): Promise<void> {
    if (cuts.length === 0 && this.cuts.length === 0) return;
    this.cuts = cuts;
    const port = (host: TrioHost): string => this.lab.port(host, 'eth0');
    const rules = cuts.map(({ from, to }) => `iifname ${port(from)} oifname ${port(to)} drop`);
    const table = [
      'add table bridge cut',
      'delete table bridge cut',
      'add table bridge cut',
      'add chain bridge cut forward { type filter hook forward priority 0; }',
      ...rules.map((rule) => `add rule bridge cut forward ${rule}`),
    ];
    const { code, stderr } = await this.lab.run('switch', 'nft', table.join('; '));
    if (code !== 0) throw new Error(`nft: ${stderr}`);
  }

  /** The cable between a director and the switch, the client's way to it included. */
  plug(host: Director, plugged: boolean): Promise<void> {
    return this.lab.plug(host, 'eth0', plugged);
  }

  /** Who has the address, whether or not the gate lets it answer. */
  holders(): readonly Director[] {
    const isLocal = new RegExp(`-- ${VIP.replaceAll('.', '\\.')}\\n.*host LOCAL`);
    return DIRECTORS.filter((host) => isLocal.test(this.lab.readNet(host, 'fib_trie')));
  }

  /** Starts to look who answers. */
  async watch(): Promise<Watch> {
    const options = { filter: QUESTIONS, direction: 'inout' } as const;
    const capture = await FrameCapture.of(this.lab, 'client', options);
    return {
      isAnswered: () => {
        const since = Date.now() - ANSWERED_MS;
        const last = capture.soFar().findLast((frame) => spokenIn(frame, VIP)?.isAnswer);
        return last !== undefined && last.atMs > since;
      },
      end: async () => {
        const spoken = (await capture.end()).flatMap((frame) => spokenIn(frame, VIP) ?? []);
        return reportOf(spoken, Object.values(this.macs).map(bare));
      },
    };
  }

  /** As a report has it. */
  macOf(host: Director): string {
    return bare(this.macs[host]);
  }

  nameOf(mac: string): string {
    return DIRECTORS.find((host) => bare(this.macs[host]) === mac) ?? mac;
  }

  close(): Promise<void> {
    return this.lab.close();
  }

  private pidsOf(host: TrioHost, victim: Victim): readonly number[] {
    if (this.options.program === 'keepalived' && victim !== 'all' && host !== 'witness') {
      const [pid = '', vrrpPid = ''] = this.pidFiles(host);
      return [Number(readFileSync(victim === 'vrrp' ? vrrpPid : pid, 'utf8'))];
    }
    const pids = this.lab.processesOf(host);
    if (victim === 'all' || host === 'witness') return pids;
    return pids.filter((pid) => commandOf(pid).includes(PROGRAM_OF[victim]));
  }

  private pidFiles(host: Director): readonly string[] {
    return [`${this.runDir(host)}-k.pid`, `${this.runDir(host)}-kv.pid`];
  }

  private file(host: Director): string {
    return `/run/${this.name}-${host}.conf`;
  }

  private get keyFile(): string {
    return `/run/${this.name}.key`;
  }

  private runDir(host: Director): string {
    return `/run/${this.name}-${host}`;
  }
}

async function readMac(lab: Lab, host: string): Promise<string> {
  const { stdout } = await lab.ip(host, '-br', 'link', 'show', 'dev', 'eth0');
  const mac = /(?:[0-9a-f]{2}:){5}[0-9a-f]{2}/.exec(stdout)?.[0];
  if (mac === undefined) throw new Error(`${host} has no MAC`);
  return mac;
}

function bare(mac: string): string {
  return mac.replaceAll(':', '');
}

/** Empty: it is gone. */
function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return '';
  }
}

function configuration(host: Director, { policy, intervalMs, program, more }: TrioOptions): string {
  const { director1, director2, witness } = ADDRESS;
  const acceptors = [director1, director2, witness].map((one) => `    acceptor ${one}\n`).join('');
  const lease = `lease {\n${acceptors}    key ${KEY}\n}\n`;
  const words =
    policy === 'lease' && program !== 'keepalived' ? '    split_brain_policy lease\n' : '';
  return `global_defs {
    router_id ${host}
    vrrp_rt_priority 50
${words}}
${words === '' ? '' : lease}vrrp_instance VI_1 {
    state BACKUP
    version 3
    interface eth0
    virtual_router_id 51
    priority ${PRIORITY[host]}
    advert_int ${intervalMs / 1000}
${more ?? ''}    virtual_ipaddress {
        ${VIP}/24
    }
}
`;
}
