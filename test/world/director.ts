/** A director with the production's speaker on simulated links: what it holds, sends and tells. */
import type { DirectorError } from '../../src/base/error.ts';
import { type Log, type LogRecord, logTo } from '../../src/base/log.ts';
import type { BfdStates } from '../../src/model/bfd.ts';
import type { Renaming } from '../../src/model/notice.ts';
import { NOBODY_IS_TOLD } from '../../src/model/script.ts';
import { NO_LINKS } from '../../src/model/virtual-link.ts';
import type { VrrpConfig, VrrpInstance } from '../../src/model/vrrp.ts';
import type { ProcessFacts } from '../../src/track/process.ts';
import type { ScriptResult } from '../../src/track/script.ts';
import type { ReceivedPacket } from '../../src/vrrp/adverts/admit.ts';
import { noGate } from '../../src/vrrp/holding/gate.ts';
import type { Gateway, LeasePort } from '../../src/vrrp/ports.ts';
import { VrrpSpeaker } from '../../src/vrrp/speaker.ts';
import type { SimulatedClock } from './clock.ts';
import type { SimulatedLink } from './link.ts';
import type { PeerWire } from './peer-wire.ts';

export interface DirectorWorld {
  readonly clock: SimulatedClock;
  /** Links by the interface that each director has on them. */
  readonly links: Readonly<Record<string, SimulatedLink>>;
  readonly leases?: LeasePort;
  readonly peers?: Pick<PeerWire, 'port'>;
  /** Told of each turn of its event loop, after which what has come while it was `heldUp` is heard. Absent: it has none. */
  readonly onTurn?: () => void;
  /** Absent: it is kept in `logged`. */
  readonly log?: Log;
}

export class SimulatedDirector {
  readonly speaker: VrrpSpeaker;
  readonly held: Set<string> = new Set();
  readonly told: string[] = [];
  readonly renamings: Renaming[] = [];
  readonly announced: string[] = [];
  readonly logged: LogRecord[] = [];
  /** Addresses that it asked the link for. */
  readonly asked: string[] = [];
  /** Interfaces that are down here. */
  readonly down: Set<string> = new Set();
  scriptOk = true;
  gateways: readonly Gateway[] = [];
  serversUp: boolean | null = null;
  /** Interfaces that are made anew under the same name have another one. */
  linkIndex = 1;
  /** How often links were asked for. */
  linksAsked = 0;
  /** What is in tracked files, by path. */
  readonly files: Map<string, string> = new Map();
  /** Processes that run, by number. */
  readonly processes: Map<number, ProcessFacts> = new Map();
  private sessions: BfdStates = {};
  private readonly looks = new Set<() => void>();
  private isHeldUp = false;
  private readonly unread: (() => void)[] = [];
  /** No socket can be opened. */
  deaf = false;
  /** What the kernel says to advertisements, by interface and destination; all others it sends. */
  readonly refusals: Map<string, DirectorError> = new Map();

  constructor(name: string, hostPart: number, world: DirectorWorld) {
    const { clock, links, leases, peers, log, onTurn } = world;
    this.speaker = new VrrpSpeaker({
      ...(onTurn === undefined ? {} : { turn: () => this.turn(onTurn) }),
      ...(leases === undefined ? {} : { leases }),
      ...(peers === undefined ? {} : { peers: peers.port }),
      clock,
      log: log ?? logTo((record) => void this.logged.push(record)),
      adverts: {
        open: (place, onPacket) => {
          if (this.deaf) throw new Error('no socket');
          const link = links[place.interface] as SimulatedLink;
          const hear = (packet: ReceivedPacket): void => {
            if (this.isHeldUp) this.unread.push(() => onPacket(packet));
            else onPacket(packet);
          };
          const port = link.attach({ host: name, onPacket: hear });
          return {
            path: (target) => ({
              header: () => new Uint8Array(0),
              send: (payload) => {
                const refusal = this.refusals.get(`${place.interface} ${target.destination}`);
                if (refusal !== undefined) throw refusal;
                port.send({ ...target, header: new Uint8Array(0), payload });
              },
            }),
            filter: () => {},
            close: async () => port.close(),
          };
        },
      },
      links: {
        find: (link, family) => {
          this.linksAsked += 1;
          if (!(link in links)) return null;
          const { held } = this;
          // eth0 is on 10.0.0.0/24, eth1 on 10.0.1.0/24.
          const number = Number(/\d+$/.exec(link)?.[0] ?? 0);
          const primaryAddress =
            family === 'ipv4' ? `10.0.${number}.${hostPart}` : `fe80::${number + 1}:${hostPart}`;
          return {
            index: this.linkIndex,
            running: !this.down.has(link),
            primaryAddress,
            get addresses() {
              return new Set([primaryAddress, ...held]);
            },
          };
        },
      },
      addresses: {
        hold: async (addresses) => {
          for (const { address } of addresses) this.held.add(address);
        },
        release: async (addresses) => {
          for (const { address } of addresses) this.held.delete(address);
        },
      },
      gate: noGate('not simulated'),
      announcer: {
        announce: (_, address) => void this.announced.push(address),
        probe: (_, address) => void this.asked.push(address),
      },
      anchors: { gateways: () => this.gateways, areServersUp: () => this.serversUp },
      statics: { faultOf: () => null },
      notify: {
        changed: ({ kind, name: subject, state, priority }) =>
          void this.told.push(`${kind} ${subject} ${state} ${priority}`),
        renamed: (renamings) => void this.renamings.push(...renamings),
      },
      files: {
        watch: (path, onText) => this.look(() => onText(this.files.get(path) ?? null)),
        create: (path, text, overwrite) => {
          if (overwrite || !this.files.has(path)) this.files.set(path, text);
        },
      },
      processes: {
        watch: (listener) => {
          const told = new Set<number>();
          return this.look(() => {
            for (const pid of told) if (!this.processes.has(pid)) listener.onProcess(pid, null);
            for (const [pid, facts] of this.processes) {
              told.add(pid);
              listener.onProcess(pid, facts);
            }
            listener.onRound();
          });
        },
      },
      bfdUp: (name) => this.sessions[name] ?? null,
      runScript: async (): Promise<ScriptResult> => ({
        ok: this.scriptOk,
        reason: this.scriptOk ? 'exit code 0' : 'exit code 1',
      }),
    });
  }

