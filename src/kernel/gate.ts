/**
 * The gate in front of virtual addresses: nf_tables drops ARP, neighbour discovery and traffic for an
 * address that is guarded, unless it is open, and the kernel's own timer ends that. Whoever is stopped,
 * paused or dead renews nothing. When it is opened and for how long is decided in vrrp/holding/gate.ts.
 *
 * A renewal deletes and adds in one transaction: what has run out cannot be deleted, so that a late one is
 * refused as a whole and opens nothing.
 */
import { addressBytes, addressFromBytes, familyOf } from '../base/address.ts';
import { DirectorError, describeError } from '../base/error.ts';
import { type Millis, nextTurn } from '../base/time.ts';
import { decodeElements } from '../wire/nftables/elements.ts';
import {
  decodeTable,
  type NftElement,
  type NftFamily,
  NftMessage,
  writeElements,
  writeSetName,
  writeTableName,
} from '../wire/nftables/message.ts';
import { MessageFlag } from '../wire/nlmsg.ts';
import { COMMENT_START, commentFor, ownerIn, TABLE } from './gate-layout.ts';
import { guardedSets, makeTables, openSets, refusedSets, type SetsOf } from './gate-tables.ts';
import { type NftRefusal, type NftRequest, NftSocket, unavailable } from './nftables.ts';

/** Of one message: the attribute that lists them has 16 bits of length, and an element 44 octets. */
const ELEMENTS_A_MESSAGE = 1_000;

/** Of one transaction: one of 208 KiB does not fit into the socket. An IPv4 address takes 88 octets. */
const ADDRESSES_A_TRANSACTION = 1_500;

/** A transaction takes a few milliseconds; who needs more was not let to work. */
const HELD_UP_MS: Millis = 100;

const FAMILIES = ['arp', 'inet'] as const;

/** Addresses that are prolonged together, or not. */
export interface Renewal {
  readonly addresses: readonly string[];
  /** How long they may be open from now on. */
  readonly leftMs: () => Millis;
  /** It had run out, or the kernel refused: these stay shut. */
  readonly onLost: (why: string) => void;
}

/** What nobody asked for, and operators need to know. */
export interface GateNews {
  /** Others had removed the tables ("nft flush ruleset"): they are there again. */
  onMadeAnew(): void;
  onRefused(why: string): void;
}

const NOBODY: GateNews = { onMadeAnew: () => {}, onRefused: () => {} };

/** Whose tables they are: each network namespace has one gate, and one daemon that keeps it. */
export interface GateOwner {
  readonly runDir: string;
  /** Whether the daemon of another run directory lives in this network namespace. */
  isAlive(runDir: string): boolean;
}

export class KernelGate {
  private readonly owner: GateOwner;
  private readonly comment: string;
  private readonly nft: NftSocket;
  private readonly octets = new Map<string, Uint8Array>();
  private waiting: Renewal[] = [];
  /** Open since an earlier life, as far as nobody has taken them on. */
  private readonly inherited = new Set<string>();
  /** The same of what is guarded, and of what packets are dropped to. */
  private readonly left = { guarded: new Set<string>(), refused: new Set<string>() };
  private readonly opened = new Set<string>();
  private readonly notAccepted = new Set<string>();
  /** Open until others removed the tables; in the new ones they stand from their next renewal on. */
  private readonly swept = new Set<string>();
  private readonly tell: GateNews;

  /** @throws DirectorError NFTABLES_UNAVAILABLE, ADDON_MISSING */
  constructor(owner: GateOwner, tell: GateNews = NOBODY, nft: NftSocket = new NftSocket()) {
    this.owner = owner;
    this.comment = commentFor(owner.runDir);
    this.tell = tell;
    this.nft = nft;
  }

  /**
   * Finds tables of an earlier life, or makes new ones; gives the addresses that are open, and for how long.
   * @throws DirectorError NFTABLES_UNAVAILABLE, NOT_PERMITTED
   */
  prepare(): ReadonlyMap<string, Millis> {
    const comments = FAMILIES.map((family) => this.commentOf(family));
    for (const comment of comments) {
      if (comment === undefined) continue;
      if (!comment?.startsWith(COMMENT_START)) throw foreign();
      const other = this.otherOwner(comment);
      if (other !== null) throw taken(other);
    }
    if (comments.every((comment) => comment === this.comment)) {
      const standing = this.elementsOf(openSets);
      for (const address of standing.keys()) this.inherited.add(address);
      for (const address of this.elementsOf(guardedSets).keys()) this.left.guarded.add(address);
      for (const address of this.elementsOf(refusedSets).keys()) this.left.refused.add(address);
      return standing;
    }
    this.replace();
    return new Map();
  }

