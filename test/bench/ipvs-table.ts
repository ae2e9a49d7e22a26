/** The tables of the IPVS benchmarks: for our reconciler, for keepalived, for ipvsadm. */
import type { IpvsTable, Service } from '../../src/model/ipvs-table.ts';

export interface Shape {
  readonly virtual: number;
  readonly real: number;
  readonly scheduler: string;
}

export function shapeName({ virtual, real, scheduler }: Shape): string {
  return `${virtual}×${real} ${scheduler}`;
}

export function parseShape(words: readonly string[]): Shape {
  const [virtual, real, scheduler = 'wrr'] = words;
  return { virtual: Number(virtual), real: Number(real), scheduler };
}

export function virtualAddress(at: number): string {
  return `10.1.${at >> 8}.${at & 0xff}`;
}

/** The first and the last of a network are addresses like others here. */
function realAddress(at: number): string {
  return `10.2.${at >> 8}.${at & 0xff}`;
}

export function serviceOf({ scheduler }: Shape, at: number): Service {
  return {
    key: {
      kind: 'address',
      family: 'ipv4',
      protocol: 'tcp',
      address: virtualAddress(at),
      port: 80,
    },
    scheduler,
    persistent: false,
    onePacket: false,
    schedulerFlags: { fallback: false, port: false, third: false },
    timeoutSeconds: 0,
    granularityBits: 32,
    engine: null,
  };
}

export function tableOf(shape: Shape): IpvsTable {
  return {
    services: times(shape.virtual, (at) => ({
      service: serviceOf(shape, at),
      destinations: times(shape.real, (server) => ({
        address: realAddress(server),
        port: 80,
        forwarding: 'dr' as const,
        tunnel: null,
        weight: 1,
        upperThreshold: 0,
        lowerThreshold: 0,
      })),
    })),
  };
}

/** Without checkers: what is measured is the programming. */
export function keepalivedConf(shape: Shape): string {
  const servers = times(
    shape.real,
    (server) => `    real_server ${realAddress(server)} 80 {\n        weight 1\n    }\n`,
  ).join('');
  return times(
    shape.virtual,
    (at) => `virtual_server ${virtualAddress(at)} 80 {
    lvs_sched ${shape.scheduler}
    lvs_method DR
    protocol TCP
${servers}}
`,
  ).join('');
}

export function ipvsadmRules(shape: Shape): string {
  return times(shape.virtual, (at) => {
    const service = `-t ${virtualAddress(at)}:80`;
    const servers = times(
      shape.real,
      (server) => `-a ${service} -r ${realAddress(server)}:80 -g -w 1\n`,
    );
    return `-A ${service} -s ${shape.scheduler}\n${servers.join('')}`;
  }).join('');
}

function times<T>(count: number, make: (at: number) => T): readonly T[] {
  return Array.from({ length: count }, (_, at) => make(at));
}
