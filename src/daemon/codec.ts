/**
 * How a configuration goes to its process. A large one goes in parts, each taken in by itself as it comes: the
 * process checks servers meanwhile, and must not stand still.
 */

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

/** The end that a configuration arrives at. */
export class Intake<Config> {
  private readonly codec: Codec<Config>;
  private received: Config | null = null;
  private parts: unknown[] = [];

  constructor(codec: Codec<Config>) {
    this.codec = codec;
  }

  take(encoded: unknown): void {
    this.parts.push(this.codec.decode(this.received, encoded));
  }

  /** With the last part. */
  finish(encoded: unknown): Config {
    this.take(encoded);
    const config = this.codec.join(this.parts);
    this.parts = [];
    this.received = config;
    return config;
  }

  /** One that comes at once, and does not come into force. */
  look(encoded: unknown): Config {
    const parts = encoded as readonly unknown[];
    return this.codec.join(parts.map((part) => this.codec.decode(this.received, part)));
  }
}
