/** What the kernel of a simulated host has, whatever becomes of the processes: addresses, and the gate in front of them. */
import type { VirtualAddress } from '../model/vrrp.ts';
import { SimulatedGate } from './gate.ts';
import type { GateEntry, HolderEntry, Journal } from './journal.ts';
import type { VirtualTime } from './time.ts';

type HolderWord = HolderEntry['what'] | GateEntry['what'];

interface Place {
  readonly time: VirtualTime;
  readonly journal: Journal;
}

export class SimulatedKernel {
  readonly gate: SimulatedGate;
  private readonly name: string;
  private readonly place: Place;
  private readonly held = new Set<string>();
  /** What is held, and not shut. */
  private readonly answered = new Set<string>();
  private readonly guarded = new Set<string>();
  private readonly refused = new Set<string>();

  constructor(
    { name, clockRate }: { readonly name: string; readonly clockRate: number },
    place: Place,
  ) {
    this.name = name;
    this.place = place;
    this.gate = new SimulatedGate(place.time, clockRate, (address) => this.compare(address));
  }

  get answersFor(): ReadonlySet<string> {
    return this.answered;
  }

  take(addresses: readonly VirtualAddress[]): void {
    for (const { address } of addresses) {
      this.held.add(address);
      this.compare(address);
    }
  }

  drop(addresses: readonly Pick<VirtualAddress, 'address'>[]): void {
    for (const { address } of addresses) {
      this.held.delete(address);
      this.compare(address);
    }
  }

  /** The power fails. */
  forget(): void {
    this.drop([...this.held].map((address) => ({ address })));
    this.gate.replace();
  }

  /** Tells when it begins or ends that this host answers for an address, and how its gate stands. */
  private compare(address: string): void {
    const { gate } = this;
    this.tell(this.guarded, address, gate.isGuarded(address), ['guards', 'unguards']);
    this.tell(this.refused, address, gate.isRefused(address), ['refuses', 'permits']);
    const answers = this.held.has(address) && !gate.isShut(address);
    this.tell(this.answered, address, answers, ['holds', 'releases']);
  }

  private tell(
    known: Set<string>,
    address: string,
    isSo: boolean,
    [begins, ends]: readonly [HolderWord, HolderWord],
  ): void {
    if (isSo === known.has(address)) return;
    if (isSo) known.add(address);
    else known.delete(address);
    const { time, journal } = this.place;
    journal.add({ at: time.now(), what: isSo ? begins : ends, host: this.name, address });
  }
}
