/**
 * Asks again and again who answers ARP for the virtual addresses (arp-questions.ts), and keeps which real servers
 * do, until they have been silent for a while. Each is told in the log once; `lvsctl show` tells it as long as it
 * lasts. A healthy link sees one request a minute for each virtual address, and one without DR or TUN none.
 */
import { describeError } from '../base/error.ts';
import type { Log } from '../base/log.ts';
import { inSlices } from '../base/slices.ts';
import { type Cancel, type Clock, type Millis, sleep } from '../base/time.ts';
import type { ArpFault } from '../model/snapshot-health.ts';
import type { VirtualServer } from '../model/virtual-server.ts';
import {
  type ArpClaim,
  type ArpHost,
  type ArpLink,
  type ArpQuestion,
  arpAnswers,
  arpQuestions,
  mayAnswer,
} from './arp-questions.ts';

/** After a start, a reload or a change of VRRP: the addresses are where they will stay. */
const SETTLED_MS: Millis = 5_000;
const EVERY_MS: Millis = 60_000;
/** While a real server answers: who mends it wants to see that it is mended. */
const EVERY_MS_WITH_FAULTS: Millis = 10_000;
/** A host on the link answers within milliseconds. */
const ANSWER_MS: Millis = 500;
/** Requests in one go, and the pause until the next: no burst that a switch would hold against us. */
const REQUESTS_AT_ONCE = 32;
const REQUESTS_PAUSE_MS: Millis = 20;
/** Of a link and kind, in one round: those beyond have their turn in the next. */
const REQUESTS_MAX = 256;
/** Rounds without an answer after which a real server is taken for mended: one answer may be lost. */
const SILENT_ROUNDS = 2;
/** Kept of one round: more than all the hosts of a link would say. */
const CLAIMS_MAX = 4_096;

export interface ArpAsker {
  /** Asks who has an IPv4 address, without claiming one. */
  ask(address: string): void;
  close(): void;
}

export interface ArpWatchPorts {
  readonly clock: Clock;
  readonly log: Log;
  readHost(): Promise<ArpHost>;
  openAsker(link: ArpLink, onClaim: (claim: ArpClaim) => void): ArpAsker;
}

interface Fault extends ArpFault {
  /** Rounds since it answered last. */
  readonly silent: number;
}

export class ArpWatch {
  private readonly ports: ArpWatchPorts;
  private virtualServers: readonly VirtualServer[] = [];
  private found: readonly Fault[] = [];
  private cancel: Cancel = () => {};
  private asking = false;
  private round = 0;
  /** What stood in the way of the last round, so that it is told once. */
  private obstacle: string | null = null;
  private closed = false;

  constructor(ports: ArpWatchPorts) {
    this.ports = ports;
  }

  get faults(): readonly ArpFault[] {
    return this.found.map(({ silent: _, ...fault }) => fault);
  }

  configure(virtualServers: readonly VirtualServer[]): void {
    this.virtualServers = virtualServers;
    this.askSoon();
  }

  /** Something has changed that may have moved addresses. */
  askSoon(): void {
    if (!this.asking) this.askIn(SETTLED_MS);
  }

  close(): void {
    this.closed = true;
    this.cancel();
  }

  private askIn(ms: Millis): void {
    this.cancel();
    if (this.closed || !this.virtualServers.some(mayAnswer)) return;
    const { clock } = this.ports;
    this.cancel = clock.wakeAt(clock.now() + ms, () => void this.askAll());
  }

  private async askAll(): Promise<void> {
    this.asking = true;
    try {
      const host = await this.ports.readHost();
      const questions = await inSlices(arpQuestions(this.virtualServers, host), this.ports.clock);
      // What is asked no more, because it left the configuration or this director, is known no more.
      this.found = this.found.filter((fault) => questions.some((one) => isAbout(one, fault)));
      for (const question of questions) await this.askOn(question);
      this.round += 1;
      this.obstacle = null;
    } catch (error) {
      this.tellObstacle(describeError(error));
    } finally {
      this.asking = false;
      this.askIn(this.found.length > 0 ? EVERY_MS_WITH_FAULTS : EVERY_MS);
    }
  }

