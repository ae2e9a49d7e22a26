/** Mail by SMTP, with STARTTLS and login: nodemailer, and nothing else of it shows. */
import type { MailSettings } from '../model/notice.ts';
import type { MailText } from './mail-text.ts';

/** One connection a mail, as keepalived does: nothing is kept open in between. */
export async function sendMail(settings: MailSettings, { subject, body }: MailText): Promise<void> {
  const { host, port, heloName, timeoutMs, from, to, tls, login } = settings;
  // Loaded late: most sites send none.
  const { default: nodemailer } = await import('nodemailer');
  const transport = nodemailer.createTransport({
    host,
    port,
    name: heloName,
    secure: tls === 'implicit',
    requireTLS: tls === 'required',
    ignoreTLS: tls === 'never',
    // Encrypted without knowing with whom is better than in clear, which "offered" falls back to.
    tls: { rejectUnauthorized: tls !== 'offered' },
    connectionTimeout: timeoutMs,
    greetingTimeout: timeoutMs,
    socketTimeout: timeoutMs,
    disableFileAccess: true,
    disableUrlAccess: true,
    logger: false,
    ...(login === null ? {} : { auth: { user: login.user, pass: login.password } }),
  });
  try {
    await transport.sendMail({ from, to: [...to], subject, text: body, xMailer: 'lvs-director' });
  } finally {
    transport.close();
  }
}
