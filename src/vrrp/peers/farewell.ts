/** What follows the release of the addresses of a master that leaves: a peer is told to take them, or all of a priority 0. */
import type { Holding } from '../holding/holding.ts';

export class Farewell {
  private readonly holding: Holding;
  private tellPeer: (() => Promise<boolean>) | null = null;
  private parting: Promise<boolean> | null = null;

  constructor(holding: Holding) {
    this.holding = holding;
  }

  /** `tellPeer`: tells the peer that is ready; true when it is master, and nobody need be told a priority 0. */
  prepare(tellPeer: () => Promise<boolean>): void {
    this.tellPeer = tellPeer;
  }

  /** As soon as the addresses are gone: the peer that waits need not wait for what else is to be cleared. */
  begin(): void {
    const { tellPeer } = this;
    if (tellPeer === null) return;
    this.tellPeer = null;
    this.holding.afterwards(() => {
      this.parting = tellPeer();
    });
  }

  /** Behind all that the release has asked for. */
  end(sendZero: () => void): void {
    this.holding.afterwards(async () => {
      const isTaken = (await this.parting) ?? false;
      this.parting = null;
      if (!isTaken) sendZero();
    });
  }
}
