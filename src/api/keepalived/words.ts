/** How keepalived writes things in its dumps. Pure. */
import { addressBits, familyOf } from '../../base/address.ts';
import type { Script } from '../../model/script.ts';
import type { VrrpState } from '../../model/snapshot-vrrp.ts';
import type { VirtualAddress, VrrpInstance } from '../../model/vrrp.ts';

const STATES = { init: 'INIT', backup: 'BACKUP', master: 'MASTER', fault: 'FAULT' } as const;

export function stateWord(state: VrrpState): string {
  return STATES[state];
}

/** `'/usr/bin/test' '-e' '/etc/passwd'` */
export function commandText({ argv }: Script): string {
  return argv.map((word) => `'${word}'`).join(' ');
}

/** `192.0.2.10/24 dev eth0 scope global label eth0:1 set`; a single address has no length. */
export function addressText(one: VirtualAddress, instance: VrrpInstance, isHeld: boolean): string {
  const { address, prefixLength, scope, label } = one;
  const family = familyOf(address);
  const isSingle = family === 'ipv4' && prefixLength === addressBits(family);
  return [
    isSingle ? address : `${address}/${prefixLength}`,
    `dev ${linkText(one.interface, instance)} scope ${scope}`,
    ...(label === null ? [] : [`label ${label}`]),
    ...(family === 'ipv6' ? ['preferred_lft forever'] : []),
    ...(isHeld ? ['set'] : []),
    ...(instance.accept ? [] : ['nftable_set']),
  ].join(' ');
}

/** A link of our own making, and the one below it: `vrrp.51@eth0`. */
function linkText(name: string, { links: { own, others } }: VrrpInstance): string {
  const virtual = [...(own === null ? [] : [own]), ...others].find((one) => one.name === name);
  return virtual === undefined ? name : `${name}@${virtual.base}`;
}
