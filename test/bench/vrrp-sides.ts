/** Two directors of ours and two of keepalived, each pair on a link of its own with a client, in the same run. */
import { readFileSync } from 'node:fs';
import { Duo, type DuoHost } from '../lab/duo.ts';
import { eventually, pause } from '../lab/lab.ts';
import { type Side, tellBoth } from './figures.ts';

export const VIP = '192.0.2.10';
export const ADDRESS: Readonly<Record<DuoHost, string>> = {
  director1: '192.0.2.2',
  director2: '192.0.2.3',
};
export const RUNS: number = Number(process.env.BENCH_RUNS || 5);
/** Both programs have it, unless `BENCH_REALTIME=0`. */
const REALTIME = process.env.BENCH_REALTIME !== '0';

const KEEPALIVED_BEGINS_MS = 2_000;
const PAIRED_MS_MAX = 30_000;

export interface InstanceOptions {
  readonly priority: number;
  readonly intervalMs: number;
  readonly preempt?: boolean;
  /** How many, each with how many addresses of 10.0.0.0/8; absent: one, with the VIP. */
  readonly many?: { readonly instances: number; readonly addresses: number };
}

export function configuration(options: InstanceOptions): string {
  const { many } = options;
  // keepalived is killed for the time that it takes to begin with so many (its rlimit_rttime).
  const realtime = REALTIME && many === undefined ? '    vrrp_rt_priority 50\n' : '';
  const global = `global_defs {\n    router_id p${options.priority}\n${realtime}}\n`;
  const blocks =
    many === undefined
      ? [instance(options, 51, [`${VIP}/24`])]
      : Array.from({ length: many.instances }, (_, at) =>
          instance(options, at + 1, addressesOf(at + 1, many.addresses)),
        );
  return global + blocks.join('');
}

function addressesOf(vrid: number, count: number): readonly string[] {
  return Array.from({ length: count }, (_, at) => `10.1.${vrid}.${at + 1}/32`);
}

function instance(
  { priority, intervalMs, preempt = true }: InstanceOptions,
  vrid: number,
  addresses: readonly string[],
): string {
  return `vrrp_instance VI_${vrid} {
    state BACKUP
    version 3
    interface eth0
    virtual_router_id ${vrid}
    priority ${priority}
    advert_int ${intervalMs / 1000}
${preempt ? '' : '    nopreempt\n'}    virtual_ipaddress {
${addresses.map((address) => `        ${address}`).join('\n')}
    }
}
`;
}

export class Contender {
  readonly name: 'lvsd' | 'keepalived';
  readonly pair: Duo;

  private constructor(name: 'lvsd' | 'keepalived', pair: Duo) {
    this.name = name;
    this.pair = pair;
  }

  static async layOut(
    name: 'lvsd' | 'keepalived',
    part: string,
    text: Readonly<Record<DuoHost, string>>,
  ): Promise<Contender> {
    const pair = await Duo.withText(`bench-${part}-${name}`, text);
    // What is measured here is told, and not refused.
    pair.mayOverlap = true;
    const prober = ['dist/test/bench/vrrp-prober.js', VIP];
    pair.lab.start('client', 'prober', process.execPath, ...prober);
    return new Contender(name, pair);
  }

  start(host: DuoHost, options: readonly string[] = []): void {
    if (this.name === 'lvsd') this.pair.start(host, options);
    else this.pair.startKeepalived(host);
  }

  async reload(host: DuoHost): Promise<void> {
    if (this.name === 'keepalived') {
      process.kill(Number(readFileSync(`${this.pair.runDir(host)}-k.pid`, 'utf8')), 'SIGHUP');
    } else if ((await this.pair.lvsctl(host, 'reload')).code !== 0) {
      throw new Error('the reload was refused');
    }
  }

  /** What is stopped, or comes back, has a peer that has begun; a director of ours knows the other, too. */
  async isPaired(host: DuoHost): Promise<void> {
    if (this.name === 'keepalived') {
      await pause(KEEPALIVED_BEGINS_MS);
      return;
    }
    await eventually(
      `${host} knows a successor`,
      async () => {
        const peers = (await this.pair.snapshot(host))?.vrrp?.peers ?? [];
        return peers.some(({ instances }) => instances.every(({ canTake }) => canTake));
      },
      PAIRED_MS_MAX,
    );
  }

  /** The process that speaks VRRP. */
  async vrrpPid(host: DuoHost): Promise<number> {
    if (this.name === 'lvsd') return this.pair.pidOf(host, 'vrrp');
    return Number(readFileSync(`${this.pair.runDir(host)}-kv.pid`, 'utf8'));
  }

  close(): Promise<void> {
    return this.pair.close();
  }
}

/** What a process has resident, shared pages by their share. */
export function megabytesOf(pid: number): number {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
  return Number(/^Pss:\s+(\d+)/m.exec(text)?.[1]) / 1024;
}

/** Both do the same, at once unless they would disturb each other. */
export async function compete<Figures>(
  part: string,
  text: Readonly<Record<DuoHost, string>>,
  measure: (side: Contender) => Promise<Figures>,
  { inTurn = false }: { readonly inTurn?: boolean } = {},
): Promise<Readonly<Record<'lvsd' | 'keepalived', Figures>>> {
  const one = async (name: 'lvsd' | 'keepalived'): Promise<Figures> => {
    const side = await Contender.layOut(name, part, text);
    try {
      return await measure(side);
    } finally {
      await side.close();
    }
  };
  if (inTurn) return { lvsd: await one('lvsd'), keepalived: await one('keepalived') };
  // Both are to be closed, whichever fails.
  const [lvsd, keepalived] = await Promise.allSettled([one('lvsd'), one('keepalived')]);
  if (lvsd.status === 'rejected') throw lvsd.reason;
  if (keepalived.status === 'rejected') throw keepalived.reason;
  return { lvsd: lvsd.value, keepalived: keepalived.value };
}

export const both = (
  values: Readonly<Record<'lvsd' | 'keepalived', readonly number[]>>,
): readonly [Side, Side] => [
  { name: 'lvsd', values: values.lvsd },
  { name: 'keepalived', values: values.keepalived },
];

/** Of the samples of both sides, one of their figures. */
export function tellSamples<Sample>(
  what: string,
  unit: string,
  samples: Readonly<Record<'lvsd' | 'keepalived', readonly Sample[]>>,
  figure: (sample: Sample) => number,
): void {
  const values = { lvsd: samples.lvsd.map(figure), keepalived: samples.keepalived.map(figure) };
  tellBoth(what, unit, ...both(values));
}
