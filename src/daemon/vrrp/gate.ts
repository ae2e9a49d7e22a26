/**
 * The gate as the VRRP process knows it: the kernel's, where there is nf_tables, and the reason where there is
 * none. What the kernel refuses is logged, and nobody else stops for it.
 */
import { describeError, reasonAndHint } from '../../base/error.ts';
import type { Log } from '../../base/log.ts';
import { type Cancel, type Millis, systemClock } from '../../base/time.ts';
import { Trouble } from '../../base/trouble.ts';
import { type GateOwner, KernelGate, type Renewal } from '../../kernel/gate.ts';
import { livesHere } from '../../kernel/other-daemons.ts';
import type { VrrpInstance } from '../../model/vrrp.ts';
import type { GatePort } from '../../vrrp/ports.ts';

/** nf_tables may be loaded later, or a table of another be deleted. */
const TRY_AGAIN_MS: Millis = 3_000;

const MADE_ANEW = {
  hint: 'let firewalls flush their own tables only: "nft flush ruleset" removes those of everybody',
};

export class Gate implements GatePort {
  private readonly log: Log;
  private readonly owner: GateOwner;
  private kernel: KernelGate | null = null;
  private why: string | null = 'no instance has one';
  private refused: readonly string[] = [];
  private cancelTry: Cancel = () => {};
  private readonly removals: Trouble;
  private readonly refusals: Trouble;

  /** `runDir`: of this daemon. */
  constructor(log: Log, runDir: string) {
    this.log = log;
    const ports = { clock: systemClock, log };
    this.removals = new Trouble(ports, {
      level: 'warn',
      message: 'somebody removed the gate: it is made anew',
      over: null,
    });
    this.refusals = new Trouble(ports, {
      level: 'error',
      message: 'the kernel refused to change the gate',
      over: null,
    });
    this.owner = { runDir, isAlive: (other) => livesHere(other) };
  }

  get missing(): string | null {
    return this.why;
  }

  /**
   * Makes it, if it is not there yet and somebody wants it. Gives the addresses that an earlier life has left
   * open, and for how long: they are prolonged by being opened, unless they run out before.
   */
  setUp(instances: readonly VrrpInstance[]): ReadonlyMap<string, Millis> {
    const none = new Map<string, Millis>();
    const wanted = instances.some((one) => one.gate.mode !== 'off' || !one.accept);
    if (!wanted || this.kernel !== null) return none;
    try {
      const kernel = new KernelGate(this.owner, {
        onMadeAnew: () => this.removals.happened(MADE_ANEW),
        onRefused: (reason) => this.refusals.happened({ reason }),
      });
      const standing = kernel.prepare();
      this.kernel = kernel;
      this.why = null;
      return standing;
    } catch (error) {
      const reason = describeError(error);
      if (reason !== this.why) this.log.warn(reasonAndHint(error), 'there is no gate');
      this.why = reason;
      return none;
    }
  }

  /** Where somebody insists on it and it is not there: tries again and again, and tells when it is. */
  keepTrying(instances: readonly VrrpInstance[], onThere: () => void): void {
    this.cancelTry();
    if (this.kernel !== null || !instances.some((one) => one.gate.mode === 'on')) return;
    this.cancelTry = systemClock.wakeAt(systemClock.now() + TRY_AGAIN_MS, () => {
      this.setUp(instances);
      if (this.missing === null) onThere();
      else this.keepTrying(instances, onThere);
    });
  }

  /** Nothing of an earlier life is guarded or open any more. */
  replace(): void {
    this.attempt(false, (kernel) => {
      kernel.replace();
      return true;
    });
  }

  /** What an earlier life had of these and no instance has taken on is let be. */
  forgetLeft(addresses: readonly string[]): void {
    this.attempt(undefined, (kernel) => kernel.forgetLeft(addresses));
  }

  open(addresses: readonly string[], forMs: Millis): 'open' | 'run-out' | 'refused' {
    return this.attempt('refused', (kernel) => kernel.open(addresses, forMs));
  }

  renew(renewal: Renewal): void {
    this.kernel?.renew(renewal);
  }

  shut(addresses: readonly string[]): void {
    this.attempt(false, (kernel) => kernel.shut(addresses));
  }

  unguard(addresses: readonly string[]): void {
    this.attempt(false, (kernel) => kernel.unguard(addresses));
  }

  refuse(addresses: readonly string[]): void {
    const done = this.attempt(false, (kernel) => kernel.accept(addresses, false));
    if (done) this.refused = [...this.refused, ...addresses];
    else
      this.log.error(
        { addresses },
        'packets to the addresses are not refused: there is no nf_tables',
      );
  }

  permit(addresses: readonly string[]): void {
    const refused = addresses.filter((address) => this.refused.includes(address));
    if (refused.length === 0) return;
    this.refused = this.refused.filter((address) => !refused.includes(address));
    this.attempt(false, (kernel) => kernel.accept(refused, true));
  }

  /** `keep`: what is open stays so until its time is over. */
  close(keep: boolean): void {
    this.cancelTry();
    this.attempt(false, (kernel) => {
      if (!keep) kernel.remove();
      kernel.close();
      return true;
    });
    this.kernel = null;
  }

  private attempt<T>(otherwise: T, run: (kernel: KernelGate) => T): T {
    const { kernel } = this;
    if (kernel === null) return otherwise;
    try {
      return run(kernel);
    } catch (error) {
      this.refusals.happened(reasonAndHint(error));
      return otherwise;
    }
  }
}
