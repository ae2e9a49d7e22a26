/** `vrrp_strict`: what it forbids, drops and closes (strict mode of keepalived, RFC 3768 and 5798). */
import type { Section } from '../values/section.ts';
import { isOfOtherScope } from './addresses.ts';
import { OWNER_PRIORITY } from './priorities.ts';
import { versionOf, type Whole, writtenVips } from './whole.ts';
import { entriesOf, isOn, lastWritten, nameIn, nameSpan, numberOf, textOf } from './written.ts';

export function isStrict(instance: Section, { globals }: Whole): boolean {
  return isOn(instance, 'strict_mode') ?? isOn(globals, 'vrrp_strict') ?? false;
}

export function tellStrict(instance: Section, whole: Whole): void {
  if (!isStrict(instance, whole)) return;
  tellStrictUnicast(instance, whole);
  tellStrictNoVip(instance, whole);
  tellStrictIgnored(instance, whole);
  tellStrictSigning(instance, whole);
  tellStrictLinkLocal(instance, whole);
  tellUnpingable(instance, whole);
}

function tellStrictUnicast(instance: Section, { reports }: Whole): void {
  const peers = lastWritten(instance, 'unicast_peer');
  if (peers === null) return;
  reports.add({
    code: 'strict-unicast',
    span: peers.word.span,
    message: 'vrrp_strict forbids unicast: keepalived refuses this instance',
    hint: 'remove vrrp_strict, or unicast_peer',
  });
}

function tellStrictNoVip(instance: Section, { reports }: Whole): void {
  if (entriesOf(instance, 'virtual_ipaddress').length > 0) return;
  reports.add({
    code: 'strict-no-vip',
    span: nameSpan(instance),
    message: `vrrp_strict asks for virtual addresses, and ${nameIn(instance)} has none`,
    hint: 'virtual_ipaddress { ADDRESS/LENGTH }; excluded ones do not count',
  });
}

/** Each setting that strict mode drops, and why. */
function tellStrictIgnored(instance: Section, { reports }: Whole): void {
  const isOwner = numberOf(instance, 'priority') === OWNER_PRIORITY;
  const dropped = [
    ['authentication', 'the standard has no authentication any more'],
    ['preempt_delay', 'the standard knows no delay'],
    ['vmac_xmit_base', 'the standard sends with the virtual MAC'],
    ['advert_paths', 'the standard has one path'],
    ...(textOf(instance, 'state') === 'MASTER' && !isOwner
      ? [['state', 'only the owner, with priority 255, begins as MASTER'] as const]
      : []),
  ] as const;
  for (const [name, why] of dropped) {
    const setting = lastWritten(instance, name);
    if (setting === null) continue;
    reports.add({
      code: 'strict-ignored',
      span: setting.word.span,
      message: `vrrp_strict drops "${name}": ${why}`,
      hint: `remove vrrp_strict, or ${name}`,
    });
  }
}

/** What is signed is believed only then. */
function tellStrictSigning(instance: Section, { reports }: Whole): void {
  for (const block of instance.sections('auth_hmac')) {
    const setting = lastWritten(block, 'mode');
    if (setting === null || textOf(block, 'mode') === 'enforce') continue;
    reports.add({
      code: 'strict-ignored',
      span: setting.word.span,
      message: 'vrrp_strict drops "mode": what is signed is enforced',
      hint: 'remove vrrp_strict, or mode',
    });
  }
}

/** RFC 9568 §5.2.9. */
function tellStrictLinkLocal(instance: Section, { reports }: Whole): void {
  const [first] = writtenVips(instance, 'virtual_ipaddress');
  if (first === undefined || !isOfOtherScope(first.address)) return;
  reports.add({
    code: 'strict-link-local',
    span: first.word.span,
    message: `vrrp_strict asks for a link-local address in the first place, and ${first.address} is none`,
    hint: 'an address of fe80::/10 first, the same on both directors',
  });
}

/** Version 2 has no accept mode at all; version 3 has it, switched off. */
function tellUnpingable(instance: Section, { globals, reports }: Whole): void {
  const version = versionOf(instance, globals);
  const [vip] = writtenVips(instance, 'virtual_ipaddress');
  const accepts = version === 3 && isOn(instance, 'accept') === true;
  if (vip === undefined || accepts || numberOf(instance, 'priority') === OWNER_PRIORITY) return;
  reports.add({
    code: 'strict-unpingable',
    span: vip.word.span,
    message: `under vrrp_strict ${vip.address} answers neither ping nor a connection to this machine`,
    hint: version === 3 ? 'write "accept", or remove vrrp_strict' : 'remove vrrp_strict',
  });
}
