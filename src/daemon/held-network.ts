/**
 * Addresses, routes and rules of all instances on their way to the kernel: what is asked for in one turn goes
 * in one batch, in the order in which it was asked for.
 */
import { DirectorError, reasonAndHint } from '../base/error.ts';
import type { Log } from '../base/log.ts';
import { nextTurn } from '../base/time.ts';
import type { Network } from '../kernel/network.ts';
import type { ChangeOutcome, NetworkChange } from '../kernel/network-change.ts';
import type { Paths, VirtualAddress } from '../model/vrrp.ts';
import { diffAddresses } from '../reconcile/addresses.ts';
import { wantedRoute, wantedRule } from '../reconcile/paths.ts';
import type { Held } from '../vrrp/held.ts';
import type { AddressPort } from '../vrrp/ports.ts';
import type { KnownLinks } from './links.ts';

/** Refusals of one batch that are logged; there may be one for each of thousands of addresses. */
const TOLD_MAX = 10;

interface Order {
  readonly changes: readonly NetworkChange[];
  readonly resolve: (isDone: boolean) => void;
}

export class HeldNetwork implements AddressPort {
  private readonly network: Network;
  private readonly links: KnownLinks;
  private readonly log: Log;
  private orders: Order[] = [];

  constructor(network: Network, links: KnownLinks, log: Log) {
    this.network = network;
    this.links = links;
    this.log = log;
  }

  async hold(addresses: readonly VirtualAddress[], { routes, rules }: Paths): Promise<void> {
    await this.tryHold({ addresses, routes, rules });
  }

  async release(addresses: readonly VirtualAddress[], { routes, rules }: Paths): Promise<void> {
    await this.submit(this.removals({ addresses, routes, rules }), true);
  }

  /** Whether all of it is there now. */
  tryHold(held: Held): Promise<boolean> {
    const { changes, missing } = this.additions(held);
    if (missing.size > 0) {
      this.log.error({ interfaces: [...missing] }, 'addresses or routes have no interface');
    }
    return this.submit(changes, missing.size === 0);
  }

  /** Addresses first: routes may lead from them, and rules into tables that have routes. */
  private additions({ addresses, routes, rules }: Held): {
    readonly changes: readonly NetworkChange[];
    readonly missing: ReadonlySet<string>;
  } {
    const { links } = this;
    // Not read first: in a takeover that would be a millisecond without the address.
    const interfaces = links.indexes;
    const wanted = { hold: addresses, release: [], actual: null, interfaces };
    const { changes, missingInterfaces } = diffAddresses(wanted);
    const missing = new Set(missingInterfaces);
    const additions: NetworkChange[] = [...changes];
    for (const virtual of routes) {
      const route = wantedRoute(virtual, links);
      if ('missing' in route) missing.add(route.missing);
      else additions.push({ do: 'add-route', route, place: virtual.place });
    }
    for (const rule of rules) additions.push({ do: 'add-rule', rule: wantedRule(rule) });
    return { changes: additions, missing };
  }

  /** What is on an interface that is not there has gone with it. */
  private removals({ addresses, routes, rules }: Held): readonly NetworkChange[] {
    const interfaces = this.links.lastIndexes();
    const known = { indexes: interfaces, vrfTables: this.links.vrfTables };
    const wanted = { hold: [], release: addresses, actual: null, interfaces };
    return [
      ...rules.map((rule) => ({ do: 'remove-rule' as const, rule: wantedRule(rule) })),
      ...routes.flatMap((virtual) => {
        const route = wantedRoute(virtual, known);
        return 'missing' in route ? [] : [{ do: 'remove-route' as const, route }];
      }),
      ...diffAddresses(wanted).changes,
    ];
  }

  private submit(changes: readonly NetworkChange[], isWhole: boolean): Promise<boolean> {
    if (changes.length === 0) return Promise.resolve(isWhole);
    const done = new Promise<boolean>((resolve) => {
      this.orders.push({ changes, resolve: (isDone) => resolve(isDone && isWhole) });
    });
    if (this.orders.length === 1) void nextTurn().then(() => this.send());
    return done;
  }

  /** What the kernel refuses is logged; the protocol goes on, and the next change tries again. */
  private async send(): Promise<void> {
    const orders = this.orders.splice(0);
    let outcomes: readonly ChangeOutcome[] = [];
    try {
      outcomes = await this.network.change(orders.flatMap(({ changes }) => changes));
      this.tellRefusals(outcomes.filter((one) => one instanceof DirectorError));
    } catch (error) {
      this.log.error(reasonAndHint(error), 'addresses, routes and rules could not be changed');
    }
    let at = 0;
    for (const { changes, resolve } of orders) {
      const own = outcomes.slice(at, at + changes.length);
      at += changes.length;
      resolve(own.length > 0 && !own.some((one) => one instanceof DirectorError));
    }
  }

  private tellRefusals(refusals: readonly DirectorError[]): void {
    for (const refusal of refusals.slice(0, TOLD_MAX)) {
      this.log.error(reasonAndHint(refusal), 'address, route or rule could not be changed');
    }
    const more = refusals.length - TOLD_MAX;
    if (more > 0) this.log.error({ more }, 'and more of them could not be changed');
  }
}
