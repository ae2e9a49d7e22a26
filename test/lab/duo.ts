/** Two directors and a client on one link, as the VRRP examples of conf/ describe it. */
import { rmSync, writeFileSync } from 'node:fs';
import { openControl } from '../../src/api/client.ts';
import type { Snapshot } from '../../src/api/protocol.ts';
import type { Agent } from './agent-client.ts';
import { eventually, Lab, type Result, type Running } from './lab.ts';
import { KEEPALIVED_OVERLAP_MS_MAX, OVERLAP_MS_MAX } from './probe.ts';

const VIP = '192.0.2.10';
const CLIENT = '192.0.2.100';

interface Links {
  readonly second?: boolean;
}

export type DuoHost = 'director1' | 'director2';

export class Duo {
  readonly lab: Lab;
  private readonly name: string;
  private readonly files: Readonly<Record<DuoHost, string>>;
  private readonly daemons = new Map<DuoHost, Running>();
  private readonly deaf = new Set<DuoHost>();
  private readonly prober: Agent;
  /** Set by a test in which two hold the address by design. */
  mayOverlap = false;
  private overlapMsMax = OVERLAP_MS_MAX;

  private constructor(lab: Lab, name: string, files: Readonly<Record<DuoHost, string>>) {
    this.lab = lab;
    this.name = name;
    this.files = files;
    this.prober = lab.agent('client');
  }

  /** A folder of conf/: director1 runs its master.conf, director2 its backup.conf. `second`: as below. */
  static ofExample(folder: string, { second = false }: Links = {}): Promise<Duo> {
    const files = {
      director1: `conf/${folder}/master.conf`,
      director2: `conf/${folder}/backup.conf`,
    };
    return Duo.layOut(folder, files, second);
  }

  /** Both with a configuration of the test's own. `second`: they have eth1 on a link of their own, 10.0.1.2 and .3. */
  static withText(
    name: string,
    text: Readonly<Record<DuoHost, string>>,
    { second = false }: Links = {},
  ): Promise<Duo> {
    const files = { director1: `/run/${name}-1.conf`, director2: `/run/${name}-2.conf` };
    writeFileSync(files.director1, text.director1);
    writeFileSync(files.director2, text.director2);
    return Duo.layOut(name, files, second);
  }

  private static async layOut(
    name: string,
    files: Readonly<Record<DuoHost, string>>,
    second: boolean,
  ): Promise<Duo> {
    const lab = new Lab(name);
    await lab.bridge('link');
    if (second) await lab.bridge('side');
    const on = (part: number) => ({ eth0: { bridge: 'link', address: `192.0.2.${part}/24` } });
    const side = (part: number) =>
      second ? { eth1: { bridge: 'side', address: `10.0.1.${part}/24` } } : {};
    await lab.host('director1', { ...on(2), ...side(2) });
    await lab.host('director2', { ...on(3), ...side(3) });
    await lab.host('client', on(100));
    const duo = new Duo(lab, name, files);
    await duo.prober.probe(VIP, CLIENT);
    return duo;
  }

  /** The configuration of a director. */
  file(host: DuoHost): string {
    return this.files[host];
  }

  start(host: DuoHost, options: readonly string[] = []): Running {
    const args = ['dist/bin/lvsd.js', '-n', '-f', this.files[host], '--run-dir', this.runDir(host)];
    const daemon = this.lab.start(host, host, process.execPath, ...args, ...options);
    this.daemons.set(host, daemon);
    return daemon;
  }

  /** keepalived of Debian on the same configuration. */
  startKeepalived(host: DuoHost): Running {
    const [pid, vrrpPid] = [`${this.runDir(host)}-k.pid`, `${this.runDir(host)}-kv.pid`];
    // Of one whose power failed; by them it would think that it still runs.
    for (const file of [pid, vrrpPid]) rmSync(file, { force: true });
    const pids = ['-p', pid, '-r', vrrpPid];
    const args = ['-n', '-l', '-P', '-f', this.files[host], ...pids];
    const daemon = this.lab.start(host, `keepalived-${host}`, 'keepalived', ...args);
    this.daemons.set(host, daemon);
    this.overlapMsMax = KEEPALIVED_OVERLAP_MS_MAX;
    return daemon;
  }

