/** global_defs → who is told of changes: FIFOs, mail, and what of scripts is refused. */
import type { DumpSettings } from '../../model/dumps.ts';
import type { FifoSettings, MailSettings, NotifyConfig } from '../../model/notice.ts';
import type { NotifyScripts } from '../../model/script.ts';
import type { HealthConfig } from '../../model/virtual-server.ts';
import type { VrrpConfig } from '../../model/vrrp.ts';
import type { Mode } from '../diagnostics/severity.ts';
import type { Section } from '../values/section.ts';
import { type NotifyDefaults, readScript, resolveAccount, type ScriptContext } from './scripts.ts';

const SMTP_PORT = 25;
const SUBMISSIONS_PORT = 465;
const SMTP_TIMEOUT_SECONDS = 30;

const FIFOS = [
  ['notify_fifo', 'everything'],
  ['vrrp_notify_fifo', 'vrrp'],
  ['lvs_notify_fifo', 'servers'],
] as const;

export function readNotifyDefaults(globals: Section): NotifyDefaults {
  const all = globals.boolean('smtp_alert');
  return {
    mailsVrrp: globals.boolean('smtp_alert_vrrp') ?? all ?? false,
    mailsServers: globals.boolean('smtp_alert_checker') ?? all,
    tellsInitial: globals.boolean('rs_init_notifies') ?? false,
    tellsPriority: globals.boolean('vrrp_notify_priority_changes') ?? false,
    toleratesUnsafe: globals.text('script_security') === 'warn',
  };
}

export interface NotifyGround {
  readonly globals: Section;
  readonly mode: Mode;
  readonly routerId: string;
  readonly vrrp: VrrpConfig;
  readonly health: Pick<HealthConfig, 'virtualServers'>;
}

export function buildNotify(
  { globals, mode, routerId, vrrp, health }: NotifyGround,
  context: ScriptContext,
): NotifyConfig {
  const fifos = readFifos(globals, context);
  const mail = readMail(globals, context);
  return {
    routerId,
    fifos,
    mail,
    unsafeScripts: readUnsafeScripts(globals, mode),
    repeatsStates: globals.has('fifo_write_vrrp_states_on_reload'),
    subjects: [
      ...vrrp.instances.map(({ name }) => `INSTANCE ${name}`),
      ...vrrp.syncGroups.map(({ name }) => `GROUP ${name}`),
    ],
    hasWork: fifos.length > 0 || mail !== null || hasScripts(vrrp, health),
  };
}

export function readUnsafeScripts(globals: Section, mode: Mode): NotifyConfig['unsafeScripts'] {
  const said = globals.text('script_security');
  if (said === 'refuse' || said === 'warn') return said;
  // keepalived's own file was written for a program that asks nothing of scripts unless told to.
  return mode === 'compat' && !globals.has('enable_script_security') ? 'warn' : 'refuse';
}

export function readDumps(root: Section, globals: Section): DumpSettings {
  const whose = globals.boolean('data_use_instance')
    ? [root.text('net_namespace'), root.text('instance')].filter((one) => one !== null)
    : [];
  const base = ['keepalived', ...whose].join('_');
  return {
    data: globals.text('state_dump_file') ?? `${base}.data`,
    stats: globals.text('stats_dump_file') ?? `${base}.stats`,
    json: globals.text('json_dump_file') ?? `${base}.json`,
    jsonVersion: globals.text('json_version') === '2' ? 2 : 1,
  };
}

/** Of changes of servers, of which there may be very many: nobody is told what nobody hears. */
export function listenersOf({ fifos, mail }: NotifyConfig): HealthConfig['listeners'] {
  return { fifo: fifos.some(({ tells }) => tells !== 'vrrp'), mail: mail !== null };
}

/** Two of the same path are one, which tells what both do. */
function readFifos(globals: Section, context: ScriptContext): readonly FifoSettings[] {
  const fifos: FifoSettings[] = [];
  for (const [keyword, tells] of FIFOS) {
    const [path, user, group] = globals.words(keyword);
    if (path === undefined) continue;
    const account =
      user === undefined
        ? null
        : resolveAccount(
            user.span,
            user.text,
            group?.text ?? null,
            context.environment,
            context.reports,
          );
    const reader = readScript(globals, `${keyword}_script`, context);
    const same = fifos.findIndex((one) => one.path === path.text);
    const before = fifos[same];
    if (before === undefined) {
      fifos.push({ path: path.text, tells, account: account ?? null, reader });
    } else {
      fifos[same] = { ...before, tells: 'everything', reader: before.reader ?? reader };
    }
  }
  return fifos;
}

function readMail(globals: Section, { environment }: ScriptContext): MailSettings | null {
  const to = globals.entries('notification_email').flat();
  const [host, port] = globals.words('smtp_server');
  if (host === undefined || to.length === 0) return null;
  const hostName = environment.hostName();
  const user = globals.text('smtp_user');
  const portNumber = Number(port?.text ?? SMTP_PORT);
  const seconds = globals.number('smtp_connect_timeout') ?? SMTP_TIMEOUT_SECONDS;
  return {
    host: host.text,
    port: portNumber,
    heloName: globals.text('smtp_helo_name') ?? hostName,
    timeoutMs: Math.max(1, seconds) * 1000,
    from: globals.text('notification_email_from') ?? `root@${hostName}`,
    to: to.map(({ text }) => text),
    tls: readTls(globals, portNumber, user !== null),
    login: user === null ? null : { user, password: globals.text('smtp_password') ?? '' },
    withoutFaults: globals.has('no_email_faults'),
  };
}

/** A password goes over an encrypted connection, unless the file says otherwise. */
function readTls(globals: Section, port: number, hasLogin: boolean): MailSettings['tls'] {
  const said = globals.text('smtp_tls');
  if (said === 'never' || said === 'offered' || said === 'required' || said === 'implicit') {
    return said;
  }
  if (port === SUBMISSIONS_PORT) return 'implicit';
  return hasLogin ? 'required' : 'offered';
}

function hasScripts(
  { instances, syncGroups, scripts }: VrrpConfig,
  { virtualServers }: Pick<HealthConfig, 'virtualServers'>,
): boolean {
  return (
    scripts.length > 0 ||
    [...instances, ...syncGroups].some(({ notify }) => tellsScripts(notify)) ||
    virtualServers.some(
      ({ quorumUp, quorumDown, realServers }) =>
        quorumUp !== null ||
        quorumDown !== null ||
        realServers.some(({ notifyUp, notifyDown }) => notifyUp !== null || notifyDown !== null),
    )
  );
}

function tellsScripts(scripts: NotifyScripts): boolean {
  const { master, backup, fault, stop, deleted, lowerPriority, any } = scripts;
  return [master, backup, fault, stop, deleted, lowerPriority, any].some((one) => one !== null);
}
