/**
 * Draining as it goes on: the orders of operators and what leaves after a reload are kept here and on the disk. How
 * many connections are left is watch.ts's to count, and when a drain has ended progress.ts's to say. What an order
 * means for the table is health's (health/hold.ts); how an operator's words are understood stands in names.ts.
 */
import { DirectorError, describeError } from '../base/error.ts';
import type {
  DrainSnapshot,
  DrainState,
  Leaving,
  Order,
  PeerHas,
  Steering,
  SteerReport,
  SteerRequest,
} from '../model/drain.ts';
import { nameOfVirtualServer, stageOf } from '../model/names.ts';
import type { VirtualServer } from '../model/virtual-server.ts';
import { type Asked, type Meant, meantBy } from './names.ts';
import {
  type Book,
  coveredBy,
  exceptions,
  isDraining,
  ORDERS_MAX,
  OrderIndex,
  steered,
  type Target,
  withEnd,
} from './orders.ts';
import { PlaceBook, placeOf } from './places.ts';
import { remaining } from './progress.ts';
import { type NO_ROOM, namedLeaving, nameOfLeaving, tellLeaving, tellOrder } from './telling.ts';
import { type CountPorts, type Draining, DrainWatch, type Ended, type Running } from './watch.ts';

export interface DrainPorts extends CountPorts {
  /** It is on the disk when this returns. @throws DirectorError STATE_UNWRITABLE */
  keep(state: DrainState): void;
  /** `router_id` */
  name(): string;
  /** What another director has been told has come into force, or something has ended: the table is another. */
  onChange(reason: 'drain ended' | 'peer'): void;
}

export class Drains {
  private readonly ports: DrainPorts;
  /** Names this one in versions. */
  readonly director: string;
  private book: Book;
  private index: OrderIndex;
  private leaving: readonly Leaving[];
  private servers: readonly VirtualServer[] = [];
  private readonly watch: DrainWatch;

  /** `state`: what an earlier life has kept. */
  constructor(ports: DrainPorts, state: DrainState) {
    this.ports = ports;
    const { director, orders, lifts } = state;
    this.director = director;
    this.book = { orders, lifts };
    this.index = new OrderIndex(this.book);
    this.leaving = state.leaving;
    this.watch = new DrainWatch(ports, {
      isRunning: () => this.leaving.length > 0 || this.orders.some(isDraining),
      running: () => this.running(),
      ended: (ended) => this.end(ended),
    });
  }

  get isEmpty(): boolean {
    return this.index.isEmpty;
  }

  orderOf(virtualServer: string, realServer: string): Order | null {
    return this.index.orderOf(virtualServer, realServer);
  }

  /** All that is said for every director. */
  get shared(): readonly Steering[] {
    return [...this.orders, ...this.book.lifts].filter(({ isLocal }) => !isLocal);
  }

  /** Those that are drained after a reload, in no particular order. */
  get departures(): readonly Leaving[] {
    return this.leaving;
  }

  /** The configuration in force. */
  configure(servers: readonly VirtualServer[]): void {
    this.servers = servers;
    this.watch.lookSoon();
  }

  /** Whom an operator means. @throws DirectorError UNKNOWN_SERVER */
  meant(asked: Asked): Meant {
    const { orders } = this;
    return meantBy(asked, this.servers, { orders, leaving: this.leaving.map(namedLeaving) });
  }

  /**
   * Gives an order, or lifts what was ordered. It is on the disk before anything else happens.
   * @throws DirectorError UNKNOWN_SERVER, TOO_MANY_ORDERS or STATE_UNWRITABLE; then nothing has changed.
   */
  steer(request: SteerRequest): Steered {
    const meant = this.meant(request);
    const { target } = meant;
    if (request.want.kind !== 'disable') refuseLeaving(meant, this.orders);
    const before = this.inForce(meant);
    const said = this.saidBy(request, target);
    const book = steered(this.book, said);
    if (book.orders.length > ORDERS_MAX) throw tooMany();
    this.keep(book);
    this.take(book);
    const order = said.kind === 'enable' ? null : said;
    if (order !== null || before.length > 0) {
      tellOrder(this.ports.log, target, { from: before.map(stageOf), order, reason: 'operator' });
    }
    this.watch.lookSoon();
    const { realServer } = target;
    const configured = meant.servers.map((server) => ({
      virtualServer: nameOfVirtualServer(server),
      realServer,
    }));
    const servers = [...configured, ...(said.kind === 'disable' ? meant.leaving : [])];
    return { meant, said, report: { ...target, servers, order, before } };
  }

