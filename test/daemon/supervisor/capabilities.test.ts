import { expect, test } from 'vitest';
import { missingCapabilities } from '../../../src/daemon/supervisor/capabilities.ts';

const status = (mask: string): string =>
  `Name:\tnode\nCapPrm:\t0000000000000000\nCapEff:\t${mask}\n`;

test.each([
  ['root lacks nothing', '000001ffffffffff', []],
  ['an ordinary user lacks both', '0000000000000000', ['CAP_NET_ADMIN', 'CAP_NET_RAW']],
  ['a service with CAP_NET_ADMIN alone lacks raw sockets', '0000000000001000', ['CAP_NET_RAW']],
])('%s', (_, mask, names) => {
  expect(missingCapabilities(status(mask)).map(({ name }) => name)).toEqual(names);
});
