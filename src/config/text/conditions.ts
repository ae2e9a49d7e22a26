/**
 * `@ID` and `@^ID` in front of a line: it is for one host, or for all others. Lines for other
 * hosts are dropped, and whether that takes one brace of a block away is kept count of.
 */
import type { Reports } from '../diagnostics/reports.ts';
import { codeOf } from './definitions.ts';
import type { DerivedText } from './derived-text.ts';
import type { Span } from './source.ts';

const CONDITION = /^(\s*)@(\^?)(\S*)(\s*)/;

export interface ConditionOptions {
  readonly configId: string;
  readonly reports: Reports;
  /** Lines of other hosts are taken in as well when they open or close a block, and not both. */
  readonly keepsBraces: boolean;
}

export class Conditions {
  private readonly options: ConditionOptions;
  /** Lines of other hosts open so many more blocks than they close. */
  droppedOpens = 0;
  /** The first of these lines. */
  droppedBrace: Span | null = null;

  constructor(options: ConditionOptions) {
    this.options = options;
  }

  /** How many characters a condition in front takes; null when the line is for another host. */
  keep(line: DerivedText): number | null {
    const found = CONDITION.exec(line.text);
    if (found === null) return 0;
    const [whole, , not, id] = found;
    const same = id === this.options.configId;
    if (same === (not === '')) return whole.length;
    const opens = netBraces(line.text);
    if (opens === 0) return null;
    this.droppedOpens += opens;
    this.droppedBrace ??= line.spanOf(whole.indexOf('@'), line.text.trimEnd().length);
    return this.options.keepsBraces ? whole.length : null;
  }

  /** Of the line behind the first one of a definition. */
  tellOnFirstLine(line: DerivedText): void {
    const [condition] = CONDITION.exec(line.text) ?? [];
    if (condition === undefined) return;
    this.options.reports.add({
      code: 'bad-condition',
      span: line.spanOf(line.text.indexOf('@'), condition.trimEnd().length),
      message: 'keepalived knows no condition on the first line of a definition',
      hint: 'put a line without condition first',
    });
  }

  /** Of what stands behind a condition that has been kept. */
  tellSecond(line: DerivedText): void {
    if (!line.text.startsWith('@')) return;
    const [second = ''] = /^\S+/.exec(line.text) ?? [];
    this.options.reports.add({
      code: 'bad-condition',
      span: line.spanOf(0, second.length),
      message: 'a line has one condition',
      hint: 'write a line for each',
    });
  }
}

/** How many more blocks a line opens than it closes. */
function netBraces(text: string): number {
  const code = codeOf(text).replace(/"[^"]*"|\$\{[^}]*\}/g, '');
  return code.replace(/[^{]/g, '').length - code.replace(/[^}]/g, '').length;
}