  /**
   * What another director has been told, or has heard. What is later than what is known here comes into force.
   * False: there is no room for it. @throws DirectorError STATE_UNWRITABLE; then nothing has changed.
   */
  accept(told: readonly Steering[], from: string): boolean {
    const before = this.book;
    const book = told.reduce(steered, before);
    if (book === before) return true;
    if (book.orders.length > ORDERS_MAX && book.orders.length > before.orders.length) return false;
    this.keep(book);
    const stages = told.map((one) => coveredBy(before.orders, one).map(stageOf));
    this.take(book);
    const inForce = new Set<Steering>([...book.orders, ...book.lifts]);
    for (const [at, one] of told.entries()) {
      if (!inForce.has(one)) continue;
      const order = one.kind === 'enable' ? null : one;
      tellOrder(this.ports.log, one, {
        from: stages[at] ?? [],
        order,
        reason: `ordered on ${from}`,
      });
    }
    this.watch.lookSoon();
    this.ports.onChange('peer');
    return true;
  }

  /** A reload has removed these. */
  leave(departures: readonly Leaving[]): void {
    if (departures.length === 0) return;
    this.replaceLeaving([...this.leavingBeside(departures), ...departures]);
    tellLeaving(this.ports.log, departures, {
      from: 'configured',
      to: 'draining',
      reason: 'reload',
    });
    this.watch.lookSoon();
  }

  /** What drains already, and is none of these. */
  private leavingBeside(departures: readonly Leaving[]): readonly Leaving[] {
    // Mostly nothing does, and names are not made of a hundred thousand for that.
    if (this.leaving.length === 0) return [];
    const isAgain = new Set(departures.map(nameOfLeaving));
    return this.leaving.filter((one) => !isAgain.has(nameOfLeaving(one)));
  }

  /** These are no longer there, or no longer ours to drain. */
  forget(
    gone: readonly Leaving[],
    reason: 'configured again' | 'not in the table' | typeof NO_ROOM | 'stop',
  ): void {
    if (gone.length === 0) return;
    const asked = new Set(gone);
    // Some may have ended otherwise meanwhile.
    const isGone = new Set(this.leaving.filter((one) => asked.has(one)));
    if (isGone.size === 0) return;
    this.replaceLeaving(this.leaving.filter((one) => !isGone.has(one)));
    tellLeaving(this.ports.log, [...isGone], { from: 'draining', to: 'ended', reason });
  }

  /** Who else has it, is not known here. */
  snapshot(hasOf: (order: Order) => readonly PeerHas[]): Omit<DrainSnapshot, 'peers'> {
    const places = this.places();
    return {
      atMs: this.ports.clock.wallTimeMs(),
      orders: this.orders.map((order) => ({
        order,
        servers: places.serversOf(order),
        left: order.kind === 'drain' ? this.watch.leftOf(order) : null,
        isOwn: order.version.director === this.director,
        peers: hasOf(order),
      })),
      lifts: exceptions(this.book),
      leaving: this.leaving.map((one) => ({
        ...namedLeaving(one),
        sinceMs: one.sinceMs,
        untilMs: one.untilMs,
        left: this.watch.leftOf(one),
      })),
    };
  }

  /** Whether persistence brings clients back to a real server of weight 0, as far as is known. */
  get templatesBind(): boolean {
    return this.watch.templatesBind();
  }

  close(): void {
    this.watch.close();
  }

  /** What a new order for this target takes the place of, also where one for all virtual servers covers it. */
  private inForce({ target, servers }: Meant): readonly Order[] {
    const covered = coveredBy(this.orders, target);
    const held = servers.flatMap(
      (server) => this.index.orderOf(nameOfVirtualServer(server), target.realServer) ?? [],
    );
    return [...new Set([...covered, ...held])];
  }

  private get orders(): readonly Order[] {
    return this.book.orders;
  }

  private saidBy({ want, local: isLocal }: SteerRequest, target: Target): Steering {
    const sinceMs = this.ports.clock.wallTimeMs();
    const known = [...this.orders, ...this.book.lifts].map(({ version }) => version.atMs);
    const atMs = known.reduce((latest, one) => Math.max(latest, one + 1), sinceMs);
    const version = { atMs, director: this.director };
    const ordered = { ...target, sinceMs, version, givenOn: this.ports.name(), isLocal };
    if (want.kind !== 'drain') return { kind: want.kind, ...ordered };
    const { timeoutMs, atEnd } = want;
    const untilMs = timeoutMs === null ? null : sinceMs + timeoutMs;
    return { kind: 'drain', ...ordered, untilMs, atEnd, ended: null };
  }

