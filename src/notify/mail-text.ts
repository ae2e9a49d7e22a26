/** Which changes are mailed, and in which words: those of keepalived, by which filters sort. Pure. */
import type { Notice, ServerNotice, VrrpNotice } from '../model/notice.ts';
import { realServerName, virtualServerName } from './server.ts';

export interface MailText {
  readonly subject: string;
  readonly body: string;
}

/** Null: it is not mailed. */
export function mailOf(
  notice: Notice,
  { routerId, withoutFaults }: { readonly routerId: string; readonly withoutFaults: boolean },
): MailText | null {
  const text = notice.about === 'vrrp' ? vrrpMail(notice, withoutFaults) : serverMail(notice);
  if (text === null) return null;
  // A name of the configuration must not begin another header.
  const subject = `[${routerId}] ${text.subject}`.replace(/[\r\n]+/g, ' ');
  return { subject, body: `=> ${text.body} <=\n` };
}

function vrrpMail(notice: VrrpNotice, withoutFaults: boolean): MailText | null {
  const { kind, name, state, scripts } = notice;
  if (!scripts.mails || (withoutFaults && state === 'FAULT')) return null;
  const who = kind === 'GROUP' ? `VRRP Group ${name}` : `VRRP Instance ${name}`;
  switch (state) {
    case 'MASTER':
    case 'BACKUP':
    case 'FAULT':
      return { subject: `${who} - Entering ${state} state`, body: bodyOf(kind, state) };
    case 'DELETED':
      return { subject: `${who} - Deleted`, body: 'VRRP Deleted at reload' };
    // At a stop keepalived sends none; priorities and rivals are for FIFOs and scripts.
    case 'STOP':
    case 'MASTER_RX_LOWER_PRI':
    case 'MASTER_PRIORITY':
    case 'BACKUP_PRIORITY':
      return null;
  }
}

function bodyOf(kind: VrrpNotice['kind'], state: 'MASTER' | 'BACKUP' | 'FAULT'): string {
  if (kind === 'GROUP') return `All VRRP group instances are now in ${state} state`;
  return state === 'MASTER'
    ? 'VRRP Instance is now owning VRRP VIPs'
    : 'VRRP Instance is no longer owning VRRP VIPs';
}

function serverMail(notice: ServerNotice): MailText | null {
  const { realServer, up, mails, reason } = notice;
  if (!mails) return null;
  const state = up ? 'UP' : 'DOWN';
  const virtual = virtualServerName(notice);
  if (realServer === null) {
    return {
      subject: `Virtualserver ${virtual} - ${state}`,
      body: up ? 'Quorum gained' : 'Quorum lost',
    };
  }
  const real = realServerName(notice, realServer);
  return {
    subject: `Realserver ${real} of virtual server ${virtual} - ${state}`,
    body: up ? 'CHECK succeed on service' : `CHECK failed on service : ${reason}`,
  };
}
