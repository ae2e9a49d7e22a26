/**
 * Every mistake that can be told, by subject. Cause and cure stand in docs/diagnostics.md, the whole story in
 * explanations.ts. A code stays the same for ever.
 */

export type DiagnosticCode =
  | TextCode
  | WordCode
  | HostCode
  | VrrpCode
  | LeftoverCode
  | VirtualServerCode
  | PairCode;

/** Of files, lines, braces, quotes, definitions. */
export type TextCode =
  | 'unreadable-file'
  | 'not-text'
  | 'empty'
  | 'too-many'
  | 'include-missing'
  | 'include-required'
  | 'include-cycle'
  | 'too-large'
  | 'odd-character'
  | 'odd-blank'
  | 'comment-sign'
  | 'unmatched-quote'
  | 'missing-open-brace'
  | 'missing-close-brace'
  | 'unexpected-brace'
  | 'undefined-name'
  | 'not-replaced'
  | 'bad-condition'
  | 'bad-definition'
  | 'bad-generator'
  | 'fill-in'
  | 'cut-by-comment'
  | 'empty-block';

/** Of words and their values, wherever they stand. */
export type WordCode =
  | 'unknown-keyword'
  | 'unknown-option'
  | 'misplaced-keyword'
  | 'missing-argument'
  | 'extra-argument'
  | 'bad-value'
  | 'out-of-range'
  | 'no-effect'
  | 'not-keepalived'
  | 'deprecated'
  | 'repeated'
  | 'off-ignored'
  | 'missing-keyword'
  | 'duplicate'
  | 'unknown-reference'
  | 'contradiction'
  | 'adjusted';

/** Of what is not on this machine; scripts. */
export type HostCode =
  | 'unknown-interface'
  | 'bad-interface-name'
  | 'unknown-account'
  | 'script-missing'
  | 'script-not-executable'
  | 'script-unsafe'
  | 'no-script-user'
  | 'shell-syntax'
  | 'not-tracked'
  | 'declared-late'
  | 'script-too-slow'
  | 'script-security'
  | 'fault-by-script';

/** Of VRRP. */
export type VrrpCode =
  | 'nopreempt-ignored'
  | 'preempt-delay-ignored'
  | 'useless-weight'
  | 'lost-weight'
  | 'clamped-weight'
  | 'weight-in-group'
  | 'unequal-priorities'
  | 'single-member'
  | 'own-interface'
  | 'not-the-owner'
  | 'signing-unusable'
  | 'lease-unusable'
  | 'lease-not-here'
  | 'vip-outside-network'
  | 'vip-only-address'
  | 'vip-wide-network'
  | 'vip-twice'
  | 'too-many-addresses'
  | 'link-local-first'
  | 'vip-without-prefix'
  | 'odd-broadcast'
  | 'mixed-families'
  | 'no-vip'
  | 'two-sources'
  | 'unicast-family'
  | 'unicast-self'
  | 'peer-is-this-host'
  | 'unicast-no-peer'
  | 'unicast-no-source'
  | 'strict-unicast'
  | 'strict-no-vip'
  | 'strict-ignored'
  | 'strict-link-local'
  | 'strict-unpingable';

/** Of mail, and what is left of a sample. */
export type LeftoverCode =
  | 'mail-never-sent'
  | 'mail-by-name'
  | 'sample-value'
  | 'sample-vrid'
  | 'sample-router-id'
  | 'sample-mail'
  | 'weak-password';

/** Of virtual servers and their checkers. */
export type VirtualServerCode =
  | 'port-ignored'
  | 'unknown-scheduler'
  | 'flag-before-scheduler'
  | 'flag-of-other-scheduler'
  | 'all-weights-zero'
  | 'weights-ignored'
  | 'hash-without-fallback'
  | 'quorum-alone'
  | 'persistence-alone'
  | 'service-not-vip'
  | 'unused'
  | 'timeout-too-long'
  | 'unchecked-server'
  | 'no-checkers'
  | 'retry-default'
  | 'other-port-checked'
  | 'stacked-checkers';

/** Of what only the files of both directors show. */
export type PairCode =
  | 'pair-missing-instance'
  | 'pair-both-masters'
  | 'pair-equal-priority'
  | 'pair-preempt'
  | 'pair-advert-interval'
  | 'pair-version'
  | 'pair-authentication'
  | 'pair-addresses'
  | 'pair-address-order'
  | 'pair-transport'
  | 'pair-peers'
  | 'pair-advert-paths'
  | 'pair-peer-link'
  | 'pair-sync-daemon'
  | 'pair-lease'
  | 'pair-sync-group'
  | 'pair-weights'
  | 'pair-virtual-servers';