  /**
   * The instances that go on where the earlier life ended have taken on what is theirs. What else it had open is shut,
   * and of these addresses, which are on no interface any more, nothing is guarded or refused.
   */
  forgetLeft(released: readonly string[]): void {
    const { guarded, refused } = this.left;
    // One at a time: of several, one that has run out by now would keep the others open.
    for (const address of this.inherited) this.shut([address]);
    this.inherited.clear();
    this.unguard(released.filter((address) => guarded.has(address)));
    this.accept(
      released.filter((address) => refused.has(address)),
      true,
    );
    guarded.clear();
    refused.clear();
  }

  /** All of ours as new: nothing is guarded. */
  replace(): void {
    this.inherited.clear();
    this.left.guarded.clear();
    this.left.refused.clear();
    this.remove();
    this.swept.clear();
    const [refusal] = this.nft.transact(makeTables(this.comment));
    if (refusal !== undefined) throw refused(refusal);
  }

  /**
   * Guards the addresses and opens them. `run-out`: one that an earlier life had opened has run out since; such
   * a one is prolonged or nothing is.
   */
  open(addresses: readonly string[], forMs: Millis): 'open' | 'run-out' | 'refused' {
    const inherited = addresses.filter((address) => this.inherited.delete(address));
    let done = this.openAll(addresses, inherited, forMs);
    if (!done && this.areGone()) {
      this.makeAnew();
      done = this.openAll(addresses, [], forMs);
    }
    if (!done) return inherited.length > 0 ? 'run-out' : 'refused';
    for (const address of addresses) {
      this.opened.add(address);
      this.swept.delete(address);
      this.left.guarded.delete(address);
    }
    return 'open';
  }

  /** Prolongs with the next `flush`, which comes by itself at the end of this turn. */
  renew(renewal: Renewal): void {
    if (this.waiting.length === 0) queueMicrotask(() => this.flush());
    this.waiting.push(renewal);
  }

  /**
   * Shuts them and keeps them guarded: until they are released nobody may answer for them. False: they had run
   * out already, which costs a transaction that fails; those take a hundred times as long (`synchronize_rcu`).
   */
  shut(addresses: readonly string[]): boolean {
    for (const address of addresses) this.opened.delete(address);
    const standing = this.notSwept(addresses);
    return this.inParts(standing, (part) => this.change('delete', openSets, part, null));
  }

  /** They are not ours any more: who else serves them on this host is let be. */
  unguard(addresses: readonly string[]): boolean {
    const standing = this.notSwept(addresses);
    for (const address of addresses) {
      this.opened.delete(address);
      this.swept.delete(address);
      this.inherited.delete(address);
    }
    return this.inParts(standing, (part) => this.change('delete', guardedSets, part, null));
  }

  /** Whether packets to them are accepted: the accept mode (RFC 9568 §6.1). False: the kernel refused. */
  accept(addresses: readonly string[], accepted: boolean): boolean {
    const what = accepted ? 'delete' : 'add';
    for (const address of addresses) {
      if (accepted) this.notAccepted.delete(address);
      else this.notAccepted.add(address);
      this.left.refused.delete(address);
    }
    return this.inParts(addresses, (part) => this.change(what, refusedSets, part, null));
  }

  /** Removes the tables of ours: no address is guarded any more. */
  remove(): void {
    for (const family of FAMILIES) {
      const comment = this.commentOf(family);
      if (comment?.startsWith(COMMENT_START) !== true || this.otherOwner(comment) !== null)
        continue;
      this.nft.transact([
        { type: NftMessage.deleteTable, write: (to) => writeTableName(to, family, TABLE) },
      ]);
    }
  }

  close(): void {
    this.nft.close();
  }

  /** The run directory of another daemon that keeps them and lives; null: they are ours to take. */
  private otherOwner(comment: string): string | null {
    const owner = ownerIn(comment);
    if (owner === null || comment === this.comment) return null;
    return this.owner.isAlive(owner) ? owner : null;
  }

