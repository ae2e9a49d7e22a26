/** Mail: who is told, by which relay, and whether anything is ever said. */
import { parseAddress } from '../../base/address.ts';
import type { Whole } from './whole.ts';
import { entriesOf, isOn, lastWritten, wordsOf } from './written.ts';

export function adviseOnMail(whole: Whole): void {
  adviseOnSilence(whole);
  adviseOnRecipients(whole);
  adviseOnRelay(whole);
}

/** Somebody is to be told, and nothing tells. Real servers do so by themselves, instances do not. */
function adviseOnSilence({ globals, instances, groups, reports }: Whole): void {
  const recipients = lastWritten(globals, 'notification_email');
  const asked =
    ['smtp_alert', 'smtp_alert_vrrp'].some((name) => isOn(globals, name)) ||
    [...instances, ...groups].some((one) => isOn(one, 'smtp_alert'));
  const hasSome = entriesOf(globals, 'notification_email').length > 0;
  if (recipients === null || !hasSome || asked || instances.length === 0) return;
  reports.add({
    code: 'mail-never-sent',
    span: recipients.word.span,
    message: 'no smtp_alert stands anywhere: no change of an instance is ever mailed',
    hint: 'write smtp_alert in the vrrp_instance, or smtp_alert_vrrp in global_defs',
  });
}

function adviseOnRecipients({ globals, instances, groups, reports }: Whole): void {
  if (entriesOf(globals, 'notification_email').length > 0) return;
  const setting =
    ['smtp_alert', 'smtp_alert_vrrp', 'smtp_alert_checker']
      .filter((name) => isOn(globals, name))
      .map((name) => lastWritten(globals, name))[0] ??
    [...instances, ...groups]
      .filter((one) => isOn(one, 'smtp_alert'))
      .map((one) => lastWritten(one, 'smtp_alert'))[0];
  if (!setting) return;
  reports.add({
    code: 'mail-never-sent',
    span: setting.word.span,
    message: 'nobody is named who would get the mail',
    hint: 'in global_defs: notification_email { ADDRESS }, and smtp_server',
  });
}

function adviseOnRelay({ globals, reports }: Whole): void {
  const setting = lastWritten(globals, 'smtp_server');
  const [relay] = wordsOf(globals, 'smtp_server');
  if (setting === null || relay === undefined || parseAddress(relay.text) !== null) return;
  reports.add({
    code: 'mail-by-name',
    span: relay.span,
    message: `smtp_server ${relay.text} is a name: it is looked up when the file is read`,
    hint: 'at boot there may be no name service yet: an address is safer',
  });
}
