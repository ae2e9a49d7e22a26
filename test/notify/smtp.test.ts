/** Mail to a real SMTP server, with STARTTLS and login. */
import type { AddressInfo } from 'node:net';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';
import { afterEach, describe, expect, test } from 'vitest';
import type { MailSettings } from '../../src/model/notice.ts';
import { sendMail } from '../../src/notify/smtp.ts';

interface Received {
  readonly helo: string;
  readonly encrypted: boolean;
  readonly user: string | null;
  readonly from: string;
  readonly to: readonly string[];
  readonly text: string;
}

const PASSWORD = 'canary-mail';
const servers: SMTPServer[] = [];

afterEach(() => {
  for (const server of servers.splice(0)) server.close(() => {});
});

/** A server on a free port, and what it has taken. */
async function server(options: SMTPServerOptions = {}) {
  const received: Received[] = [];
  const smtp = new SMTPServer({
    authOptional: true,
    // By keepalived's habit everything goes in clear where the server cannot do better.
    onAuth: ({ username, password }, _, done) => {
      if (password === PASSWORD) done(null, { user: username ?? '' });
      else done(new Error('bad login'));
    },
    onData: (stream, session, done) => {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        const { mailFrom, rcptTo } = session.envelope;
        received.push({
          helo: String(session.hostNameAppearsAs),
          encrypted: session.secure,
          user: session.user ?? null,
          from: mailFrom === false ? '' : mailFrom.address,
          to: rcptTo.map(({ address }) => address),
          text: Buffer.concat(chunks).toString(),
        });
        done();
      });
    },
    ...options,
  });
  smtp.on('error', () => {});
  servers.push(smtp);
  await new Promise<void>((resolve) => {
    smtp.listen(0, '127.0.0.1', resolve);
  });
  const { port } = smtp.server.address() as AddressInfo;
  const settings: MailSettings = {
    host: '127.0.0.1',
    port,
    heloName: 'lb1.example.org',
    timeoutMs: 20_000,
    from: 'lb1@example.org',
    to: ['ops@example.org', 'night@example.org'],
    tls: 'offered',
    login: null,
    withoutFaults: false,
  };
  return { settings, received };
}

const text = {
  subject: '[LVS_1] VRRP Instance VI_1 - Entering MASTER state',
  body: '=> VRRP Instance is now owning VRRP VIPs <=\n',
};

describe('mail', () => {
  test('arrives as it was written, at everybody, encrypted if the server can', async () => {
    const { settings, received } = await server();
    await sendMail(settings, text);
    expect(received).toMatchObject([
      { helo: 'lb1.example.org', encrypted: true, from: 'lb1@example.org', to: settings.to },
    ]);
    const [{ text: mail } = { text: '' }] = received;
    expect(mail).toContain(`Subject: ${text.subject}\r\n`);
    expect(mail).toContain('To: ops@example.org, night@example.org\r\n');
    expect(mail).toMatch(/\r\n\r\n=> VRRP Instance is now owning VRRP VIPs <=\r\n$/);
  });

  test('goes in clear to a server that cannot encrypt, unless it must not', async () => {
    const { settings, received } = await server({ disabledCommands: ['STARTTLS'] });
    await sendMail(settings, text);
    expect(received).toMatchObject([{ encrypted: false }]);
    await expect(sendMail({ ...settings, tls: 'required' }, text)).rejects.toThrow(/TLS|STARTTLS/);
    expect(received).toHaveLength(1);
  });

  test('with smtp_tls never goes in clear though the server could encrypt', async () => {
    const { settings, received } = await server();
    await sendMail({ ...settings, tls: 'never' }, text);
    expect(received).toMatchObject([{ encrypted: false }]);
  });

  test('that must be encrypted does not go to a server whose certificate nobody has signed', async () => {
    const { settings, received } = await server();
    await expect(sendMail({ ...settings, tls: 'required' }, text)).rejects.toThrow(
      /self.signed|certificate/i,
    );
    const implicit = await server({ secure: true });
    await expect(sendMail({ ...implicit.settings, tls: 'implicit' }, text)).rejects.toThrow(
      /self.signed|certificate/i,
    );
    expect([...received, ...implicit.received]).toEqual([]);
  });
});

describe('login', () => {
  test('is made before the mail', async () => {
    const { settings, received } = await server({ authOptional: false });
    await sendMail({ ...settings, login: { user: 'lb1', password: PASSWORD } }, text);
    expect(received).toMatchObject([{ user: 'lb1', encrypted: true }]);
  });

  test('that is refused is an error that does not tell the password', async () => {
    const { settings } = await server({ authOptional: false });
    const login = { user: 'lb1', password: 'canary-wrong' };
    const failed = sendMail({ ...settings, login }, text);
    await expect(failed).rejects.toMatchObject({ responseCode: 535 });
    await failed.catch((error: Error) => expect(`${error.stack}`).not.toContain('canary-wrong'));
  });
});

test('a server that is silent is left after smtp_connect_timeout', async () => {
  const { settings } = await server({ onConnect: () => {} });
  const began = performance.now();
  await expect(sendMail({ ...settings, timeoutMs: 300 }, text)).rejects.toThrow(
    /timeout|greeting/i,
  );
  expect(performance.now() - began).toBeLessThan(15_000);
});