  /** As many as fit into a transaction; the others have the next turn, so that nothing waits long. */
  private flush(): void {
    const { waiting } = this;
    let count = 0;
    let at = 0;
    while (at < waiting.length && count < ADDRESSES_A_TRANSACTION) {
      count += (waiting[at] as Renewal).addresses.length;
      at += 1;
    }
    this.waiting = waiting.slice(at);
    if (this.waiting.length > 0) void nextTurn().then(() => this.flush());
    if (at > 0) this.renewTogether(waiting.slice(0, at));
  }

  /** `again`: because the process was held up. Once is enough: a machine that is so busy is busy again. */
  private renewTogether(all: readonly Renewal[], again = false): void {
    const sent = all.map((renewal) => ({ renewal, forMs: renewal.leftMs() }));
    const inTime = sent.filter(({ forMs }) => forMs > 0);
    for (const { renewal, forMs } of sent) if (forMs <= 0) this.endLate(renewal);
    if (inTime.length === 0) return;
    const renewals = inTime.map(({ renewal }) => renewal);
    const requests = inTime.map(({ renewal: { addresses }, forMs }) => [
      ...this.change('delete', openSets, this.notSwept(addresses), null),
      ...this.change('add', guardedSets, this.swept.size > 0 ? addresses : [], null),
      ...this.change('add', openSets, addresses, forMs),
    ]);
    const refusals = this.nft.transact(requests.flat());
    if (refusals.length === 0) {
      for (const { addresses } of renewals) for (const one of addresses) this.swept.delete(one);
      if (again) return;
      const late = inTime.filter(({ renewal, forMs }) => forMs - renewal.leftMs() > HELD_UP_MS);
      // Stopped between the clock and the kernel: they would be open for too long.
      if (late.length > 0)
        this.renewTogether(
          late.map(({ renewal }) => renewal),
          true,
        );
      return;
    }
    if (this.areRestored(refusals)) {
      this.renewTogether(renewals);
      return;
    }
    const owner = requests.flatMap((one, at) => one.map(() => at));
    const lost = new Map<number, string>();
    for (const refusal of refusals) {
      if (refusal.at === null) {
        // Nothing of it was looked at.
        for (const at of renewals.keys()) lost.set(at, refused(refusal).message);
      } else {
        const at = owner[refusal.at] as number;
        const why = refusal.error === 'ENOENT' ? 'it had run out' : refused(refusal).message;
        if (!lost.has(at)) lost.set(at, why);
      }
    }
    // What could have been renewed is not lost with the others.
    const others = renewals.filter((_, at) => !lost.has(at));
    if (others.length > 0) this.renewTogether(others);
    for (const [at, why] of lost) (renewals[at] as Renewal).onLost(why);
  }

  /** Its time is over: whatever an earlier renewal of it has left open is shut. */
  private endLate({ addresses, onLost }: Renewal): void {
    this.shut(addresses);
    onLost('it had run out');
  }

  /** Whether it was for want of the tables, and these are there again. */
  private areRestored(refusals: readonly NftRefusal[]): boolean {
    if (!refusals.some(({ error }) => error === 'ENOENT')) return false;
    try {
      if (!this.areGone()) return false;
      this.makeAnew();
      return true;
    } catch (error) {
      this.tell.onRefused(describeError(error));
      return false;
    }
  }

  private areGone(): boolean {
    return FAMILIES.some((family) => this.commentOf(family) === undefined);
  }

  /**
   * While they were gone nothing was shut: what was open is open again with its next renewal, which only comes
   * from somebody whose time is not over.
   * @throws DirectorError NFTABLES_UNAVAILABLE, NOT_PERMITTED
   */
  private makeAnew(): void {
    this.replace();
    for (const address of this.opened) this.swept.add(address);
    this.tell.onMadeAnew();
    if (this.notAccepted.size > 0) this.accept([...this.notAccepted], false);
  }

  private openAll(
    addresses: readonly string[],
    inherited: readonly string[],
    forMs: Millis,
  ): boolean {
    return this.inParts(addresses, (part) => {
      const standing = part.filter((one) => inherited.includes(one));
      return [
        ...this.change('add', guardedSets, part, null),
        ...this.change('delete', openSets, standing, null),
        ...this.change('add', openSets, part, forMs),
      ];
    });
  }

