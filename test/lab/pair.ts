/**
 * The product's pair, as conf/lvs-dr, conf/lvs-sync and conf/lvs-nat describe it; in NAT the router is not needed:
 *
 *      client .100 ──┬── clients 192.0.2.0/24 ──┬── router .254 ──┐
 *                director1 .2   director2 .3                       │
 *                    └── servers 198.51.100.0/24 ──┬── rs1 .21  rs2 .22  rs3 .23
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { openControl } from '../../src/api/client.ts';
import type { Snapshot } from '../../src/api/protocol.ts';
import type { Agent } from './agent-client.ts';
import { eventually, Lab, type Result, type Running } from './lab.ts';

export const VIP = '192.0.2.10';
export const SERVICE: string = `http://${VIP}/`;
export const CLIENT = '192.0.2.100';
const SPREAD_ATTEMPTS = 5;
export const REAL_SERVERS: readonly string[] = ['rs1', 'rs2', 'rs3'];
export type DirectorName = 'director1' | 'director2';

export class Pair {
  readonly lab: Lab;
  readonly client: Agent;
  readonly servers: readonly Agent[];
  private readonly daemons = new Map<DirectorName, Running>();
  private readonly conf: Readonly<Record<DirectorName, string>>;

  private constructor(
    lab: Lab,
    client: Agent,
    servers: readonly Agent[],
    conf: Readonly<Record<DirectorName, string>>,
  ) {
    this.lab = lab;
    this.client = client;
    this.servers = servers;
    this.conf = conf;
  }

  /** Hosts, links and real servers, ready for the example; no daemon yet. `edit`: what is to be other in its files. */
  static async layOut(
    name: string,
    folder: 'lvs-dr' | 'lvs-sync' | 'lvs-nat' = 'lvs-dr',
    edit: ((text: string) => string) | null = null,
  ): Promise<Pair> {
    const lab = new Lab(name);
    await lab.bridge('clients');
    await lab.bridge('servers');
    const on = (bridge: string, address: string) => ({ bridge, address: `${address}/24` });
    await lab.host('client', { eth0: on('clients', CLIENT) });
    await lab.host('router', {
      eth0: on('clients', '192.0.2.254'),
      eth1: on('servers', '198.51.100.254'),
    });
    await lab.run('router', 'sysctl', '-qw', 'net.ipv4.ip_forward=1');
    for (const [director, part] of [
      ['director1', 2],
      ['director2', 3],
    ] as const) {
      await lab.host(director, {
        eth0: on('clients', `192.0.2.${part}`),
        eth1: on('servers', `198.51.100.${part}`),
      });
      await lab.run(director, 'sysctl', '-qw', 'net.ipv4.ip_forward=1');
    }
    const servers: Agent[] = [];
    for (const [at, server] of REAL_SERVERS.entries()) {
      const isDr = folder !== 'lvs-nat';
      const gateway = isDr ? '198.51.100.254' : '198.51.100.10';
      await lab.host(server, { eth0: on('servers', `198.51.100.${21 + at}`) }, gateway);
      const state = ['--state-dir', `/run/${server}`];
      if (isDr) await lab.lvsctl(server, 'realserver', 'setup', '--vip', VIP, ...state);
      const agent = lab.agent(server);
      await agent.serve(isDr ? 80 : 8080, server);
      servers.push(agent);
    }
    const conf = (example: string): string => {
      const path = `conf/${folder}/${example}.conf`;
      if (edit === null) return path;
      const edited = `/run/${name}-${example}.conf`;
      writeFileSync(edited, edit(readFileSync(path, 'utf8')));
      return edited;
    };
    const files = { director1: conf('master'), director2: conf('backup') };
    return new Pair(lab, lab.agent('client'), servers, files);
  }

  start(director: DirectorName): void {
    const command = ['dist/bin/lvsd.js', '-n', '-f', this.conf[director], '--run-dir'];
    const runDir = this.runDir(director);
    const daemon = this.lab.start(director, director, process.execPath, ...command, runDir);
    this.daemons.set(director, daemon);
  }

  daemon(director: DirectorName): Running {
    const daemon = this.daemons.get(director);
    if (daemon === undefined) throw new Error(`${director} was not started`);
    return daemon;
  }

  /** The power fails: its processes are gone at once, its cables dead, its addresses forgotten. */
  async powerOff(director: DirectorName): Promise<void> {
    await this.lab.powerOff(director);
    await this.lab.plug(director, 'eth0', false);
    await this.lab.plug(director, 'eth1', false);
    await this.lab.run(director, 'ip', 'addr', 'del', `${VIP}/24`, 'dev', 'eth0');
    await this.lab.run(director, 'ip', 'addr', 'del', '198.51.100.10/24', 'dev', 'eth1');
    await this.lab.run(director, 'ipvsadm', '-C');
  }

  async powerOn(director: DirectorName): Promise<void> {
    await this.lab.plug(director, 'eth0', true);
    await this.lab.plug(director, 'eth1', true);
    this.start(director);
  }

  lvsctl(director: DirectorName, ...args: readonly string[]): Promise<Result> {
    return this.lab.lvsctl(director, '--run-dir', this.runDir(director), ...args);
  }

  async show(director: DirectorName): Promise<string> {
    const { stdout, stderr } = await this.lvsctl(director, 'show');
    return stdout || stderr;
  }

  /** Null while no daemon answers. Asked here: a process for each question would be slow. */
  snapshot(director: DirectorName): Promise<Snapshot | null> {
    return openControl(this.runDir(director))
      .snapshot()
      .catch(() => null);
  }

  /** Every instance and group of it, in one word each. */
  async states(director: DirectorName): Promise<readonly string[]> {
    const vrrp = (await this.snapshot(director))?.vrrp;
    return (vrrp?.instances ?? []).map(({ state }) => state);
  }

  /**
   * Waits until it is MASTER on both sides, and every real server is in its table: on a busy machine the first
   * checks may take too long.
   */
  async serves(director: DirectorName, withinMs = 40_000): Promise<void> {
    await eventually(
      `${director} is MASTER`,
      async () => (await this.states(director)).join() === 'master,master',
      withinMs,
    );
    await eventually(
      'every real server is in its table',
      () => this.inKernel(director).length === REAL_SERVERS.length,
    );
  }

  /**
   * How many of some connections each real server was given while the table stayed as it is: on a busy machine a
   * check may take too long at any time, and then they are counted again.
   */
  async spread(director: DirectorName, connections: number): Promise<Record<string, number>> {
    for (let attempt = 0; attempt < SPREAD_ATTEMPTS; attempt += 1) {
      await this.serves(director);
      const before = this.tableChanges(director);
      const counts = await this.client.fetch(SERVICE, connections);
      if (this.tableChanges(director) === before) return counts;
    }
    throw new Error(`the table of ${director} did not stay as it is`);
  }

  private tableChanges(director: DirectorName): number {
    return this.lab.logOf(director).split('IPVS table changed').length - 1;
  }

  async holds(director: DirectorName): Promise<boolean> {
    return (await this.lab.ip(director, 'addr', 'show', 'dev', 'eth0')).stdout.includes(`${VIP}/`);
  }

  /** The addresses of real servers in the director's kernel, as it is now. */
  inKernel(director: DirectorName): readonly string[] {
    const text = this.lab.readNet(director, 'ip_vs');
    return [...text.matchAll(/-> ([0-9A-F]{8}):/g)].map(([, hex = '']) =>
      (hex.match(/../g) ?? []).map((octet) => Number.parseInt(octet, 16)).join('.'),
    );
  }

  close(): Promise<void> {
    return this.lab.close();
  }

  private runDir(director: DirectorName): string {
    return `/run/${director}`;
  }
}
