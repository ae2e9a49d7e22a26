/** What a master holds for its instance: taken, announced, put back and released, one after the other. */
import type { Instant } from '../../base/time.ts';
import { Trouble } from '../../base/trouble.ts';
import type { VirtualAddress, VrrpInstance } from '../../model/vrrp.ts';
import type { Counters } from '../counters.ts';
import type { VrrpPorts } from '../ports.ts';
import type { Announcer } from './announcer.ts';
import type { Share } from './estate.ts';
import { lifetimeSeconds } from './gate.ts';
import {
  addressesOf,
  allHeld,
  describeLost,
  type Gone,
  type Held,
  isNothing,
  keysOf,
  lostOf,
  only,
  unlike,
  without,
} from './held.ts';
import { isLost, PEACE, pull, type TugOfWar } from './tug-of-war.ts';

type HoldingPorts = Pick<VrrpPorts, 'addresses' | 'clock' | 'gate' | 'log'>;

/** Of what is put back, so many are named at once. */
const NAMED_MAX = 16;

export class Holding {
  private readonly ports: HoldingPorts;
  private readonly announcer: Announcer;
  private readonly share: Share;
  private readonly counters: Counters;
  /** Effects on the link that must follow each other, such as a release and the priority 0 after it. */
  private turn: Promise<void> = Promise.resolve();
  /** Releases so far: announcements that were asked for before the last one are of no use. */
  private releases = 0;
  private war: TugOfWar = PEACE;
  private readonly removals: Trouble;
  private readonly lateness: Trouble;
  private readonly defeats: Trouble;

  constructor(ports: HoldingPorts, announcer: Announcer, share: Share, counters: Counters) {
    this.ports = ports;
    this.announcer = announcer;
    this.share = share;
    this.counters = counters;
    // Each address of an instance may be named, and be it that somebody flushes the interface.
    const words = { level: 'warn', over: null, newsMax: NAMED_MAX } as const;
    this.removals = new Trouble(ports, {
      ...words,
      message: 'what others removed is put back',
    });
    this.lateness = new Trouble(ports, {
      ...words,
      message: 'was not prolonged in time, and is put back',
    });
    this.defeats = new Trouble(ports, {
      level: 'error',
      message: 'what is put back is removed again and again: the instance gives up for a while',
      over: null,
    });
  }

  /** Does something when all that was asked for before has been done. */
  afterwards(effect: () => Promise<void> | void): void {
    this.turn = this.turn.then(effect);
  }

  /** Resolves when all that was asked for has been done. */
  done(): Promise<void> {
    return this.turn;
  }

  hold(instance: VrrpInstance): void {
    this.want(instance);
    this.add(allHeld(instance), instance);
  }

  release(instance: VrrpInstance): void {
    this.releases += 1;
    this.share.leave();
    this.remove(allHeld(instance));
  }

  announce(instance: VrrpInstance, times: number): void {
    this.tellAfterwards(instance, allHeld(instance).addresses, times);
  }

  /** A master goes on under another configuration, and wants what it has there: nobody else is to release it. */
  want(after: VrrpInstance): void {
    this.share.want('addresses', addressesOf(after));
    this.share.want('held', keysOf(allHeld(after)));
  }

  /** What has left it goes, unless another instance wants it. */
  letGo(before: VrrpInstance, after: VrrpInstance): void {
    this.remove(without(allHeld(before), allHeld(after)));
  }

  /** What is new comes, and what is there with another label, scope or lifetime is changed. */
  takeOn(before: VrrpInstance, after: VrrpInstance): void {
    const [old, now] = [allHeld(before), allHeld(after)];
    const added = without(now, old);
    const changed = unlike(now, old);
    // Under another lifetime all of them are given it.
    const isAnotherLife = this.lifetimeOf(before) !== this.lifetimeOf(after);
    this.add(
      {
        ...added,
        addresses: isAnotherLife ? now.addresses : changed,
        // Routes go with an address that is put on anew.
        routes: changed.length > added.addresses.length ? now.routes : added.routes,
      },
      after,
    );
    this.tellAfterwards(after, changed, after.announce.repeat);
  }

  /** Something was removed by somebody; if it is ours, it is put back, unless that is a war and lost. */
  putBack(instance: VrrpInstance, gone: Gone): void {
    const { clock } = this.ports;
    const lost = lostOf(allHeld(instance), gone);
    if (isNothing(lost)) return;
    const what = describeLost(lost);
    if (gone.kind === 'address' && lost.addresses.some((one) => gone.hasRunOut(one))) {
      this.counters.add('lifetimesOver');
      this.lateness.happened({ instance: instance.name, what }, what);
      this.add(lost, instance);
      return;
    }
    this.war = pull(this.war, instance.putBackLimit, clock.now());
    if (isLost(this.war, clock.now())) {
      const { times, withinMs } = instance.putBackLimit;
      this.defeats.happened({ instance: instance.name, what, limit: times, withinMs });
      return;
    }
    this.counters.add(gone.kind === 'address' ? 'addressesPutBack' : 'pathsPutBack');
    this.removals.happened({ instance: instance.name, what }, what);
    this.add(lost, instance);
    if (gone.kind !== 'address') return;
    this.tellAfterwards(instance, lost.addresses, instance.announce.repeat);
  }

  /** Until when a tug of war is lost; null: none is. */
  lostUntil(now: Instant): Instant | null {
    return isLost(this.war, now) ? this.war.lostUntil : null;
  }

  private lifetimeOf(instance: VrrpInstance): number | null {
    return lifetimeSeconds(instance, this.ports.gate.missing === null);
  }

  /** Addresses, routes, rules. */
  private add(held: Held, instance: VrrpInstance): void {
    if (isNothing(held)) return;
    const validSeconds = this.lifetimeOf(instance);
    this.afterwards(() => this.ports.addresses.hold(held.addresses, held, validSeconds));
  }

  /** Rules, routes, addresses: what nobody wants, also not by the time that it comes to that. */
  private remove(held: Held): void {
    if (isNothing(held)) return;
    const addresses = held.addresses.map(({ address }) => address);
    this.announcer.forget(new Set(this.share.unwanted('addresses', addresses)));
    this.afterwards(async () => {
      const left = only(held, (key) => !this.share.isWanted('held', key));
      if (!isNothing(left)) await this.ports.addresses.release(left.addresses, left);
    });
  }

  /** Not before what was asked for earlier has been done, and not at all when it has been released since. */
  private tellAfterwards(
    instance: VrrpInstance,
    addresses: readonly VirtualAddress[],
    times: number,
  ): void {
    const { releases } = this;
    this.afterwards(() => {
      if (releases === this.releases) this.tell(instance, addresses, times);
    });
  }

  private tell(
    { announce: { form } }: VrrpInstance,
    addresses: readonly VirtualAddress[],
    times: number,
  ): void {
    const all = addresses.map(({ interface: link, address }) => ({
      interface: link,
      address,
      form,
    }));
    this.announcer.announce(all, times);
    this.counters.add('announcementsSent', times * addresses.length);
  }
}
