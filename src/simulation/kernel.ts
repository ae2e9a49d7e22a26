/** What the kernel of a simulated host has, whatever becomes of the processes: addresses, and the gate in front of them. */
import type { VirtualAddress } from '../model/vrrp.ts';
import { SimulatedGate } from './gate.ts';
import type { Journal } from './journal.ts';
import type { VirtualTime } from './time.ts';

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

  /** Tells when it begins or ends that this host answers for an address. */
  private compare(address: string): void {
    const answers = this.held.has(address) && !this.gate.isShut(address);
    if (answers === this.answered.has(address)) return;
    if (answers) this.answered.add(address);
    else this.answered.delete(address);
    const { time, journal } = this.place;
    const what = answers ? 'holds' : 'releases';
    journal.add({ at: time.now(), what, host: this.name, address });
  }
}
