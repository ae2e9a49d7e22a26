/** Keywords of `global_defs` about the processes: what they are called, and what they get of the machine. */
import {
  accepted,
  flag,
  INT_MAX,
  INT_MIN,
  integer,
  type Keyword,
  keyword,
  name,
  phrase,
  seconds,
  UINT_MAX,
} from '../keyword.ts';

const NICE = integer(-20, 19);
/** keepalived takes what is above as 99. */
const REALTIME = integer(1, 99, { tolerated: { min: INT_MIN, max: INT_MAX } });
/** Each process is asked every two seconds: less would be one lost answer. */
const WATCHDOG = seconds(4, 3600);
const MICROSECONDS = integer(1, UINT_MAX, { unit: 'microseconds' });
/** The kernel shows 15 octets of a name. */
const PROCESS_NAME = name(15, { isCut: true });

export const PROCESSES: readonly Keyword[] = [
  keyword('process_names', flag, 'each process has a name of its own'),
  keyword('process_name', PROCESS_NAME, 'what ps calls the supervisor', {
    unset: 'with process_names lvsd, else that of Node',
  }),
  keyword('vrrp_process_name', PROCESS_NAME, 'what ps calls the vrrp process', {
    unset: 'with process_names lvsd_vrrp, else that of Node',
  }),
  keyword('vrrp_priority', NICE, 'nice value of the VRRP process', { unset: 'that of the daemon' }),
  keyword('vrrp_rt_priority', REALTIME, 'real-time priority of the VRRP process', { unset: 'off' }),
  accepted('vrrp_rlimit_rttime', MICROSECONDS, 'realtime CPU limit before signal, vrrp process', {
    default: '10000',
  }),
  accepted('vrrp_rlimit_rtime', MICROSECONDS, 'realtime CPU limit before a signal', {
    default: '10000',
    insteadOf: 'vrrp_rlimit_rttime',
  }),
  keyword('vrrp_no_swap', flag, 'lock the memory of the VRRP process'),
  keyword('vrrp_cpu_affinity', phrase('CPUs'), 'CPUs for the vrrp process'),
  keyword('vrrp_watchdog', WATCHDOG, 'silence after which the VRRP process is killed', {
    unset: '10',
    ours: true,
  }),
  keyword('checker_process_name', PROCESS_NAME, 'what ps calls the health process', {
    unset: 'with process_names lvsd_health, else that of Node',
  }),
  keyword('lvs_process_name', PROCESS_NAME, 'what ps calls the health process', {
    unset: 'with process_names lvsd_health, else that of Node',
    insteadOf: 'checker_process_name',
  }),
  keyword('checker_priority', NICE, 'nice value of the health process', {
    unset: 'that of the daemon',
  }),
  keyword('checker_rt_priority', REALTIME, 'real-time priority of the health process', {
    unset: 'off',
  }),
  accepted(
    'checker_rlimit_rttime',
    MICROSECONDS,
    'realtime CPU limit before signal, checker process',
    { default: '10000' },
  ),
  accepted('checker_rlimit_rtime', MICROSECONDS, 'realtime CPU limit before a signal', {
    default: '10000',
    insteadOf: 'checker_rlimit_rttime',
  }),
  keyword('checker_no_swap', flag, 'lock the memory of the health process'),
  keyword('checker_cpu_affinity', phrase('CPUs'), 'CPUs for the checker process'),
  keyword('checker_watchdog', WATCHDOG, 'silence after which the health process is killed', {
    unset: '60',
    ours: true,
  }),
  keyword('bfd_process_name', PROCESS_NAME, 'what ps calls the bfd process', {
    unset: 'with process_names lvsd_bfd, else that of Node',
  }),
  keyword('bfd_priority', NICE, 'nice value of the BFD process', { unset: 'that of the daemon' }),
  keyword('bfd_rt_priority', REALTIME, 'real-time priority of the BFD process', { unset: 'off' }),
  accepted('bfd_rlimit_rttime', MICROSECONDS, 'realtime CPU limit before signal, bfd process', {
    default: '10000',
  }),
  accepted('bfd_rlimit_rtime', MICROSECONDS, 'realtime CPU limit before a signal', {
    default: '10000',
    insteadOf: 'bfd_rlimit_rttime',
  }),
  keyword('bfd_no_swap', flag, 'lock the memory of the BFD process'),
  keyword('bfd_cpu_affinity', phrase('CPUs'), 'CPUs for the bfd process'),
  keyword('bfd_watchdog', WATCHDOG, 'silence after which the BFD process is killed', {
    unset: '10',
    ours: true,
  }),
  accepted(
    'max_auto_priority',
    integer(-1, 99, { bare: 99 }),
    'highest realtime priority used automatically when late',
    { default: '0' },
  ),
  accepted(
    'min_auto_priority_delay',
    integer(1, 10_000_000, { unit: 'microseconds' }),
    'lateness that triggers automatic priority',
    { default: '1000000' },
  ),
];
