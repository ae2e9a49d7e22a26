/** TCP_CHECK against real sockets. */
import { afterAll, expect, test } from 'vitest';
import { DirectorError } from '../../../src/base/error.ts';
import { checkTcp } from '../../../src/health/checkers/tcp.ts';
import { target, tcpCheck } from '../make.ts';
import { attempt, Servers } from './world.ts';

const servers = new Servers();
afterAll(() => servers.close());

const brief = { silenceMs: 200, totalMs: 200 };
/** Where there is an answer: far more than that takes, on a machine that does much else. */
const patient = { silenceMs: 20_000, totalMs: 20_000 };

function check(port: number): ReturnType<typeof tcpCheck> {
  return { ...tcpCheck(), target: target('127.0.0.1', port) };
}

test('a server that accepts is up, though it never says a word', async () => {
  const port = await servers.listen(() => {});
  const verdict = await attempt((a) => checkTcp(check(port), a), patient);
  expect(verdict).toEqual({ up: true, latencyMs: expect.any(Number) });
});

test('a port that nobody listens on is refused', async () => {
  const port = await unusedPort();
  expect(await attempt((a) => checkTcp(check(port), a), patient)).toEqual({
    up: false,
    reason: 'ECONNREFUSED',
    detail: 'connecting',
  });
});

test('a server that does not answer is down at the deadline', async () => {
  const silent = (signal: AbortSignal): Promise<never> =>
    new Promise((_, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason));
    });
  const verdict = await attempt(
    (a) => checkTcp(check(80), { ...a, dial: (_, signal) => silent(signal) }),
    brief,
  );
  expect(verdict).toEqual({ up: false, reason: 'timeout', detail: 'connecting' });
});

test('what the director refuses is told in its own words', async () => {
  const dial = () => Promise.reject(new DirectorError('ADDON_MISSING', 'fwmark needs the addon'));
  expect(await attempt((a) => checkTcp(check(80), { ...a, dial }), patient)).toEqual({
    up: false,
    reason: 'refused-by-director',
    detail: 'fwmark needs the addon',
  });
});

test('a lack of files is no verdict on the server', async () => {
  const error = Object.assign(new Error('too many open files'), { code: 'EMFILE' });
  const dial = () => Promise.reject(error);
  await expect(attempt((a) => checkTcp(check(80), { ...a, dial }), patient)).rejects.toBe(error);
});

async function unusedPort(): Promise<number> {
  const passing = new Servers();
  const port = await passing.listen(() => {});
  passing.close();
  return port;
}
