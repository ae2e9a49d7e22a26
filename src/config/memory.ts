/**
 * What one reading of a configuration remembers for the next: virtual servers, by their text. One that stands
 * there again to the letter is neither cut into words nor built again, and is the same object as before:
 * whoever compares two configurations passes over it at a glance.
 */
import type { VirtualServer } from '../model/virtual-server.ts';
import type { Told } from './diagnostics/diagnostic.ts';
import type { ConfigEnvironment } from './environment.ts';
import type { Span } from './text/source.ts';

/** A block of the file. */
interface Block {
  /** Its keyword and label as written. */
  readonly head: string;
  /** What stands between its braces; null: not all of it was written there. */
  readonly text: string | null;
  /** The same text as an earlier reading has it. */
  readonly remembered: string | null;
  /** Of its keyword. */
  readonly span: Span;
}

/** What was made of a block, and what was told of it. */
interface Lesson {
  readonly server: VirtualServer;
  readonly told: readonly Told[];
}

interface Remembered extends Lesson {
  readonly body: string;
  /** Where its block began. */
  readonly start: number;
}

/** By the words in front of the brace. One address may have a virtual server of each protocol. */
type Servers = Map<string, readonly Remembered[]>;

/** Belongs to one configuration file, read again and again. */
export class Memory {
  private known: Servers = new Map();
  private learnt: Servers = new Map();
  /** All that a virtual server means apart from its text. */
  private surroundings = '';
  private asked = 0;

  /** How often the machine was asked for something that may be otherwise next time. */
  get questions(): number {
    return this.asked;
  }

  /** The same environment, with its questions counted. */
  watched(environment: ConfigEnvironment): ConfigEnvironment {
    return new Proxy(environment, {
      get: (target, name) => {
        this.asked += 1;
        return Reflect.get(target, name);
      },
    });
  }

  /** What stood between the braces behind these words. */
  bodiesOf(head: string): readonly string[] {
    return this.known.get(head)?.map(({ body }) => body) ?? [];
  }

  /** What was made of a block that stands there again, and what is to be told of it where it stands now. */
  recall({ head, remembered, span: { file, start } }: Block): Lesson | null {
    const found = this.known.get(head)?.find(({ body }) => body === remembered);
    if (found === undefined) return null;
    const shift = start - found.start;
    const told = found.told.map(({ report, once }) => {
      const { span } = report;
      const moved = { file, start: span.start + shift, end: span.end + shift };
      return { report: { ...report, span: moved }, once };
    });
    return { server: found.server, told };
  }

  /** Not if something is told that stands elsewhere. */
  learn({ head, text, span: { file, start } }: Block, { server, told }: Lesson): void {
    const isHere = told.every(({ report: { span } }) => span.file === file && !span.definedAt);
    if (text === null || !isHere) return;
    // Its file is the text of this reading, which is not to be kept longer than the next one.
    const one = { body: text, start, server, told };
    const namesakes = this.learnt.get(head);
    this.learnt.set(head, namesakes === undefined ? [one] : [...namesakes, one]);
  }

  /**
   * A reading has come to its end: the next one knows what this one has learnt, and no more.
   * @returns false when what was known does not mean the same as then, so that this reading is not to be used
   */
  turnOver(surroundings: string): boolean {
    const holds = this.known.size === 0 || surroundings === this.surroundings;
    this.surroundings = surroundings;
    this.known = this.learnt;
    this.learnt = new Map();
    return holds;
  }

  forget(): void {
    this.known.clear();
    this.learnt.clear();
  }
}
