/**
 * Listens to the sync daemons of other directors: how many connections they tell of and when the last
 * message came, for `lvsctl show`; and whether another one sends as a master while we are the master.
 */
import type { Log } from '../../base/log.ts';
import type { Clock, Instant, Millis } from '../../base/time.ts';
import type { SyncChannel, SyncListener, SyncListenerEvents } from '../../kernel/sync-listener.ts';
import type { SyncHeard } from '../../model/snapshot-settings.ts';
import { decodeSyncHead } from '../../wire/ipvs/sync-message.ts';

/** The old master's last messages may come after we have taken over. */
const OVERLAP_MS: Millis = 5_000;

export interface SyncWatchPorts {
  readonly clock: Clock;
  readonly log: Log;
  listen(channel: SyncChannel, events: SyncListenerEvents): SyncListener;
}

/** What to listen to, and whether somebody else may send. */
export interface SyncWatched {
  readonly channel: SyncChannel;
  readonly syncId: number;
  /** Only in the role of a master, by decision of VRRP: whoever sends besides is one master too many. */
  readonly isSoleMaster: boolean;
  /** Of the interface: another one of the same name must be joined anew. */
  readonly interfaceIndex: number | null;
}

export class SyncWatch {
  private readonly ports: SyncWatchPorts;
  private watched: SyncWatched | null = null;
  private listener: SyncListener | null = null;
  private counts: SyncHeard | null = null;
  private deafness: string | null = null;
  private soleSince: Instant = Infinity;
  /** Other masters that were told since we are the master. */
  private readonly told = new Set<string>();

  constructor(ports: SyncWatchPorts) {
    this.ports = ports;
  }

  get heard(): SyncHeard | null {
    return this.counts;
  }

  /** Why nothing is heard, or null. */
  get deaf(): string | null {
    return this.deafness;
  }

  /** Null: there is nothing to listen to. What has been heard stays as long as the channel does. */
  watch(watched: SyncWatched | null): void {
    const before = this.watched;
    this.watched = watched;
    if (watched?.isSoleMaster !== true) this.soleSince = Infinity;
    else if (before?.isSoleMaster !== true) this.beginMaster();
    const isSame = JSON.stringify(listenedTo(before)) === JSON.stringify(listenedTo(watched));
    if (isSame && (watched === null || this.deafness === null)) return;
    this.hangUp();
    if (!isSame) this.counts = null;
    if (watched !== null) this.listen(watched);
  }

  close(): void {
    this.watch(null);
  }

  private beginMaster(): void {
    this.soleSince = this.ports.clock.now();
    this.told.clear();
  }

  private hangUp(): void {
    this.listener?.close();
    this.listener = null;
    this.deafness = null;
  }

  private listen({ channel }: SyncWatched): void {
    this.counts ??= {
      sinceMs: this.ports.clock.wallTimeMs(),
      messages: 0,
      entries: 0,
      lastAtMs: null,
      lastFrom: null,
      otherIds: 0,
    };
    this.listener = this.ports.listen(channel, {
      onMessage: (octets, source) => this.onMessage(octets, source),
      onDeaf: (reason) => {
        this.deafness = reason;
        this.ports.log.debug({ reason, ...channel }, 'sync messages cannot be heard');
      },
    });
  }

  private onMessage(octets: Uint8Array, source: string): void {
    const head = decodeSyncHead(octets);
    const { watched, counts } = this;
    if (head === null || watched === null || counts === null) return;
    if (head.syncId !== watched.syncId) {
      this.counts = { ...counts, otherIds: counts.otherIds + 1 };
      return;
    }
    this.counts = {
      ...counts,
      messages: counts.messages + 1,
      entries: counts.entries + head.entries,
      lastAtMs: this.ports.clock.wallTimeMs(),
      lastFrom: source,
    };
    const isLate = this.ports.clock.now() - this.soleSince > OVERLAP_MS;
    if (isLate && !this.told.has(source)) this.tellSecondMaster(source, watched);
  }

  private tellSecondMaster(source: string, { syncId, channel }: SyncWatched): void {
    this.told.add(source);
    this.ports.log.warn(
      {
        source,
        syncId,
        interface: channel.interface,
        hint: 'both directors are MASTER, or two pairs share one sync id: give each pair its own "id" or "group" in lvs_sync_daemon',
      },
      'another director sends connections as a master while we are the master',
    );
  }
}

function listenedTo(watched: SyncWatched | null): unknown {
  if (watched === null) return null;
  const { channel, syncId, interfaceIndex } = watched;
  return { channel, syncId, interfaceIndex };
}
