import { expect, test } from 'vitest';
import { parseSpan } from '../../src/base/span.ts';

test.each([
  ['0', 0],
  ['60s', 60_000],
  ['90', 90_000],
  ['5m', 300_000],
  ['24h', 86_400_000],
  ['30d', 2_592_000_000],
])('%s', (text, ms) => {
  expect(parseSpan(text)).toBe(ms);
});

test.each(['', '60 s', '-60', '1e3', '5min', '1.5h', '99999999', 'm'])('"%s" is none', (text) => {
  expect(parseSpan(text)).toBeNull();
});