  /** First for the virtual addresses; only where somebody has answered, whose MAC that was. */
  private async askOn(question: ArpQuestion): Promise<void> {
    const { link } = question;
    const claims: ArpClaim[] = [];
    const asker = this.ports.openAsker(link, (claim) => {
      if (claims.length < CLAIMS_MAX) claims.push(claim);
    });
    try {
      const asked = this.turnOf(question.virtualAddresses);
      await this.ask(asker, asked);
      const isClaimed = claims.some(({ address }) => asked.includes(address));
      if (isClaimed) await this.ask(asker, this.turnOf(question.realServers));
      if (!this.closed) this.judge(question, new Set(asked), claims);
    } finally {
      asker.close();
    }
  }

  /** All of them, or as many as one round may ask for. */
  private turnOf(addresses: readonly string[]): readonly string[] {
    if (addresses.length <= REQUESTS_MAX) return addresses;
    const from = (this.round * REQUESTS_MAX) % addresses.length;
    return [...addresses, ...addresses].slice(from, from + REQUESTS_MAX);
  }

  private async ask(asker: ArpAsker, addresses: readonly string[]): Promise<void> {
    const { clock } = this.ports;
    for (const [at, address] of addresses.entries()) {
      if (at > 0 && at % REQUESTS_AT_ONCE === 0) await sleep(clock, REQUESTS_PAUSE_MS);
      if (this.closed) return;
      asker.ask(address);
    }
    await sleep(clock, ANSWER_MS);
  }

  private judge(
    question: ArpQuestion,
    asked: ReadonlySet<string>,
    claims: readonly ArpClaim[],
  ): void {
    const sinceMs = this.ports.clock.wallTimeMs();
    const told = { interface: question.link.name, sinceMs, silent: 0 };
    const seen = arpAnswers(question, claims).map((answer): Fault => ({ ...answer, ...told }));
    const before = this.found;
    const appeared = seen.filter((fault) => !before.some((one) => isSame(one, fault)));
    const kept = before.map((fault) => {
      if (seen.some((one) => isSame(one, fault))) return { ...fault, silent: 0 };
      const wasAsked = isAbout(question, fault) && asked.has(fault.virtualAddress);
      return wasAsked ? { ...fault, silent: fault.silent + 1 } : fault;
    });
    const mended = kept.filter(({ silent }) => silent >= SILENT_ROUNDS);
    this.found = [...kept.filter(({ silent }) => silent < SILENT_ROUNDS), ...appeared];
    this.tell(appeared, mended);
  }

  /** One line a real server, however many addresses it answers for. */
  private tell(appeared: readonly Fault[], mended: readonly Fault[]): void {
    const { log } = this.ports;
    for (const [realServer, faults] of byRealServer(appeared)) {
      const virtualAddresses = faults.map(({ virtualAddress }) => virtualAddress);
      const [{ mac, interface: link }] = faults;
      const hint = `on it: lvsctl realserver setup --vip ${virtualAddresses.join(' ')}`;
      const fields = { realServer, virtualAddresses, mac, interface: link, hint };
      log.warn(fields, 'real server answers ARP for a virtual address');
    }
    for (const [realServer, faults] of byRealServer(mended)) {
      const virtualAddresses = faults.map(({ virtualAddress }) => virtualAddress);
      log.info({ realServer, virtualAddresses }, 'real server no longer answers ARP');
    }
  }

  private tellObstacle(reason: string): void {
    if (reason === this.obstacle || this.closed) return;
    this.obstacle = reason;
    this.ports.log.warn({ reason }, 'who answers ARP for virtual addresses could not be asked');
  }
}

function isSame(a: Fault, b: Fault): boolean {
  return (
    a.realServer === b.realServer &&
    a.virtualAddress === b.virtualAddress &&
    a.interface === b.interface
  );
}

function isAbout({ link, virtualAddresses, realServers }: ArpQuestion, fault: ArpFault): boolean {
  return (
    link.name === fault.interface &&
    virtualAddresses.includes(fault.virtualAddress) &&
    realServers.includes(fault.realServer)
  );
}

type Faults = [Fault, ...Fault[]];

function byRealServer(faults: readonly Fault[]): ReadonlyMap<string, Faults> {
  const each = new Map<string, Faults>();
  for (const fault of faults) {
    const known = each.get(fault.realServer);
    if (known === undefined) each.set(fault.realServer, [fault]);
    else known.push(fault);
  }
  return each;
}
