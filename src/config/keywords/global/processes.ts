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

interface OfProcess {
  /** What its keywords begin with. */
  readonly prefix: string;
  /** In the help. */
  readonly called: string;
  /** What it is called with `process_names`. */
  readonly title: string;
  readonly watchdogSeconds: number;
}

/** What is said of each process but the supervisor, in words of its own. */
function ofProcess({ prefix, called, title, watchdogSeconds }: OfProcess): readonly Keyword[] {
  return [
    keyword(`${prefix}_process_name`, PROCESS_NAME, `what ps calls the ${called} process`, {
      unset: `with process_names ${title}, else that of Node`,
    }),
    keyword(`${prefix}_priority`, NICE, `nice value of the ${called} process`, {
      unset: 'that of the daemon',
    }),
    keyword(`${prefix}_rt_priority`, REALTIME, `real-time priority of the ${called} process`, {
      unset: 'off',
    }),
    accepted(
      `${prefix}_rlimit_rttime`,
      MICROSECONDS,
      `real-time CPU limit before a signal, ${called} process`,
      { default: '10000' },
    ),
    accepted(`${prefix}_rlimit_rtime`, MICROSECONDS, 'real-time CPU limit before a signal', {
      default: '10000',
      insteadOf: `${prefix}_rlimit_rttime`,
    }),
    keyword(`${prefix}_no_swap`, flag, `lock the memory of the ${called} process`),
    keyword(`${prefix}_cpu_affinity`, phrase('CPUs'), `CPUs for the ${called} process`),
    keyword(`${prefix}_watchdog`, WATCHDOG, `silence after which the ${called} process is killed`, {
      unset: String(watchdogSeconds),
      ours: true,
    }),
  ];
}

export const PROCESSES: readonly Keyword[] = [
  keyword('process_names', flag, 'each process has a name of its own'),
  keyword('process_name', PROCESS_NAME, 'what ps calls the supervisor', {
    unset: 'with process_names lvsd, else that of Node',
  }),
  ...ofProcess({ prefix: 'vrrp', called: 'VRRP', title: 'lvsd_vrrp', watchdogSeconds: 10 }),
  ...ofProcess({ prefix: 'checker', called: 'health', title: 'lvsd_health', watchdogSeconds: 60 }),
  keyword('lvs_process_name', PROCESS_NAME, 'what ps calls the health process', {
    unset: 'with process_names lvsd_health, else that of Node',
    insteadOf: 'checker_process_name',
  }),
  ...ofProcess({ prefix: 'bfd', called: 'BFD', title: 'lvsd_bfd', watchdogSeconds: 10 }),
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
