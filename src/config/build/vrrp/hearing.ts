/** How an instance takes the advertisements of others. */
import type { Millis } from '../../../base/time.ts';
import type { Hearing } from '../../../model/vrrp.ts';
import type { Section } from '../../values/section.ts';

/** A master whose interval is longer by more than this is taken to be forged, or mistaken. */
const LEARNED_INTERVALS_MAX = 10;

export function readHearing(
  section: Section,
  globals: Section,
  { version, advertIntervalMs }: { readonly version: 2 | 3; readonly advertIntervalMs: Millis },
): Hearing {
  const either = (own: string, global: string): boolean =>
    section.boolean(own) ?? globals.boolean(global) ?? false;
  const isStrict = either('strict_mode', 'vrrp_strict');
  const seconds = section.number('max_learned_interval');
  return {
    intervalMaxMs: seconds === null ? advertIntervalMs * LEARNED_INTERVALS_MAX : seconds * 1000,
    dropOtherAddresses: isStrict && version === 2,
    compareOncePerSender: either('skip_check_adv_addr', 'vrrp_skip_check_adv_addr'),
    ownerIgnores: isStrict || either('owner_ignore_adverts', 'vrrp_owner_ignore_adverts'),
  };
}
