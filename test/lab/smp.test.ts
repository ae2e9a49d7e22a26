// needs: ipvs, smp; takes 40 s
/** IPVS on two CPUs: another program changes the table at the very moment in which we do. */
import { execFileSync, spawn } from 'node:child_process';
import { afterAll, expect, test } from 'vitest';
import { openIpvs } from '../../src/kernel/ipvs.ts';
import type { IpvsTable } from '../../src/model/ipvs-table.ts';
import { IpvsReconciler } from '../../src/reconcile/apply.ts';

const SERVICES = 40;
const SERVERS = 10;
const ROUNDS = 5;

const ipvs = await openIpvs();

afterAll(async () => {
  await ipvs.flush();
  ipvs.close();
});

function tableOf(weight: number): IpvsTable {
  return {
    services: Array.from({ length: SERVICES }, (_, at) => ({
      service: {
        key: {
          kind: 'address',
          family: 'ipv4',
          protocol: 'tcp',
          address: '10.0.0.1',
          port: 1 + at,
        },
        scheduler: 'wrr',
        persistent: false,
        onePacket: false,
        schedulerFlags: { fallback: false, port: false, third: false },
        timeoutSeconds: 0,
        granularityBits: 32,
        engine: null,
      },
      destinations: Array.from({ length: SERVERS }, (__, server) => ({
        address: `10.1.0.${server + 1}`,
        port: 80,
        forwarding: 'dr',
        tunnel: null,
        weight,
        upperThreshold: 0,
        lowerThreshold: 0,
      })),
    })),
  };
}

/** Adds and removes services of its own until it is told to end; gives how to tell it. */
function startOtherWriter(): () => Promise<void> {
  const script = `trap 'ipvsadm -D -f 9 2>/dev/null; exit 0' TERM
    while :; do ipvsadm -A -f 9; ipvsadm -a -f 9 -r 10.2.0.1; ipvsadm -D -f 9; done`;
  const child = spawn('sh', ['-c', script], { stdio: 'ignore' });
  const ended = new Promise<void>((resolve) => child.on('exit', () => resolve()));
  return () => {
    child.kill('SIGTERM');
    return ended;
  };
}

test('what we write is there, whole, though another program writes at the same time', async () => {
  expect(Number(execFileSync('nproc'))).toBeGreaterThan(1);
  const endOther = startOtherWriter();
  const reconciler = new IpvsReconciler({ ipvs, owned: [] });
  for (let weight = 1; weight <= ROUNDS; weight += 1) {
    const { refused } = await reconciler.reconcile(tableOf(weight));
    expect(refused).toEqual([]);
    await reconciler.verify();
  }
  await endOther();
  const lines = execFileSync('ipvsadm', ['-S', '-n']).toString().trim().split('\n');
  const servers = lines.filter((line) => line.startsWith('-a'));
  expect(lines.length - servers.length).toBe(SERVICES);
  expect(servers).toHaveLength(SERVICES * SERVERS);
  expect(servers.every((line) => line.endsWith(`-w ${ROUNDS}`))).toBe(true);
});
