/** What was copied and never changed, left empty, or cut short by a comment that nobody meant. */

import { fillIn, isFillIn } from '../diagnostics/fill-in.ts';
import type { Section } from '../values/section.ts';
import type { Whole } from './whole.ts';
import {
  entriesOf,
  lastWritten,
  numberOf,
  sectionsOf,
  textOf,
  valueSpan,
  wordsOf,
} from './written.ts';

/** The password of the sample that keepalived ships: a third of all published files kept it. */
const SAMPLE_PASSWORD = '1111';
const SAMPLE_VRID = 51;
const SAMPLE_ROUTER_ID = 'LVS_DEVEL';
const SAMPLE_DOMAIN = /@firewall\.loc$/i;
const SAMPLE_RELAY = '192.168.200.1';

/** A password that a machine tries in a moment. */
const WEAK_PASSWORD = /^(\d{1,8}|(.)\2*|password|passw0rd|secret|admin|keepaliv(ed)?|vrrp)$/i;

export function tellPassword(instance: Section, { reports }: Whole): void {
  for (const authentication of sectionsOf(instance, 'authentication')) {
    const password = lastWritten(authentication, 'auth_pass');
    const text = textOf(authentication, 'auth_pass');
    if (password === null || text === null) continue;
    const { file, end } = password.span;
    if (isFillIn(text)) {
      reports.add(fillIn(valueSpan(password)));
    } else if (text === SAMPLE_PASSWORD) {
      reports.add({
        code: 'sample-value',
        span: password.span,
        message: `"${SAMPLE_PASSWORD}" is the password of the sample: a stranger’s routers have it too`,
        hint: 'choose one of your own, of up to 8 characters',
      });
      adviseOnVrid(instance, { reports });
    } else if (file.text[end] === '!' || file.text[end] === '#') {
      reports.add({
        code: 'cut-by-comment',
        span: { file, start: end, end: end + 1 },
        message: `"${file.text[end]}" begins a comment: the password ends before it`,
        hint: `put the password in double quotes, or write \\${file.text[end]}`,
      });
    } else if (WEAK_PASSWORD.test(text)) {
      reports.add({
        code: 'weak-password',
        span: password.span,
        message: 'this password is a short number, or a word that everybody tries',
        hint: 'it goes over the network in clear anyhow; let it at least tell two pairs apart',
      });
    }
  }
}

/** 51 by itself is a good number; with the sample's password two strangers are one virtual router. */
function adviseOnVrid(instance: Section, { reports }: Pick<Whole, 'reports'>): void {
  const setting = lastWritten(instance, 'virtual_router_id');
  if (setting === null || numberOf(instance, 'virtual_router_id') !== SAMPLE_VRID) return;
  reports.add({
    code: 'sample-vrid',
    span: valueSpan(setting),
    message: `${SAMPLE_VRID} with the password of the sample: any other copy of the sample joins this pair`,
    hint: 'a number of your own from 1 to 255, the same on both directors',
  });
}

/** Words of global_defs that nothing else looks at. */
export function tellFillIns({ globals, reports }: Whole): void {
  const router = lastWritten(globals, 'router_id');
  if (router !== null && isFillIn(textOf(globals, 'router_id') ?? '')) {
    reports.add(fillIn(valueSpan(router)));
  }
  const words = [
    ...entriesOf(globals, 'notification_email').flat(),
    ...['notification_email_from', 'smtp_server'].flatMap((name) => wordsOf(globals, name)),
  ];
  for (const { text, span } of words) if (isFillIn(text)) reports.add(fillIn(span));
}

export function adviseOnSample({ globals, reports }: Whole): void {
  const router = lastWritten(globals, 'router_id');
  if (router !== null && textOf(globals, 'router_id') === SAMPLE_ROUTER_ID) {
    reports.add({
      code: 'sample-router-id',
      span: valueSpan(router),
      message: `${SAMPLE_ROUTER_ID} is the name in the sample: mails and logs of all its copies look alike`,
      hint: 'the name of this machine, or no router_id: then it is the host name',
    });
  }
  const words = [
    ...entriesOf(globals, 'notification_email').flat(),
    ...['notification_email_from', 'smtp_server'].flatMap((name) => wordsOf(globals, name)),
  ];
  const left = words.find(({ text }) => SAMPLE_DOMAIN.test(text) || text === SAMPLE_RELAY);
  if (left === undefined) return;
  reports.add({
    code: 'sample-mail',
    span: left.span,
    message: `${left.text} is of the sample: nobody reads it`,
    hint: 'your own address and relay, or remove the lines about mail',
  });
}

const LISTS = [
  'notification_email',
  'virtual_ipaddress',
  'virtual_ipaddress_excluded',
  'track_interface',
  'track_script',
  'track_file',
  'track_process',
  'group',
] as const;

export function tellEmptyBlocks(section: Section, { reports }: Pick<Whole, 'reports'>): void {
  for (const name of LISTS) {
    for (const { word, value } of section.written(name)) {
      if (value.is !== 'entries' || !value.isEmpty) continue;
      reports.add({
        code: 'empty-block',
        span: word.span,
        message: `"${word.text}" is empty`,
        hint: 'write one entry a line between the braces, or remove it',
      });
    }
  }
}

/** Words that are on or off by the manual; keepalived only looks whether they stand there. */
const FLAGS: Readonly<Record<string, readonly string[]>> = {
  global_defs: ['vrrp_skip_check_adv_addr'],
  vrrp_instance: ['skip_check_adv_addr'],
};

export function tellOffIgnored(section: Section, { reports }: Pick<Whole, 'reports'>): void {
  for (const name of FLAGS[section.block] ?? []) {
    const setting = lastWritten(section, name);
    if (setting?.value.is !== 'boolean' || setting.value.on) continue;
    reports.add({
      code: 'off-ignored',
      span: valueSpan(setting),
      message: `for keepalived "${name}" is a flag here: it switches it on, whatever stands behind it`,
      hint: `remove the line: without "${name}" it is off for both programs`,
    });
  }
}
