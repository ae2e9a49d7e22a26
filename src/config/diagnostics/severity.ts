/** How grave each finding is, and where it counts: the whole policy in one place. */
import type { DiagnosticCode } from './codes.ts';
import type { Severity } from './diagnostic.ts';

export type Mode = 'default' | 'compat';

/** Said, but never a reason not to start: nothing is lost or guessed. */
const NEVER_ERRORS: ReadonlySet<DiagnosticCode> = new Set([
  'too-many',
  'include-missing',
  'odd-blank',
  'no-effect',
  'not-keepalived',
  'deprecated',
  'repeated',
  'extra-argument',
  'unknown-interface',
  'adjusted',
  'timeout-too-long',
  'not-tracked',
  'unused',
  'single-member',
  'empty',
  'lease-not-here',
  'unequal-priorities',
  'sample-value',
  'shell-syntax',
  'cut-by-comment',
  'empty-block',
  'off-ignored',
  'own-interface',
  'vip-outside-network',
  'vip-only-address',
  'vip-wide-network',
  'vip-twice',
  'too-many-addresses',
  'odd-broadcast',
  'not-the-owner',
  'lost-weight',
  'strict-unpingable',
  'strict-link-local',
  'peer-is-this-host',
  'unicast-no-peer',
  'script-too-slow',
  'no-script-user',
  'port-ignored',
  'unknown-scheduler',
  'flag-of-other-scheduler',
  'all-weights-zero',
  'unchecked-server',
  'pair-equal-priority',
  'pair-preempt',
  'pair-address-order',
  'pair-sync-daemon',
  'pair-advert-paths',
  'pair-peer-link',
] as const);

/** Good as it is written, and worth a thought: advice of `lvsctl lint`. */
const NOTES: ReadonlySet<DiagnosticCode> = new Set([
  'clamped-weight',
  'fault-by-script',
  'no-vip',
  'mixed-families',
  'link-local-first',
  'vip-without-prefix',
  'unicast-no-source',
  'script-security',
  'mail-never-sent',
  'mail-by-name',
  'sample-vrid',
  'sample-router-id',
  'sample-mail',
  'weak-password',
  'service-not-vip',
  'no-checkers',
  'retry-default',
  'persistence-alone',
  'other-port-checked',
  'stacked-checkers',
  'weights-ignored',
  'hash-without-fallback',
  'quorum-alone',
  'pair-virtual-servers',
] as const);

/** What is true on one machine and not on another: never said of a peer's file. */
const OF_THIS_HOST: ReadonlySet<DiagnosticCode> = new Set([
  'unknown-interface',
  'unknown-account',
  'script-missing',
  'script-not-executable',
  'script-unsafe',
  'vip-outside-network',
  'vip-only-address',
  'vip-wide-network',
  'not-the-owner',
  'too-many-addresses',
  'peer-is-this-host',
  'no-script-user',
  'lease-not-here',
] as const);

export function isOfThisHost(code: DiagnosticCode): boolean {
  return OF_THIS_HOST.has(code);
}

/** In any mode: there is nothing to start, or it would do what was to be prevented. */
const ALWAYS_ERRORS: ReadonlySet<DiagnosticCode> = new Set([
  'unreadable-file',
  'not-text',
  'include-cycle',
  'too-large',
  'lease-unusable',
  'signing-unusable',
] as const);

/**
 * The policy: where keepalived would ignore, guess or fight itself is an error of ours; in `compat`
 * what keepalived would start with starts, and each mistake is a warning.
 */
export function severityOf(code: DiagnosticCode, mode: Mode): Severity {
  if (ALWAYS_ERRORS.has(code)) return 'error';
  if (NEVER_ERRORS.has(code)) return 'warning';
  if (NOTES.has(code)) return 'note';
  return mode === 'compat' ? 'warning' : 'error';
}
