/** Keywords of `global_defs` about the table of the kernel and the checkers. */
import { block, boolean, flag, form, type Keyword, keyword, phrase } from '../keyword.ts';

export const IPVS: readonly Keyword[] = [
  keyword('lvs_sync_daemon', phrase('sync daemon'), 'kernel connection synchronisation', {
    repeats: 'first',
  }),
  keyword('lvs_timeouts', phrase('timeouts of IPVS'), 'of connections; restored at stop', {
    unset: 'the kernel’s',
  }),
  keyword('lvs_sysctl', block('lvs_sysctl'), 'settings of net.ipv4.vs; restored at stop', {
    repeats: 'list',
    unset: 'as they are',
    ours: true,
  }),
  keyword('lvs_flush', flag, 'empty the kernel’s table at start, whoever filled it'),
  keyword(
    'lvs_flush_on_stop',
    phrase('flush on stop'),
    'empty the kernel’s table at stop, whoever filled it',
    {
      unset: 'off',
    },
  ),
  keyword(
    'lvs_flush_onstop',
    phrase('flush on stop'),
    'empty the kernel’s table at stop, whoever filled it',
    {
      unset: 'off',
      insteadOf: 'lvs_flush_on_stop',
    },
  ),
  keyword('drain_on_remove', form('span of time'), 'default drain_on_remove', {
    unset: '0',
    ours: true,
  }),
  keyword('rs_init_notifies', boolean, 'tell of real servers that serve from the start, too', {
    default: 'off',
  }),
  keyword('checker_log_all_failures', boolean, 'log each failed attempt', { default: 'off' }),
];
