/** Keywords of `global_defs` about the daemon as a whole: its name, its files, its reloads. */
import {
  accepted,
  boolean,
  choice,
  flag,
  form,
  integer,
  type Keyword,
  keyword,
  path,
  phrase,
  UINT_MAX,
  word,
} from '../keyword.ts';

export const DIRECTOR: readonly Keyword[] = [
  keyword('router_id', word, 'name of this director', { unset: 'the host name' }),
  accepted('config_save_dir', path, 'store copies of loaded configuration'),
  keyword('include_check', phrase('include checks'), 'severity of include problems'),
  keyword('iproute_etc_dir', path, 'directory of local iproute2 name tables', {
    unset: 'where iproute2 has them',
  }),
  keyword('iproute_usr_dir', path, 'directory of distribution iproute2 name tables', {
    unset: 'where iproute2 has them',
  }),
  accepted('reload_check_config', phrase('optional path'), 'test config before reloading', {
    unset: 'off',
  }),
  accepted('reload_file', phrase('optional path'), 'file present while a reload is running', {
    unset: 'off',
  }),
  accepted('reload_repeat', flag, 'repeat scheduled reload daily'),
  accepted('reload_time_file', path, 'schedules a reload at the time in the file', {
    unset: 'off',
  }),
  keyword('state_dump_file', path, 'file of the data dump', {
    unset: 'keepalived.data',
  }),
  keyword('stats_dump_file', path, 'file of the statistics dump', {
    unset: 'keepalived.stats',
  }),
  keyword('json_dump_file', path, 'file of the JSON dump', {
    unset: 'keepalived.json',
  }),
  keyword('json_version', choice('1', '2'), 'layout of the JSON dump', { unset: '1' }),
  keyword('data_use_instance', boolean, 'names of dumps have net_namespace and instance in them', {
    default: 'off',
  }),
  accepted('tmp_config_directory', path, 'where the shared config copy is kept', {
    unset: 'memory',
    repeats: 'first',
  }),
  accepted('umask', form('file mode'), 'file creation mask', { default: '0177' }),
  accepted('random_seed', integer(0, UINT_MAX), 'seed of the internal random source', {
    unset: 'the time',
  }),
];
