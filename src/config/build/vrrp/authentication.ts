/** How the advertisements of an instance are told from those of others. */
import type { Authentication, VrrpInstance } from '../../../model/vrrp.ts';
import { merged, type Section } from '../../values/section.ts';
import type { ScriptContext } from '../scripts.ts';

const AUTH_PASS_OCTETS_MAX = 8;

export function readAuthentication(
  section: Section,
  globals: Section,
  { version, family }: Pick<VrrpInstance, 'version' | 'family'>,
  { reports }: ScriptContext,
): Authentication {
  const block = merged(section.sections('authentication'));
  if (block === null) return { type: 'none' };
  const type = block.text('auth_type');
  const key = block.text('auth_pass');
  if (version === 3) {
    reports.add({
      code: 'no-effect',
      span: block.find('auth_type')?.span ?? block.span,
      message: `version 3 of VRRP${family === 'ipv6' ? ', and so IPv6,' : ''} has no authentication: none is used`,
      hint: 'auth_hmac signs advertisements of every version',
    });
    return { type: 'none' };
  }
  // The rules tell what strict mode drops.
  if (section.boolean('strict_mode') ?? globals.boolean('vrrp_strict') ?? false) {
    return { type: 'none' };
  }
  if (section.sections('auth_hmac').length > 0) {
    reports.add({
      code: 'no-effect',
      span: block.find('auth_type')?.span ?? block.span,
      message: 'auth_hmac takes the place of authentication: only the one is used',
    });
    return { type: 'none' };
  }
  if (type === null || key === null) {
    if (!(block.mentions('auth_type') && block.mentions('auth_pass'))) {
      reports.add({
        code: 'missing-keyword',
        span: block.span,
        message: 'authentication needs both auth_type and auth_pass',
      });
    }
    return { type: 'none' };
  }
  if (Buffer.byteLength(key) > AUTH_PASS_OCTETS_MAX) {
    reports.add({
      code: 'adjusted',
      span: block.find('auth_pass')?.span ?? block.span,
      message: `auth_pass: only its first ${AUTH_PASS_OCTETS_MAX} characters count`,
    });
  }
  return {
    type: type === 'AH' ? 'ah' : 'pass',
    key: Buffer.from(key).subarray(0, AUTH_PASS_OCTETS_MAX).toString(),
  };
}
