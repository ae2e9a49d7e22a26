import { expect, test } from 'vitest';
import { formatService } from '../../src/model/names.ts';
import type { ServiceKey } from '../../src/model/virtual-server.ts';

test.each<[string, ServiceKey]>([
  [
    '10.0.0.1:80 tcp',
    { kind: 'address', family: 'ipv4', protocol: 'tcp', address: '10.0.0.1', port: 80 },
  ],
  [
    '[fd00::1]:0 sctp',
    { kind: 'address', family: 'ipv6', protocol: 'sctp', address: 'fd00::1', port: 0 },
  ],
  ['fwmark 7 ipv4', { kind: 'fwmark', family: 'ipv4', mark: 7 }],
  ['fwmark 7 ipv6', { kind: 'fwmark', family: 'ipv6', mark: 7 }],
])('a virtual server is called %s', (name, key) => {
  expect(formatService(key)).toBe(name);
});
