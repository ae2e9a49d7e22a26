/** Which leases the instances need now: asked for while one waits or is master, given back when its addresses are gone. */
import type { LeaseSubject } from '../model/lease.ts';
import { isWaiting, type LeaseView } from './machine/leased.ts';
import type { LeasePort } from './ports.ts';
import type { VirtualRouter } from './virtual-router.ts';

interface Need {
  readonly name: string;
  readonly routers: readonly VirtualRouter[];
  /** The priority that it was asked for with; null: it is not. */
  wantedWith: number | null;
}

export class Leases {
  private readonly port: LeasePort;
  private needs: readonly Need[] = [];

  constructor(port: LeasePort) {
    this.port = port;
  }

  configure(subjects: readonly LeaseSubject[], routers: readonly VirtualRouter[]): void {
    for (const router of routers) router.lease = null;
    this.needs = subjects.map(({ name, instances }) => {
      const members = routers.filter((router) => instances.includes(router.name));
      const lease: LeaseView = {
        isHeld: () => this.port.holdsUntil(name) !== null,
        holdsUntil: () => this.port.holdsUntil(name),
      };
      for (const router of members) router.lease = lease;
      const known = this.needs.find((need) => need.name === name);
      return { name, routers: members, wantedWith: known?.wantedWith ?? null };
    });
  }

  /** Those that wait for a lease, but need none since a reload. */
  freed(routers: readonly VirtualRouter[]): readonly VirtualRouter[] {
    return routers.filter(({ lease, state }) => lease === null && isWaiting(state));
  }

  /** Masters that have no lease, but need one since a reload. */
  lacking(): readonly VirtualRouter[] {
    return this.needs
      .filter(({ name }) => this.port.holdsUntil(name) === null)
      .flatMap(({ routers }) => routers.filter(({ state }) => state.is === 'master'));
  }

  membersOf(name: string): readonly VirtualRouter[] {
    return this.needs.find((need) => need.name === name)?.routers ?? [];
  }

  /** Compares what is needed with what was asked for. */
  follow(): void {
    for (const need of this.needs) {
      const users = need.routers.filter(({ state }) => state.is === 'master' || isWaiting(state));
      if (users.length === 0) {
        if (need.wantedWith !== null) this.giveBack(need);
        continue;
      }
      const priority = Math.max(...users.map((router) => router.effectivePriority));
      if (need.wantedWith === priority) continue;
      need.wantedWith = priority;
      this.port.want(need.name, priority);
    }
  }

  /** It was granted. Nobody needs it any more? Who keeps it would keep all others from it. */
  dropUnused(name: string): void {
    const need = this.needs.find((one) => one.name === name);
    if (need !== undefined && need.wantedWith === null) this.giveBack(need);
  }

  /** It was lost: it has to be asked for again. */
  forget(name: string): void {
    const need = this.needs.find((one) => one.name === name);
    if (need !== undefined) need.wantedWith = null;
  }

  /** Those of these routers and of no other, whose addresses are gone. */
  releaseNow(routers: readonly VirtualRouter[]): void {
    for (const need of this.needs) {
      if (!need.routers.every((router) => routers.includes(router))) continue;
      need.wantedWith = null;
      this.port.release(need.name);
    }
  }

  /** All of them, when the addresses are gone. */
  async handBack(): Promise<void> {
    const wanted = this.needs.filter((need) => need.wantedWith !== null);
    await Promise.all(wanted.flatMap(({ routers }) => routers.map((router) => router.released())));
    for (const { name } of wanted) this.port.release(name);
  }

  /** When the addresses are gone, and nobody needs it again meanwhile. */
  private giveBack(need: Need): void {
    need.wantedWith = null;
    void Promise.all(need.routers.map((router) => router.released())).then(() => {
      if (need.wantedWith === null) this.port.release(need.name);
    });
  }
}