  private take(book: Book): void {
    this.book = book;
    this.index = new OrderIndex(book);
    for (const order of book.orders) if (isDraining(order)) this.watch.begin(order);
    this.cutDisabled();
  }

  /** What drains after a reload goes at once when it is disabled. */
  private cutDisabled(): void {
    const cut = this.leaving.filter((one) => {
      const { virtualServer, realServer } = namedLeaving(one);
      return this.index.orderOf(virtualServer, realServer)?.kind === 'disable';
    });
    if (cut.length === 0) return;
    const isCut = new Set(cut);
    this.replaceLeaving(this.leaving.filter((one) => !isCut.has(one)));
    tellLeaving(this.ports.log, cut, { from: 'draining', to: 'removed', reason: 'operator' });
  }

  private keep(book: Book): void {
    this.ports.keep({ director: this.director, ...book, leaving: this.leaving });
  }

  private replaceLeaving(leaving: readonly Leaving[]): void {
    this.leaving = leaving;
    for (const one of leaving) this.watch.begin(one);
    this.keepAnyhow();
  }

  /** What has happened already is not undone because the disk does not take it. */
  private keepAnyhow(): void {
    try {
      this.keep(this.book);
    } catch (error) {
      this.ports.log.error({ reason: describeError(error) }, 'drains cannot be remembered');
    }
  }

  private places(): PlaceBook {
    return new PlaceBook(this.servers, this.orders, this.index);
  }

  /** All that drains, with where it stands in the kernel. */
  private running(): readonly Running[] {
    const book = this.places();
    return [
      ...this.orders.filter(isDraining).map((one) => ({ one, places: book.placesOf(one) })),
      ...this.leaving.map((one) => ({ one, places: [placeOf(one)] })),
    ];
  }

  /** What was lifted or taken up again while its connections were counted has ended otherwise. */
  private end(ended: readonly Ended[]): void {
    const inForce = new Set<Draining>([...this.orders.filter(isDraining), ...this.leaving]);
    const atMs = this.ports.clock.wallTimeMs();
    let { orders } = this;
    const gone = new Map<Leaving, Ended>();
    for (const each of ended) {
      const { one, how, left } = each;
      if (!inForce.has(one)) continue;
      if ('kind' in one) orders = withEnd(orders, one, { how, atMs, left });
      else gone.set(one, each);
    }
    if (gone.size === 0 && orders === this.orders) return;
    const before = this.orders;
    for (const [at, order] of orders.entries()) {
      const drained = before[at];
      if (drained !== undefined && drained !== order) this.watch.carry(drained, order);
    }
    this.take({ ...this.book, orders });
    this.leaving = this.leaving.filter((one) => !gone.has(one));
    this.keepAnyhow();
    for (const [at, order] of orders.entries()) {
      if (order !== before[at] && order.kind === 'drain' && order.ended !== null) {
        tellOrder(this.ports.log, order, { from: ['draining'], order, reason: order.ended.how });
      }
    }
    for (const reason of ['none-left', 'timeout'] as const) {
      const some = [...gone.values()].filter(({ how }) => how === reason);
      const cut = some.reduce(
        (sum, { left }) => sum + (left === null ? 0 : remaining(left, true)),
        0,
      );
      const which = some.map(({ one }) => one as Leaving);
      tellLeaving(this.ports.log, which, { from: 'draining', to: 'removed', reason, left: cut });
    }
    this.ports.onChange('drain ended');
  }
}

export interface Steered {
  readonly meant: Meant;
  readonly said: Steering;
  readonly report: Omit<SteerReport, 'notes' | 'peers'>;
}

function tooMany(): DirectorError {
  const message = `${ORDERS_MAX} real servers are drained or disabled, and no more than that can be`;
  const hint = 'lvsctl drain lists them; enable some, or take them out of the configuration';
  return new DirectorError('TOO_MANY_ORDERS', message, { hint });
}

/** It drains, and has no place any more that could get weight. @throws DirectorError UNKNOWN_SERVER */
function refuseLeaving({ target, servers, leaving }: Meant, orders: readonly Order[]): void {
  const [first] = leaving;
  if (first === undefined || servers.length > 0 || coveredBy(orders, target).length > 0) return;
  const message = `${first.realServer} of ${first.virtualServer} drains already, because a reload has removed it`;
  const hint =
    'lvsctl disable takes it out at once; to keep it, write it into the configuration again and reload (lvsctl rollback)';
  throw new DirectorError('UNKNOWN_SERVER', message, { hint });
}
