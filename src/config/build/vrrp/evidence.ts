/** `claim_wait` and `isolation_anchor`: what an instance asks the link before it serves, and while it does. */
import { type Family, familyOf, parseAddress } from '../../../base/address.ts';
import type { Anchor, VrrpInstance } from '../../../model/vrrp.ts';
import type { Section } from '../../values/section.ts';
import type { ScriptContext } from '../scripts.ts';

export function readEvidence(
  section: Section,
  family: Family,
  { reports }: ScriptContext,
): Pick<VrrpInstance, 'claimWaitMs' | 'isolationAnchors'> {
  const seconds = section.number('claim_wait');
  const anchors: Anchor[] = [];
  for (const { slots } of section.said('isolation_anchor')) {
    const [word] = slots.get('ADDRESS|gateway|real_servers') ?? [];
    if (word?.text === 'gateway') anchors.push({ kind: 'gateway' });
    if (word?.text === 'real_servers') anchors.push({ kind: 'real-servers' });
    const address = parseAddress(word?.text ?? '');
    if (word === undefined || address === null) continue;
    if (familyOf(address) === family) anchors.push({ kind: 'address', address });
    else {
      reports.add({
        code: 'contradiction',
        span: word.span,
        message: `isolation_anchor ${address} is not of the family of the first virtual address`,
        hint: 'it is asked for on the interface of the instance, from its address',
      });
    }
  }
  return { claimWaitMs: seconds === null ? null : seconds * 1000, isolationAnchors: anchors };
}
