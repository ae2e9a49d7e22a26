/**
 * Keywords of `lvs_sysctl`, a block of ours: the settings of net.ipv4.vs under the kernel's own names
 * (Documentation/networking/ipvs-sysctl.rst). `debug_level` is left out: it is for who debugs the kernel.
 */
import {
  choice,
  form,
  INT_MAX,
  integer,
  type Keyword,
  type KeywordTable,
  keyword,
  phrase,
  tableOf,
} from './keyword.ts';

/** Threads of the sync daemon have a port each; the kernel takes powers of two. */
const PORTS = ['1', '2', '4', '8', '16', '32', '64'] as const;
/** Jiffies of 32 bits, at 1000 a second. */
const REFRESH_SECONDS_MAX = 2_147_483;
const BIT = integer(0, 1);
/** 1 and 2: when memory is short; the kernel itself moves between the two. 3: always. */
const DEFENSE = integer(0, 3);

/** The default is what the kernel begins with: without the keyword, its value is left as it is. */
function sysctl(name: string, argument: Keyword['argument'], help: string, usual: string): Keyword {
  return keyword(name, argument, help, { unset: `as it is; the kernel begins with ${usual}` });
}

export const LVS_SYSCTL: KeywordTable = tableOf(
  sysctl('am_droprate', integer(1, INT_MAX), 'of drop_packet 3: one packet in so many', '10'),
  sysctl('amemthresh', integer(0, INT_MAX), 'free pages below which memory is short', '1024'),
  sysctl(
    'backup_only',
    BIT,
    'schedule nothing while in the role of a backup of the sync daemon',
    '0',
  ),
  sysctl('cache_bypass', BIT, 'without real server, forward to the original destination', '0'),
  sysctl(
    'conn_reuse_mode',
    integer(0, 3),
    'a client that uses a port again: 0 keeps the real server, 1 schedules anew after TIME_WAIT, 2 after FIN_WAIT too',
    '1',
  ),
  sysctl('conntrack', BIT, 'netfilter tracks connections of IPVS', '0'),
  sysctl(
    'drop_entry',
    DEFENSE,
    'drop half-open connections: 0 never, 1 when memory is short, 3 always',
    '0',
  ),
  sysctl('drop_packet', DEFENSE, 'drop packets: 0 never, 1 when memory is short, 3 always', '0'),
  sysctl(
    'est_cpulist',
    form('CPU list'),
    'CPUs of the threads that count; since Linux 6.2',
    'all but isolated ones',
  ),
  sysctl('est_nice', integer(-20, 19), 'nice value of these threads; since Linux 6.2', '0'),
  sysctl(
    'expire_nodest_conn',
    BIT,
    'end connections of a removed real server at their next packet',
    '0',
  ),
  sysctl(
    'expire_quiescent_template',
    BIT,
    'persistence ends when the real server has weight 0',
    '0',
  ),
  sysctl('ignore_tunneled', BIT, 'leave packets of unknown protocols alone', '0'),
  sysctl('nat_icmp_send', BIT, 'answer real servers whose connection is unknown by ICMP', '0'),
  sysctl(
    'pmtu_disc',
    BIT,
    'answer packets that are too large by ICMP; 0 fragments those of TUN',
    '1',
  ),
  sysctl('run_estimation', BIT, 'count packets and rates', '1'),
  sysctl('schedule_icmp', BIT, 'schedule ICMP errors of unknown connections', '0'),
  sysctl(
    'secure_tcp',
    DEFENSE,
    'stricter TCP states: 0 never, 1 when memory is short, 3 always',
    '0',
  ),
  sysctl('sloppy_sctp', BIT, 'take up SCTP connections in the middle', '0'),
  sysctl('sloppy_tcp', BIT, 'take up TCP connections in the middle', '0'),
  sysctl('snat_reroute', BIT, 'answers are routed as if they came from the director', '1'),
  sysctl(
    'sync_persist_mode',
    BIT,
    '1: of persistent services only the templates are synchronised',
    '0',
  ),
  sysctl('sync_ports', choice(...PORTS), 'threads of the sync daemon, each with a port', '1'),
  sysctl(
    'sync_qlen_max',
    integer(1, INT_MAX),
    'messages that may wait to be sent',
    '1/32 of the pages of memory',
  ),
  sysctl(
    'sync_refresh_period',
    integer(0, REFRESH_SECONDS_MAX, { unit: 'seconds' }),
    'an unchanged connection is not told again before; 0: by sync_threshold',
    '0',
  ),
  sysctl(
    'sync_retries',
    integer(0, 3),
    'a connection is told so often more, sync_refresh_period / 8 apart',
    '0',
  ),
  sysctl(
    'sync_sock_size',
    integer(0, INT_MAX, { unit: 'octets' }),
    'buffer of the sync daemon’s socket; 0: the system’s',
    '0',
  ),
  sysctl(
    'sync_threshold',
    phrase('sync threshold'),
    'a connection is told at its packet PACKETS of each PERIOD',
    '3 50',
  ),
  sysctl('sync_version', BIT, 'of the messages; 0 for kernels before 2.6.39', '1'),
);