  private notSwept(addresses: readonly string[]): readonly string[] {
    if (this.swept.size === 0) return addresses;
    return addresses.filter((address) => !this.swept.has(address));
  }

  private inParts(
    addresses: readonly string[],
    requestsOf: (part: readonly string[]) => readonly NftRequest[],
  ): boolean {
    for (let at = 0; at < addresses.length; at += ADDRESSES_A_TRANSACTION) {
      const part = addresses.slice(at, at + ADDRESSES_A_TRANSACTION);
      const [refusal] = this.nft.transact(requestsOf(part));
      if (refusal === undefined) continue;
      // What is not there any more was removed by the kernel when its time was over.
      if (refusal.error !== 'ENOENT') this.tell.onRefused(refused(refusal).message);
      return false;
    }
    return true;
  }

  /** A message for each set that has one of the addresses. */
  private change(
    what: 'add' | 'delete',
    setsOf: SetsOf,
    addresses: readonly string[],
    timeoutMs: Millis | null,
  ): readonly NftRequest[] {
    const type = what === 'add' ? NftMessage.newElements : NftMessage.deleteElements;
    const flags = what === 'add' ? MessageFlag.create : 0;
    const wholeMs = timeoutMs === null ? null : Math.max(1, Math.floor(timeoutMs));
    const requests: NftRequest[] = [];
    for (const family of ['ipv4', 'ipv6'] as const) {
      const own = addresses.filter((address) => familyOf(address) === family);
      for (let at = 0; at < own.length; at += ELEMENTS_A_MESSAGE) {
        const elements = own
          .slice(at, at + ELEMENTS_A_MESSAGE)
          .map((address): NftElement => ({ key: this.octetsOf(address), timeoutMs: wholeMs }));
        for (const place of setsOf(family)) {
          requests.push({ type, flags, write: (to) => writeElements(to, place, elements) });
        }
      }
    }
    return requests;
  }

  private octetsOf(address: string): Uint8Array {
    const known = this.octets.get(address);
    if (known !== undefined) return known;
    const octets = addressBytes(address);
    this.octets.set(address, octets);
    return octets;
  }

  /** Undefined: there is no such table; null: it has no comment. */
  private commentOf(family: NftFamily): string | null | undefined {
    let comment: string | null | undefined;
    const request: NftRequest = {
      type: NftMessage.getTable,
      write: (to) => writeTableName(to, family, TABLE),
    };
    const error = this.nft.ask(request, (payload) => {
      comment = decodeTable(payload).comment;
    });
    if (error === null || error === 'ENOENT') return comment;
    throw refused({ at: null, error, detail: null });
  }

  /** By address: for how long, where that is known. */
  private elementsOf(setsOf: SetsOf): ReadonlyMap<string, Millis> {
    const found = new Map<string, Millis>();
    for (const place of [...setsOf('ipv4').slice(-1), ...setsOf('ipv6')]) {
      const request: NftRequest = {
        type: NftMessage.getElements,
        flags: MessageFlag.dump,
        write: (to) => writeSetName(to, place),
      };
      this.nft.ask(request, (payload) => {
        for (const { key, leftMs } of decodeElements(payload) ?? []) {
          found.set(addressFromBytes(key), leftMs ?? 0);
        }
      });
    }
    return found;
  }
}

function refused({ error, detail }: NftRefusal): DirectorError {
  if (error === 'EPERM' || error === 'EACCES') {
    return new DirectorError('NOT_PERMITTED', 'nf_tables is not permitted', {
      hint: 'run as root, or grant CAP_NET_ADMIN',
    });
  }
  const sentence = detail === null ? error : `${error}, ${detail}`;
  return unavailable(sentence);
}

function taken(runDir: string): DirectorError {
  const message = `the gate of this network namespace is kept by another lvsd, that of ${runDir}`;
  return new DirectorError('NFTABLES_UNAVAILABLE', message, {
    hint: 'run both from one configuration, or each in a network namespace of its own (net_namespace); gate off does without',
  });
}

function foreign(): DirectorError {
  return new DirectorError('NFTABLES_UNAVAILABLE', `a table ${TABLE} of nf_tables is another's`, {
    hint: `nft delete table inet ${TABLE}; nft delete table arp ${TABLE}, if nobody needs them`,
  });
}