  async stop(host: DuoHost): Promise<void> {
    const daemon = this.daemons.get(host);
    daemon?.kill('SIGTERM');
    await daemon?.ended;
  }

  /** The power fails: processes gone, cable dead, addresses forgotten. */
  async powerOff(host: DuoHost): Promise<void> {
    await this.lab.powerOff(host);
    await this.lab.plug(host, 'eth0', false);
    await this.lab.run(host, 'ip', 'addr', 'del', '192.0.2.10/24', 'dev', 'eth0');
  }

  async powerOn(host: DuoHost): Promise<void> {
    await this.lab.plug(host, 'eth0', true);
    this.start(host);
  }

  async holds(host: DuoHost, address: string = VIP): Promise<boolean> {
    const { stdout } = await this.lab.ip(host, 'addr', 'show', 'dev', 'eth0');
    return stdout.includes(` ${address}/`);
  }

  /** Waits until a director holds an address and the other does not. */
  async movesTo(host: DuoHost, address: string = VIP, withinMs = 30_000): Promise<number> {
    const other = host === 'director1' ? 'director2' : 'director1';
    return eventually(
      `${host} alone holds ${address}`,
      async () => (await this.holds(host, address)) && !(await this.holds(other, address)),
      withinMs,
    );
  }

  /** Whether a director, and not the other, holds the address all the time. */
  async holdsAlone(host: DuoHost, forMs: number): Promise<boolean> {
    const other = host === 'director1' ? 'director2' : 'director1';
    const end = performance.now() + forMs;
    while (performance.now() < end) {
      if (!(await this.holds(host)) || (await this.holds(other))) return false;
    }
    return true;
  }

  /** From now on a director drops what comes in and is one of these, in the words of nft. */
  async deafen(host: DuoHost, ...what: readonly string[]): Promise<void> {
    const chain = 'add chain inet cut in { type filter hook input priority 0; }';
    const rules = what.map((match) => `add rule inet cut in ${match} drop`);
    for (const line of ['add table inet cut', chain, ...rules]) {
      await this.lab.run(host, 'nft', ...line.split(' '));
    }
    this.deaf.add(host);
  }

  /** Everybody hears everything again. */
  async heal(): Promise<void> {
    for (const host of this.deaf) await this.lab.run(host, 'nft', 'delete', 'table', 'inet', 'cut');
    this.deaf.clear();
  }

  /** Whether the host of the address answers the client: that nobody listens there is an answer, too. */
  async reaches(): Promise<boolean> {
    const { stderr } = await this.lab.run('client', 'bash', '-c', `</dev/tcp/${VIP}/9`);
    return stderr.includes('Connection refused');
  }

  /** Which MAC the client knows for the address. */
  async macAtClient(): Promise<string | undefined> {
    const { stdout } = await this.lab.run('client', 'ip', 'neigh', 'show', VIP);
    return /lladdr (\S+)/.exec(stdout)?.[1];
  }

  lvsctl(host: DuoHost, ...args: readonly string[]): Promise<Result> {
    return this.lab.lvsctl(host, '--run-dir', this.runDir(host), ...args);
  }

  async show(host: DuoHost): Promise<string> {
    return (await this.lvsctl(host, 'show')).stdout;
  }

  /** Null while no daemon answers. Asked here: a process for each question would be slow. */
  snapshot(host: DuoHost): Promise<Snapshot | null> {
    return openControl(this.runDir(host))
      .snapshot()
      .catch(() => null);
  }

  /** Process id of one of a director's processes. */
  async pidOf(
    host: DuoHost,
    name: 'supervisor' | 'vrrp' | 'bfd' | 'health' | 'notify',
  ): Promise<number> {
    const found = (await this.snapshot(host))?.processes.find((one) => one.name === name)?.pid;
    if (found === null || found === undefined) throw new Error(`${name} is not running`);
    return found;
  }

  /** Throws if, at any moment, two hosts answered ARP for the address. */
  async close(): Promise<void> {
    const { overlapMs } = await this.prober.endProbe();
    await this.lab.close();
    if (overlapMs > this.overlapMsMax && !this.mayOverlap) {
      throw new Error(`two hosts answered for ${VIP} at once, for ${overlapMs} ms`);
    }
  }

  runDir(host: DuoHost): string {
    return `/run/${this.name}-${host}`;
  }
}
