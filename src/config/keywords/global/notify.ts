/** Keywords of `global_defs` about who is told of changes: mail and FIFOs. */
import {
  accepted,
  boolean,
  choice,
  entries,
  flag,
  globally,
  integer,
  type Keyword,
  keyword,
  phrase,
  script,
  WHOLE_SECONDS_MAX,
  word,
} from '../keyword.ts';

export const NOTIFY: readonly Keyword[] = [
  keyword('notification_email', entries('mail addresses'), 'recipients of alert mails', {
    repeats: 'list',
  }),
  keyword('notification_email_from', word, 'sender of alert mails', { unset: 'USER@HOST' }),
  keyword('smtp_server', phrase('host and port'), 'mail relay'),
  keyword('smtp_user', word, 'name to log in to the mail relay with', { ours: true }),
  keyword('smtp_password', word, 'password to log in to the mail relay with', { ours: true }),
  keyword(
    'smtp_tls',
    choice('never', 'offered', 'required', 'implicit'),
    'encryption of mail; implicit: from the first octet, as on port 465',
    { unset: 'offered; with smtp_user: required', ours: true },
  ),
  keyword('smtp_helo_name', word, 'HELO name for alert mails', { unset: 'the host name' }),
  keyword(
    'smtp_connect_timeout',
    integer(1, WHOLE_SECONDS_MAX, {
      unit: 'seconds',
      tolerated: { min: 0, max: WHOLE_SECONDS_MAX },
    }),
    'mail connection timeout',
    { default: '30' },
  ),
  keyword('smtp_alert', boolean, 'default for every smtp_alert'),
  keyword('smtp_alert_vrrp', boolean, 'default smtp_alert of instances and groups', {
    inherits: globally('smtp_alert'),
  }),
  keyword('smtp_alert_checker', boolean, 'default smtp_alert of checkers', {
    inherits: globally('smtp_alert'),
  }),
  keyword('no_email_faults', flag, 'no mail on FAULT'),
  accepted('no_checker_emails', boolean, 'no mail for single checker changes', { default: 'off' }),
  keyword('notify_fifo', phrase('FIFO'), 'FIFO for VRRP and LVS events', { repeats: 'first' }),
  keyword('notify_fifo_script', script, 'reader process for notify_fifo', { repeats: 'first' }),
  keyword('vrrp_notify_fifo', phrase('FIFO'), 'FIFO for VRRP events only', { repeats: 'first' }),
  keyword('vrrp_notify_fifo_script', script, 'reader process for the VRRP FIFO', {
    repeats: 'first',
  }),
  keyword('lvs_notify_fifo', phrase('FIFO'), 'FIFO for LVS events only', { repeats: 'first' }),
  keyword('lvs_notify_fifo_script', script, 'reader process for the LVS FIFO', {
    repeats: 'first',
  }),
  keyword('fifo_write_vrrp_states_on_reload', flag, 'write all VRRP states to FIFOs after reload'),
];
