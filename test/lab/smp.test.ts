// needs: ipvs, smp; takes 45 s
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

/** What another program does again and again: with a service of its own, and with ours. */
const ITS_OWN = ['-A -f 9', '-a -f 9 -r 10.2.0.1', '-D -f 9'];
const WITH_OURS = [
  '-D -t 10.0.0.1:1',
  '-d -t 10.0.0.1:2 -r 10.1.0.1:80',
  '-e -t 10.0.0.1:3 -r 10.1.0.2:80 -g -w 99',
  '-E -t 10.0.0.1:4 -s rr',
  '-a -t 10.0.0.1:5 -r 10.2.0.1:80 -g',
  '-A -t 10.0.0.1:1 -s lc',
];

/** Until it is told to end; gives how to tell it. */
function startOtherWriter(deeds: readonly string[]): () => Promise<void> {
  const script = `trap 'ipvsadm -D -f 9 2>/dev/null; exit 0' TERM
    while :; do ${deeds.map((deed) => `ipvsadm ${deed};`).join(' ')} done`;
  const child = spawn('sh', ['-c', script], { stdio: 'ignore' });
  const ended = new Promise<void>((resolve) => child.on('exit', () => resolve()));
  return () => {
    child.kill('SIGTERM');
    return ended;
  };
}

test('what we write is there, whole, though another program writes at the same time', async () => {
  expect(Number(execFileSync('nproc'))).toBeGreaterThan(1);
  const endOther = startOtherWriter(ITS_OWN);
  const reconciler = new IpvsReconciler({ ipvs, owned: [] });
  for (let weight = 1; weight <= ROUNDS; weight += 1) {
    const { refused } = await reconciler.reconcile(tableOf(weight));
    expect(refused).toEqual([]);
    await reconciler.verify();
  }
  await endOther();
  expectWhole();
});

test('who changes ours at the same time is no fault, and when he ends it is as we want it', async () => {
  const endOther = startOtherWriter(WITH_OURS);
  const reconciler = new IpvsReconciler({ ipvs, owned: [] });
  let repaired = 0;
  for (let weight = 1; weight <= ROUNDS; weight += 1) {
    // Entries that come and go while we write are no refusals: EEXIST, ENOENT, ESRCH are read again.
    expect((await reconciler.reconcile(tableOf(weight))).refused).toEqual([]);
    const verified = await reconciler.verify();
    expect(verified.refused).toEqual([]);
    repaired += verified.drift.length;
  }
  await endOther();
  expect(repaired).toBeGreaterThan(0);
  expect(await reconciler.verify()).toMatchObject({ refused: [], converged: true });
  expectWhole();
});

function expectWhole(): void {
  const lines = execFileSync('ipvsadm', ['-S', '-n']).toString().trim().split('\n');
  const servers = lines.filter((line) => line.startsWith('-a'));
  expect(lines.length - servers.length).toBe(SERVICES);
  expect(servers).toHaveLength(SERVICES * SERVERS);
  expect(servers.every((line) => line.endsWith(`-w ${ROUNDS}`))).toBe(true);
  expect(
    lines.filter((line) => line.startsWith('-A')).every((line) => line.endsWith('-s wrr')),
  ).toBe(true);
}
