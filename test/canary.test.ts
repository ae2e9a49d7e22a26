/**
 * vrrp-U5: a secret is in no output. A configuration with a canary in every place that a secret has is read, shown, compared,
 * mistyped, run and dumped; test/lab/notify.test.ts and secrets.test.ts look at the files, logs, processes and crashes of a daemon.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { dataDump } from '../src/api/keepalived/data.ts';
import { jsonDump } from '../src/api/keepalived/json.ts';
import { statsDump } from '../src/api/keepalived/stats.ts';
import { type LogRecord, logTo } from '../src/base/log.ts';
import { seededRandom } from '../src/base/random.ts';
import { check } from '../src/cli/check.ts';
import type { Command } from '../src/cli/command.ts';
import { configDiff } from '../src/cli/config-diff.ts';
import { configShow } from '../src/cli/config-show.ts';
import { lint } from '../src/cli/lint.ts';
import { simulate } from '../src/cli/simulate.ts';
import { renderVrrp } from '../src/cli/topology-vrrp.ts';
import { diagnosticsToJson, renderDiagnostics } from '../src/config/diagnostics/render.ts';
import type { Director } from '../src/model/director.ts';
import { load } from './config/world.ts';
import { simulatedClock } from './world/clock.ts';
import { SimulatedDatagrams } from './world/datagrams.ts';
import { SimulatedDirector } from './world/director.ts';
import { LeaseHolder, leaseConfigOf, SimulatedWitness } from './world/lease.ts';
import { SimulatedLink } from './world/link.ts';
import { PeerWire } from './world/peer-wire.ts';

/** Plain, in base64, and in hexadecimal. */
const CANARY = /canary|Y2FuYXJ5|63616e617279/i;

const TEXT = `global_defs {
    smtp_server 192.0.2.9
    smtp_user lb1
    smtp_password canary-mail
    notification_email {
        ops@example.org
    }
    smtp_alert_vrrp
    split_brain_policy lease
}
$WORD=canaryDE
SSL {
    password canary-ssl
}
lease {
    acceptor 192.0.2.2
    acceptor 192.0.2.3
    acceptor 192.0.2.4
    key canary-lease-canary-lease
}
vrrp_instance VI_1 {
    interface eth0
    virtual_router_id 51
    authentication {
        auth_type PASS
        auth_pass canary12
    }
    virtual_ipaddress {
        192.0.2.10/24
    }
}
vrrp_instance VI_2 {
    interface eth0
    virtual_router_id 52
    authentication {
        auth_type AH
        auth_pass \${WORD}
    }
    virtual_ipaddress {
        192.0.2.11/24
    }
}
vrrp_instance VI_3 {
    interface eth0
    virtual_router_id 53
    auth_hmac {
        key 1 "canary-hmac canary-hmac canary-hmac"
        key 2 hex:63616e61727963616e61727963616e61727963616e61727963616e61727963616e
        active_key 1
    }
    virtual_ipaddress {
        192.0.2.12/24
    }
}
`;

function directorOf(text: string): Director {
  const { director, diagnostics } = load(text, { mode: 'compat' });
  if (director === null) throw new Error(renderDiagnostics(diagnostics, { colour: false }));
  return director;
}

test('vrrp-U5: the configuration has all its secrets', () => {
  const { vrrp, notify } = directorOf(TEXT);
  expect(vrrp.instances.map(({ authentication }) => authentication)).toEqual([
    { type: 'pass', key: 'canary12' },
    { type: 'ah', key: 'canaryDE' },
    { type: 'none' },
  ]);
  expect(vrrp.instances[2]?.signing?.keys).toHaveLength(2);
  expect(vrrp.lease?.secrets).toEqual(['canary-lease-canary-lease']);
  expect(notify.mail?.login?.password).toBe('canary-mail');
});

const folder = mkdtempSync(join(tmpdir(), 'lvs-secrets-'));
afterAll(() => rmSync(folder, { recursive: true }));

