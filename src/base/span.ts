/** Spans of time as an operator writes them: `90`, `90s`, `5m`, `2h`, `1d`. */
import type { Millis } from './time.ts';

const UNIT_MS: Readonly<Record<string, Millis>> = {
  '': 1_000,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** Whole seconds, or minutes, hours or days; null: it is no such thing. */
export function parseSpan(text: string): Millis | null {
  const [, digits, unit = ''] = /^(\d{1,7})([smhd]?)$/.exec(text) ?? [];
  return digits === undefined ? null : Number(digits) * (UNIT_MS[unit] ?? 0);
}
