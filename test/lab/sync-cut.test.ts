// needs: root; takes 60 s
/** A sync group on two links, of which one is cut between the directors: who is MASTER stays it, on both. */
import { afterEach, expect, test } from 'vitest';
import { Duo, type DuoHost } from './duo.ts';
import { eventually, pause } from './lab.ts';

const HOSTS = ['director1', 'director2'] as const;
const INNER = '10.0.1.10';
/** Longer than a backup waits, twice. */
const CUT_MS = 8_000;

let duo: Duo | null = null;

afterEach(async () => {
  await duo?.close();
  duo = null;
});

function configuration(priority: number): string {
  const member = (name: string, link: string, vrid: number, vip: string): string => `
vrrp_instance ${name} {
    state BACKUP
    interface ${link}
    virtual_router_id ${vrid}
    priority ${priority}
    advert_int 1
    virtual_ipaddress {
        ${vip}/24
    }
}`;
  return `${member('OUTER', 'eth0', 51, '192.0.2.10')}
${member('INNER', 'eth1', 52, INNER)}
vrrp_sync_group BOTH {
    group {
        OUTER
        INNER
    }
}
`;
}

async function holdsInner(pair: Duo, host: DuoHost): Promise<boolean> {
  return (await pair.lab.ip(host, 'addr', 'show', 'dev', 'eth1')).stdout.includes(` ${INNER}/`);
}

type Start = (pair: Duo, host: DuoHost) => void;
const ours: Start = (pair, host) => void pair.start(host);
const keepalived: Start = (pair, host) => void pair.startKeepalived(host);

test.each<readonly [string, Start, Start]>([
  ['both are ours', ours, ours],
  ['keepalived is MASTER', keepalived, ours],
  ['keepalived is BACKUP', ours, keepalived],
])(
  '%s',
  async (_, first, second) => {
    const files = { director1: configuration(150), director2: configuration(100) };
    duo = await Duo.withText('sync-cut', files, { second: true });
    const pair = duo;
    first(pair, 'director1');
    await pair.movesTo('director1');
    second(pair, 'director2');
    await pause(4_500);
    for (const host of HOSTS) await pair.lab.switchPort(host, 'eth1', 'isolated', 'on');
    expect(await pair.holdsAlone('director1', CUT_MS)).toBe(true);
    expect(await Promise.all(HOSTS.map((host) => holdsInner(pair, host)))).toEqual([true, false]);
    await pair.stop('director1');
    await pair.movesTo('director2');
    await eventually('both addresses go over', () => holdsInner(pair, 'director2'));
  },
  60_000,
);