  /** Which BFD sessions are up. */
  hearSessions(states: BfdStates): void {
    this.sessions = states;
    this.speaker.sessionsChanged();
  }

  /** Whether it is not let to work: packets wait in its sockets, and its timers run before they are read. */
  set heldUp(isHeldUp: boolean) {
    this.isHeldUp = isHeldUp;
    if (!isHeldUp) this.read();
  }

  private async turn(onTurn: () => void): Promise<void> {
    onTurn();
    this.read();
  }

  private read(): void {
    for (const hear of this.unread.splice(0)) hear();
  }

  /** Files and processes have changed, or not. */
  lookAround(): void {
    for (const look of this.looks) look();
  }

  private look(run: () => void): () => void {
    this.looks.add(run);
    queueMicrotask(run);
    return () => void this.looks.delete(run);
  }

  state(instance = 'VI_1'): string {
    return (
      this.speaker.snapshot().instances.find(({ name }) => name === instance)?.state ?? 'absent'
    );
  }
}

export function instanceOf(over: Partial<VrrpInstance> = {}): VrrpInstance {
  return {
    name: 'VI_1',
    version: 2,
    family: 'ipv4',
    interface: 'eth0',
    links: NO_LINKS,
    vrid: 51,
    priority: 100,
    initialState: 'backup',
    advertIntervalMs: 1000,
    downTimerAdverts: 3,
    preempt: true,
    preemptDelayMs: 0,
    authentication: { type: 'pass', key: 'secret' },
    signing: null,
    sourceAddress: null,
    multicastGroup: '224.0.0.18',
    unicast: null,
    sidePaths: [],
    bareChecksum: false,
    hearing: {
      intervalMaxMs: 10_000,
      dropOtherAddresses: false,
      compareOncePerSender: false,
      ownerIgnores: false,
    },
    addresses: [
      {
        address: '10.0.0.100',
        prefixLength: 24,
        interface: 'eth0',
        label: null,
        scope: 'global',
        broadcast: null,
      },
    ],
    excludedAddresses: [],
    announce: {
      repeat: 5,
      secondAfterMs: 5000,
      refreshMs: 0,
      refreshRepeat: 1,
      lowerPriorityRepeat: 5,
      lowerPriorityDelayMs: 5000,
      form: 'request',
      extraEveryMs: null,
    },
    routes: [],
    rules: [],
    putBackLimit: { times: 10, withinMs: 10_000 },
    trackPrimaryInterface: true,
    trackSourceAddress: false,
    tracks: [],
    strict: false,
    accept: true,
    lateTimerAdverts: null,
    answerLowerPriority: true,
    answerHigherPriority: false,
    notify: NOBODY_IS_TOLD,
    gate: { mode: 'auto', timeMs: null },
    claimWaitMs: null,
    isolationAnchors: [],
    ...over,
  };
}

export function configOf(
  instances: readonly VrrpInstance[],
  over: Partial<VrrpConfig> = {},
): VrrpConfig {
  return {
    instances,
    syncGroups: [],
    scripts: [],
    lease: null,
    trackFiles: [],
    trackProcesses: [],
    linkDelays: [],
    statics: { addresses: [], routes: [], rules: [] },
    announceGaps: { standard: { arpMs: 0, neighbourMs: 0 }, groups: [] },
    peerPort: 51_120,
    startupDelayMs: 0,
    process: { realtimePriority: null, niceness: null, lockMemory: false },
    ...over,
  };
}
