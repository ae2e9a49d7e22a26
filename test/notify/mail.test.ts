/** The queue of mails, over simulated time: order, attempts, limits. */
import { describe, expect, test } from 'vitest';
import { type LogRecord, logTo } from '../../src/base/log.ts';
import type { MailSettings } from '../../src/model/notice.ts';
import { MailQueue } from '../../src/notify/mail.ts';
import { simulatedClock } from '../world/clock.ts';

const settings: MailSettings = {
  host: '192.0.2.25',
  port: 25,
  heloName: 'lb1',
  timeoutMs: 30_000,
  from: 'lb1@example.org',
  to: ['ops@example.org'],
  tls: 'offered',
  login: { user: 'lb1', password: 'canary-mail' },
  withoutFaults: false,
};

/** A server that answers each attempt with the next of `answers`, then takes everything. */
function world(...answers: readonly ('ok' | Error)[]) {
  const clock = simulatedClock();
  const logged: LogRecord[] = [];
  const attempts: string[] = [];
  const left = [...answers];
  const queue = new MailQueue({
    clock,
    log: logTo((record) => void logged.push(record)),
    send: async (_, { subject }) => {
      attempts.push(`${clock.now() / 1000} ${subject}`);
      const answer = left.shift() ?? 'ok';
      if (answer !== 'ok') throw answer;
    },
  });
  queue.configure(settings);
  const mail = (subject: string): void => queue.enqueue({ subject, body: '' });
  return { clock, queue, mail, attempts, logged };
}

const refused = (): Error => new Error('connect ECONNREFUSED 192.0.2.25:25');
const permanent = (): Error =>
  Object.assign(new Error('refused'), { responseCode: 550, response: '550 no such user' });

describe('mail', () => {
  test('goes out in order', async () => {
    const { clock, mail, attempts, queue } = world();
    for (const name of ['a', 'b', 'c']) mail(name);
    await clock.settleTo(1);
    expect(attempts).toEqual(['0 a', '0 b', '0 c']);
    expect(queue.counters).toEqual({ sent: 3, dropped: 0, waiting: 0 });
  });

  test('that is not taken is tried again, ever later, and those behind it wait', async () => {
    const { clock, mail, attempts } = world(refused(), refused());
    mail('a');
    mail('b');
    await clock.settleTo(40_000);
    expect(attempts).toEqual(['0 a', '5 a', '35 a', '35 b']);
  });

  test('is given up after five attempts, counted and told as an error', async () => {
    const { clock, mail, attempts, queue, logged } = world(...Array.from({ length: 5 }, refused));
    mail('a');
    await clock.settleTo(600_000);
    expect(attempts).toHaveLength(5);
    expect(queue.counters).toEqual({ sent: 0, dropped: 1, waiting: 0 });
    expect(logged.at(-1)).toMatchObject({ level: 'error', message: 'mail dropped' });
  });

  test('that the server refuses for good is not tried again', async () => {
    const { clock, mail, attempts, logged } = world(permanent());
    mail('a');
    mail('b');
    await clock.settleTo(1);
    expect(attempts).toEqual(['0 a', '0 b']);
    expect(logged[0]).toMatchObject({ fields: { reason: '550 no such user' } });
  });

  test('beyond what anybody reads is dropped, the oldest that waits first', async () => {
    const { clock, mail, attempts, queue } = world(refused());
    for (let at = 0; at < 250; at++) mail(`${at}`);
    await clock.settleTo(6_000);
    expect(queue.counters).toEqual({ sent: 200, dropped: 50, waiting: 0 });
    expect(attempts.slice(0, 3)).toEqual(['0 0', '5 0', '5 51']);
  });

  test('a server that repeats the password does not bring it into the log', async () => {
    const encoded = Buffer.from('canary-mail').toString('base64');
    const echo = new Error(`bad login canary-mail ${encoded}`);
    const { clock, mail, logged } = world(echo);
    mail('a');
    await clock.settleTo(1);
    expect(JSON.stringify(logged)).not.toMatch(/canary/);
    expect(JSON.stringify(logged)).not.toContain(encoded);
  });

  test('at a stop what is left is dropped after a second, and counted', async () => {
    const { clock, mail, queue } = world(refused());
    mail('a');
    mail('b');
    await clock.settleTo(1);
    const closed = queue.close();
    await clock.settleTo(1_500);
    await closed;
    expect(queue.counters).toEqual({ sent: 0, dropped: 2, waiting: 0 });
  });
});
