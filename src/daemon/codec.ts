/**
 * How a configuration goes to its process. A large one goes in parts, each taken in by itself as it comes: the
 * process checks servers meanwhile, and must not stand still.
 */
import { nextTurn } from '../base/time.ts';

export interface Codec<Config, Part = unknown> {
  /** At least one part. `before`: what the process was sent last. */
  encode(before: Config | null, config: Config): readonly unknown[];
  /** What a part says; the one that was sent before is still the same. */
  decode(before: Config | null, encoded: unknown): Part;
  /** All parts, in their order. */
  join(parts: readonly Part[]): Config;
}

/** A small configuration goes as it is. */
export const AS_IT_IS = {
  encode: <Config>(_before: Config | null, config: Config): readonly unknown[] => [config],
  decode: (_before: unknown, encoded: unknown): unknown => encoded,
  join: <Config>([config]: readonly unknown[]): Config => config as Config,
};

/** The end that a configuration arrives at. Each part is taken in in its own turn of the event loop. */
export class Intake<Config> {
  private readonly codec: Codec<Config>;
  private received: Config | null = null;
  private parts: unknown[] = [];
  /** When all that has come is taken in. */
  private settled: Promise<unknown> = Promise.resolve();

  constructor(codec: Codec<Config>) {
    this.codec = codec;
  }

  /** Some of the next one. */
  take(encoded: unknown): void {
    this.settled = this.settled.then(() => {
      this.parts.push(this.codec.decode(this.received, encoded));
      return nextTurn();
    });
  }

  /** With its last part. */
  finish(encoded: unknown): Promise<Config> {
    return this.inTurn(() => {
      this.received = this.joined(encoded);
      return this.received;
    });
  }

  /** The same of one that does not come into force. */
  look(encoded: unknown): Promise<Config> {
    return this.inTurn(() => this.joined(encoded));
  }

  private inTurn(work: () => Config): Promise<Config> {
    const done = this.settled.then(work);
    this.settled = done;
    return done;
  }

  private joined(last: unknown): Config {
    const parts = [...this.parts, this.codec.decode(this.received, last)];
    this.parts = [];
    return this.codec.join(parts);
  }
}
