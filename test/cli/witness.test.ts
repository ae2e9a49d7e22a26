import { chmodSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Terminal } from '../../src/cli/terminal.ts';
import { witness } from '../../src/cli/witness.ts';
import { openDatagrams } from '../../src/kernel/lease-socket.ts';
import {
  decodeLease,
  encodeLease,
  keyringOf,
  type LeaseAnswer,
  type LeaseAsk,
  leaseKey,
  nodeIdOf,
  signingKey,
} from '../../src/wire/lease.ts';
import { freePort } from '../world/free-port.ts';

const SECRET = '0123456789abcdef0123456789abcdef';

function keyFile(text: string, mode = 0o600): string {
  const path = join(mkdtempSync(join(tmpdir(), 'witness-')), 'key');
  writeFileSync(path, text);
  chmodSync(path, mode);
  return path;
}

function etcd(over: object): object {
  const listen = '127.0.0.1:4471';
  return {
    listen,
    keyFile: keyFile(SECRET),
    etcd: ['http://127.0.0.1:1'],
    etcdPrefix: '/',
    ...over,
  };
}

function terminal(): Terminal & { readonly lines: string[] } {
  const lines: string[] = [];
  return {
    lines,
    write: (text) => void lines.push(...text.trimEnd().split('\n')),
    writeError: () => {},
    colour: false,
    live: false,
  };
}

function run(options: object, on = terminal()): Promise<number> {
  return witness.run({ terminal: on, runDir: '' }, options as never, []);
}

test.each([
  [{ listen: 'nowhere', keyFile: keyFile(SECRET) }, /--listen nowhere is no address/],
  [{ listen: '127.0.0.1:0', keyFile: keyFile(SECRET) }, /is no address with a port/],
  [{ listen: '127.0.0.1:4471', keyFile: '/nonexistent' }, /ENOENT/],
  [{ listen: '127.0.0.1:4471', keyFile: keyFile('') }, /holds no key/],
  [{ listen: '127.0.0.1:4471', keyFile: keyFile('short') }, /less than 16 characters/],
  [{ listen: '127.0.0.1:4471', keyFile: keyFile(`${SECRET}\n${SECRET}`) }, /a key twice/],
  [{ listen: '127.0.0.1:4471', keyFile: keyFile(SECRET, 0o644) }, /read by everybody/],
  [{ listen: '127.0.0.1:4471', keyFile: keyFile(SECRET), timeMax: '0' }, /no number of seconds/],
  [{ listen: '203.0.113.99:4471', keyFile: keyFile(SECRET) }, /EADDRNOTAVAIL/],
  [etcd({ etcd: ['10.0.0.9:2379'] }), /no URL of a member of etcd/],
  [etcd({ etcd: ['http://user:word@10.0.0.9:2379'] }), /no URL of a member of etcd/],
  [etcd({ keyFile: keyFile(`${SECRET}\nx${SECRET}`) }), /several groups of directors/],
  [etcd({ etcdCert: '/nonexistent' }), /--etcd-cert and --etcd-key need each other/],
  [etcd({ etcdUser: 'lvsd' }), /--etcd-user and --etcd-password-file need each other/],
  [etcd({ etcdCa: '/nonexistent' }), /ENOENT/],
  [
    etcd({ etcdUser: 'lvsd', etcdPasswordFile: keyFile('word', 0o644) }),
    /can be read by everybody/,
  ],
])('what cannot work is refused: %o', async (options, message) => {
  await expect(run({ timeMax: '10', ...options })).rejects.toThrow(message);
});

test('a witness answers who has its key, tells its state and ends when it is told to', async () => {
  const on = terminal();
  const path = keyFile(`# of the pair at the north gate\n${SECRET}\n`);
  const to = { address: '127.0.0.1', port: await freePort('udp') };
  const listen = `${to.address}:${to.port}`;
  const options = { listen, keyFile: path, timeMax: '0.05', json: true };
  const ended = run(options, on);
  const key = signingKey(Buffer.from(SECRET));
  const answers: LeaseAnswer[] = [];
  const client = await openDatagrams({ address: '127.0.0.1', port: 0 }, (octets) => {
    const decoded = decodeLease(octets, keyringOf([key]));
    if ('message' in decoded && decoded.message.type === 'answer') answers.push(decoded.message);
  });
  const ask: LeaseAsk = {
    type: 'ask',
    list: 1,
    node: 2,
    acceptor: nodeIdOf(to.address, to.port),
    round: 1,
    epoch: 0,
    life: 3,
    keys: [leaseKey('ipv4', 51)],
    promiseMs: 50,
    priority: 100,
  };
  const answered = async (question: LeaseAsk): Promise<LeaseAnswer> => {
    const before = answers.length;
    client.send(encodeLease(question, key), to);
    await expect.poll(() => answers.length, { timeout: 20_000 }).toBeGreaterThan(before);
    return answers.at(-1) as LeaseAnswer;
  };
  await expect.poll(() => on.lines[0], { timeout: 20_000 }).toContain('witness started');
  client.send(encodeLease(ask, signingKey(Buffer.from('of sixteen octets, and wrong'))), to);
  const { verdict, epoch } = await answered(ask);
  expect(verdict).toBe('epoch');
  let round = 1;
  await expect
    .poll(async () => (await answered({ ...ask, epoch, round: round++ })).verdict, {
      timeout: 20_000,
    })
    .toBe('granted');
  process.emit('SIGUSR1', 'SIGUSR1');
  const { state } = JSON.parse(on.lines.at(-1) ?? '{}');
  expect(state.directors[0].endpoint).toBe(`127.0.0.1:${client.port}`);
  expect(state.refused).toEqual({ key: 1, epoch: 1 });
  expect(on.lines.join('\n')).not.toContain(SECRET);
  process.emit('SIGTERM', 'SIGTERM');
  expect(await ended).toBe(0);
  expect(JSON.parse(on.lines.at(-1) ?? '{}').msg).toBe('witness stopped');
  client.close();
});
