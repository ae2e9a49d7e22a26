// needs: ipvs, ipv4-only; takes 10 s
/** A kernel without IPv6: what needs it is refused with the reason, and all the rest is served. */
import { existsSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openControl } from '../../src/api/client.ts';
import { eventually, Lab } from './lab.ts';

const RUN_DIR = '/run/ipv4-only';
const FILE = '/run/ipv4-only.conf';
const REASON = 'IPv6 is off';

const CONFIGURATION = `virtual_server 10.0.0.1 80 {
    lvs_sched wrr
    lvs_method TUN
    protocol TCP
    real_server 10.1.0.3 80 { }
    real_server fd00:1::3 80 { }
}
virtual_server fd00::1 80 {
    lvs_sched rr
    lvs_method DR
    protocol TCP
    real_server fd00:1::3 80 { }
}
virtual_server_group marks {
    fwmark 7
    fwmark 8 inet6
}
virtual_server group marks {
    lvs_sched sh
    lvs_method TUN
    real_server 10.1.0.4 { }
}
virtual_server 10.0.0.2 53 {
    lvs_sched rr
    lvs_method NAT
    protocol UDP
    real_server 10.1.0.5 53 { }
}
`;

const SERVED = [
  '-A -t 10.0.0.1:80 -s wrr',
  '-a -t 10.0.0.1:80 -r 10.1.0.3:80 -i -w 1 --tun-type ipip',
  '-A -f 7 -s sh',
  '-a -f 7 -r 10.1.0.4:0 -i -w 1 --tun-type ipip',
  '-A -u 10.0.0.2:53 -s rr',
  '-a -u 10.0.0.2:53 -r 10.1.0.5:53 -m -w 1',
];

let lab: Lab;

beforeAll(async () => {
  lab = new Lab('ipv4-only');
  await lab.host('director', {});
  writeFileSync(FILE, CONFIGURATION);
  const command = ['dist/bin/lvsd.js', '-n', '-C', '-f', FILE, '--run-dir', RUN_DIR];
  lab.start('director', 'lvsd', process.execPath, ...command);
  const ready = (): Promise<boolean> =>
    openControl(RUN_DIR)
      .snapshot()
      .then(
        ({ ipvs }) => ipvs !== null,
        () => false,
      );
  await eventually('lvsd answers', ready, 60_000);
});

afterAll(() => lab.close());

async function saved(): Promise<readonly string[]> {
  const { stdout } = await lab.run('director', 'ipvsadm', '-S', '-n');
  return stdout.split('\n').slice(0, -1).toSorted();
}

test('this kernel has no IPv6', () => expect(existsSync('/proc/sys/net/ipv6')).toBe(false));

test('what needs IPv6 is refused with the reason, and the rest is served', async () => {
  expect(await saved()).toEqual(SERVED.toSorted());
  const { refused, count } = await openControl(RUN_DIR).verify();
  expect(count).toBe(0);
  expect(refused.map(({ reason }) => reason).toSorted()).toEqual(
    [
      'the kernel refused to add real server [fd00:1::3]:80 of 10.0.0.1:80 tcp: EAFNOSUPPORT',
      'the kernel refused to add virtual server [fd00::1]:80 tcp: EAFNOSUPPORT',
      'the kernel refused to add virtual server fwmark 8 ipv6: EAFNOSUPPORT',
    ].toSorted(),
  );
  for (const { hint } of refused) expect(hint).toContain(REASON);
  const { stdout } = await lab.lvsctl('director', '--run-dir', RUN_DIR, 'show');
  expect(stdout).toContain('EAFNOSUPPORT');
  expect(await saved()).toEqual(SERVED.toSorted());
});
