/** What a master holds for its instance: taken, announced, put back and released, one after the other. */
import type { VirtualAddress, VrrpInstance } from '../model/vrrp.ts';
import type { Counters } from './counters.ts';
import type { VrrpPorts } from './ports.ts';

type HoldingPorts = Pick<VrrpPorts, 'addresses' | 'announcer' | 'log'>;

export class Holding {
  private readonly ports: HoldingPorts;
  private readonly counters: Counters;
  /** Effects on the link that must follow each other, such as a release and the priority 0 after it. */
  private turn: Promise<void> = Promise.resolve();

  constructor(ports: HoldingPorts, counters: Counters) {
    this.ports = ports;
    this.counters = counters;
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
    this.afterwards(() => this.ports.addresses.hold(allAddresses(instance)));
  }

  release(instance: VrrpInstance): void {
    this.afterwards(() => this.ports.addresses.release(allAddresses(instance)));
  }

  announce(instance: VrrpInstance, times: number): void {
    this.afterwards(() => this.tell(allAddresses(instance), times));
  }

  /** A master goes on under another configuration: what has left it goes, what is new comes. */
  change(before: VrrpInstance, after: VrrpInstance): void {
    const { gone, added } = addressDifference(before, after);
    this.afterwards(() => this.ports.addresses.release(gone));
    this.add(added, after.announce.repeat);
  }

  /** Somebody removed an address; if it is ours, it is put back. */
  putBack(instance: VrrpInstance, address: string): void {
    const held = allAddresses(instance).find((one) => one.address === address);
    if (held === undefined) return;
    this.counters.add('addressesPutBack');
    this.ports.log.warn(
      { instance: instance.name, address },
      'address was removed and is put back',
    );
    this.add([held], instance.announce.repeat);
  }

  private add(addresses: readonly VirtualAddress[], times: number): void {
    this.afterwards(() => this.ports.addresses.hold(addresses));
    this.afterwards(() => this.tell(addresses, times));
  }

  private tell(addresses: readonly VirtualAddress[], times: number): void {
    for (let time = 0; time < times; time += 1) {
      for (const { interface: link, address } of addresses) {
        this.ports.announcer.announce(link, address);
      }
    }
    this.counters.add('announcementsSent', times * addresses.length);
  }
}

export function allAddresses({
  addresses,
  excludedAddresses,
}: VrrpInstance): readonly VirtualAddress[] {
  return [...addresses, ...excludedAddresses];
}

/** The addresses that a reload takes from an instance, and those that it gives to it. */
export function addressDifference(
  before: VrrpInstance,
  after: VrrpInstance,
): { readonly gone: readonly VirtualAddress[]; readonly added: readonly VirtualAddress[] } {
  const [old, now] = [allAddresses(before), allAddresses(after)];
  return {
    gone: old.filter((one) => !has(now, one)),
    added: now.filter((one) => !has(old, one)),
  };
}

function has(list: readonly VirtualAddress[], one: VirtualAddress): boolean {
  return list.some(
    (other) =>
      other.address === one.address &&
      other.prefixLength === one.prefixLength &&
      other.interface === one.interface,
  );
}
