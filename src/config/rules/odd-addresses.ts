/** Virtual addresses that no host can hold, or that take away or change what the machine has anyhow: mistyped ones. */
import { type Family, familyOf, prefixContains } from '../../base/address.ts';
import type { Network } from '../environment.ts';
import type { Section } from '../values/section.ts';
import { ownNetworks, whyImpossible } from './addresses.ts';
import { OWNER_PRIORITY } from './priorities.ts';
import { interfaceOf, optionOf, vipsOf, type Whole } from './whole.ts';
import { isOn, lastWritten, numberIn } from './written.ts';

/** Kernels add some of them without a word, and nobody can reach them. */
export function tellImpossible(instance: Section, { globals, reports }: Whole): void {
  for (const vip of vipsOf(instance)) {
    const link = optionOf(vip.options, 'dev')?.text ?? interfaceOf(instance, globals);
    const why = whyImpossible(vip, link);
    if (why === null) continue;
    reports.add({
      code: 'bad-value',
      span: vip.word.span,
      message: `${vip.address} cannot be a virtual address: it is ${why}`,
      hint: 'write the address of one host',
    });
  }
}

/**
 * What a BACKUP does not hold is taken off. An interface whose addresses are all virtual ones would have none left: then
 * the instance is in FAULT, and who works over that address is cut off. A MASTER has others beside what it holds.
 */
export function tellOnlyAddress(instance: Section, whole: Whole): void {
  if (instance.spoils('interface')) return;
  if (numberIn(lastWritten(instance, 'priority')) === OWNER_PRIORITY) return;
  if (isOn(instance, 'use_vmac') || isOn(instance, 'use_ipvlan')) return;
  const link = interfaceOf(instance, whole.globals);
  const held = networksOf(link, 'ipv4', whole);
  if (held.length === 0 || !held.every(({ address }) => whole.vips.has(address))) return;
  for (const { word, options, address } of vipsOf(instance)) {
    if ((optionOf(options, 'dev')?.text ?? link) !== link) continue;
    if (!held.some((one) => one.address === address)) continue;
    whole.reports.add({
      code: 'vip-only-address',
      span: word.span,
      message: `${address} is an address of ${link} already, which has no other one`,
      hint: `a BACKUP takes it off: write the address that the directors share, or give ${link} one of its own`,
    });
  }
}

/** The network of a wrong mask: a MASTER would look on its link for hosts that are elsewhere. */
export function tellWideNetwork(instance: Section, whole: Whole): void {
  if (instance.spoils('interface')) return;
  for (const vip of vipsOf(instance)) {
    const { word, options, address, prefixLength } = vip;
    const link = optionOf(options, 'dev')?.text ?? interfaceOf(instance, whole.globals);
    const around = ownNetworks(link, familyOf(address), whole).find(
      (one) => !isHostRoute(one) && prefixContains(one.address, one.prefixLength, address),
    );
    if (around === undefined || prefixLength >= around.prefixLength) continue;
    whole.reports.add({
      code: 'vip-wide-network',
      span: word.span,
      message: `/${prefixLength} is a larger network than ${around.address}/${around.prefixLength} of ${link}, in which ${address} lies`,
      hint: `a MASTER would look for all of it on ${link}, and not behind its routers: ${address}/${around.prefixLength}`,
    });
  }
}

function isHostRoute({ address, prefixLength }: Network): boolean {
  return prefixLength === (familyOf(address) === 'ipv4' ? 32 : 128);
}

function networksOf(link: string, family: Family, { environment }: Whole): readonly Network[] {
  const networks = environment.networks(link) ?? [];
  return networks.filter(({ address }) => familyOf(address) === family);
}
