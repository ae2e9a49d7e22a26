/** Keywords of `global_defs` about scripts: as whom they run, which of them are refused, when lvsd itself begins and ends. */
import {
  accepted,
  boolean,
  choice,
  flag,
  integer,
  type Keyword,
  keyword,
  phrase,
  script,
} from '../keyword.ts';

const SCRIPT_SECONDS = integer(1, 1000, { unit: 'seconds' });

export const SCRIPTS: readonly Keyword[] = [
  keyword('enable_script_security', flag, 'refuse scripts run as root that others can change'),
  keyword(
    'script_security',
    choice('refuse', 'warn'),
    'what becomes of scripts run as root that others can change',
    { unset: 'refuse; of keepalived’s own file: warn', ours: true },
  ),
  keyword('script_user', phrase('account'), 'account that scripts run as', {
    unset: 'keepalived_script, else the daemon’s',
  }),
  accepted(
    'set_supplementary_groups',
    boolean,
    'give scripts the supplementary groups of their user',
    { default: 'off' },
  ),
  accepted('use_symlink_paths', boolean, 'keep symlinked script paths instead of resolving', {
    default: 'off',
  }),
  keyword('startup_script', script, 'run before any process begins; they wait for it', {
    repeats: 'first',
  }),
  keyword('startup_script_timeout', SCRIPT_SECONDS, 'limit for startup_script', { default: '10' }),
  keyword('shutdown_script', script, 'run when all processes have ended', { repeats: 'first' }),
  keyword('shutdown_script_timeout', SCRIPT_SECONDS, 'limit for shutdown_script', {
    default: '10',
  }),
];