function written(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

/** All that a command says. */
async function said(command: unknown, args: readonly string[], options = {}): Promise<string> {
  const texts: string[] = [];
  const write = (text: string): void => void texts.push(text);
  const terminal = { write, writeError: write, colour: false, live: false };
  await (command as Command).run({ terminal, runDir: folder }, { compat: true, ...options }, args);
  return texts.join('');
}

const OTHERS = TEXT.replaceAll('canary', 'canaryX').replace('192.0.2.10/24', '192.0.2.15/24');

test.each<[string, unknown, number, object]>([
  ['check', check, 1, {}],
  ['check --json', check, 1, { json: true }],
  ['check --peer', check, 1, { peer: 'other.conf' }],
  ['lint', lint, 1, {}],
  ['lint --json', lint, 1, { json: true }],
  ['config show', configShow, 1, {}],
  ['config show --origin', configShow, 1, { origin: true }],
  ['config show --json', configShow, 1, { json: true }],
  ['config diff', configDiff, 2, {}],
  ['config diff --json', configDiff, 2, { json: true }],
])('vrrp-U5: %s tells none', async (_, command, files, { peer, ...options }: { peer?: string }) => {
  const own = written('lvsd.conf', TEXT);
  const other = written('other.conf', OTHERS);
  const with2 = peer === undefined ? options : { ...options, peer: other };
  const output = await said(command, [own, other].slice(0, files), with2);
  expect(output.length).toBeGreaterThan(10);
  expect(output).not.toMatch(CANARY);
});

test('vrrp-U5: simulate tells none', async () => {
  const withoutLease = TEXT.replace('    split_brain_policy lease\n', '');
  const files = [withoutLease, withoutLease].map((text, at) => written(`${at}.conf`, text));
  const output = await said(simulate, files, { events: 'cut A-B at 5s for 10s', seed: '1' });
  expect(output).toContain('192.0.2.10');
  expect(output).not.toMatch(CANARY);
});

/** Every way to mistype one character on a line before its secret. */
function* mistyped(): Generator<string> {
  for (const { index, 0: words } of TEXT.matchAll(/\S[^\n]*?(?=canary|hex:)/g)) {
    for (let at = index; at < index + words.length; at += 1) {
      const [before, one, behind] = [TEXT.slice(0, at), TEXT[at] as string, TEXT.slice(at + 1)];
      yield before + behind;
      yield `${before}x${behind}`;
      yield `${before}${one}${one}${behind}`;
      yield `${before}"${one}${behind}`;
      if (/^\w/.test(behind)) yield before + behind[0] + one + behind.slice(1);
    }
  }
}

test('vrrp-U5: no mistake beside a secret shows it', () => {
  const shown: string[] = [];
  let mistakes = 0;
  for (const text of mistyped()) {
    const { diagnostics } = load(text, { notes: true });
    if (diagnostics.length > 0) mistakes += 1;
    const output = [
      renderDiagnostics(diagnostics, { colour: false }),
      JSON.stringify(diagnosticsToJson(diagnostics)),
    ].join('\n');
    if (CANARY.test(output)) shown.push(output.split('\n').find((line) => CANARY.test(line)) ?? '');
  }
  expect(mistakes).toBeGreaterThan(300);
  expect(shown).toEqual([]);
});

test('vrrp-U5: directors at work tell none: in logs, snapshots, dumps, notices, or to each other', async () => {
  const director = directorOf(TEXT);
  // That of VI_1 is in its packets, in clear: so it is with passwords. AH needs the header of a real socket.
  const instances = director.vrrp.instances.filter(({ name }) => name !== 'VI_2');
  const config = { ...director.vrrp, instances, lease: null };
  const clock = simulatedClock();
  const eth0 = new SimulatedLink(clock);
  const wire = new PeerWire(clock);
  const octets: Uint8Array[] = [];
  const records: LogRecord[] = [];
  const peers: Pick<PeerWire, 'port'> = {
    port: {
      ...wire.port,
      open: (place, onDatagram) => {
        const socket = wire.port.open(place, onDatagram);
        const send = (sent: Uint8Array, to: string | null): void => {
          octets.push(Uint8Array.from(sent));
          socket.send(sent, to);
        };
        return { ...socket, send };
      },
    },
  };
  eth0.attach({
    host: 'a listener',
    onPacket: ({ payload }) => {
      if (payload[1] === 53) octets.push(payload);
    },
  });
  const log = logTo((record) => records.push(record));
  const both = [1, 2].map(
    (hostPart) =>
      new SimulatedDirector(`${hostPart}`, hostPart, { clock, links: { eth0 }, peers, log }),
  );
  for (const [at, one] of both.entries()) {
    const own = instances.map((instance) => ({
      ...instance,
      priority: 100 - at,
      initialState: 'backup' as const,
    }));
    one.speaker.configure({ ...config, instances: own });
  }
  await clock.settleTo(10_000);
  eth0.setCut('1', true);
  await clock.settleTo(20_000);
  eth0.setCut('1', false);
  await clock.settleTo(30_000);
  const outputs = both.flatMap(({ speaker, told }) => {
    const snapshot = speaker.snapshot();
    return [
      JSON.stringify(snapshot),
      renderVrrp(snapshot, { nowMs: clock.wallTimeMs(), style: { colour: false } }),
      dataDump(director, snapshot),
      statsDump(snapshot),
      jsonDump(director, snapshot),
      told.join('\n'),
    ];
  });
  expect(outputs.join('')).toMatch(/"state":"master"/);
  expect(records.length).toBeGreaterThan(4);
  expect(octets.length).toBeGreaterThan(40);
  expect([...outputs, JSON.stringify(records)].join('\n')).not.toMatch(CANARY);
  expect(octets.map((one) => Buffer.from(one).toString('latin1')).join('\n')).not.toMatch(CANARY);
});

test('vrrp-U5: the secret of a lease is in none of its datagrams, and not in what is told of it', async () => {
  const clock = simulatedClock();
  const random = seededRandom(1);
  const network = new SimulatedDatagrams(clock, random);
  const world = { clock, network, random };
  const secrets = directorOf(TEXT).vrrp.lease?.secrets ?? [];
  const holders = [1, 2].map((hostPart) => new LeaseHolder(hostPart, world));
  for (const holder of holders) {
    holder.kill();
    holder.start(leaseConfigOf({ secrets }));
  }
  new SimulatedWitness(3, world).start([secrets]);
  holders[0]?.speaker.want('VI_1', 100);
  await clock.settleTo(10_000);
  expect(holders[0]?.told).toContain('granted VI_1');
  expect(network.recorded.length).toBeGreaterThan(10);
  const all = network.recorded.map(({ octets }) => Buffer.from(octets).toString('latin1'));
  const snapshots = holders.map(({ speaker }) => JSON.stringify(speaker.snapshot()));
  expect([...all, ...snapshots].join('\n')).not.toMatch(CANARY);
});
