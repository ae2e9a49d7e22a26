/** What is told of virtual and real servers. */
import { describe, expect, test } from 'vitest';
import type { ServerNotice } from '../../src/model/notice.ts';
import { mailOf } from '../../src/notify/mail-text.ts';
import { serverLine, serverRuns } from '../../src/notify/server.ts';

const web = {
  group: null,
  key: { kind: 'address', family: 'ipv4', protocol: 'tcp', address: '192.0.2.10', port: 80 },
  name: '192.0.2.10:80 tcp',
} as const;

const down: ServerNotice = {
  about: 'server',
  virtualServer: web,
  realServer: { address: '10.0.0.1', port: 8080 },
  up: false,
  reason: 'timeout',
  script: { argv: ['/etc/lvsd/down'], account: null },
  mails: true,
};

describe('lines of FIFOs', () => {
  const mark = {
    group: null,
    key: { kind: 'fwmark', family: 'ipv4', mark: 7 },
    name: 'm',
  } as const;

  test.each([
    [down, 'RS [10.0.0.1]:tcp:8080 [192.0.2.10]:tcp:80 DOWN'],
    [{ ...down, realServer: null, up: true }, 'VS [192.0.2.10]:tcp:80 UP'],
    [{ ...down, virtualServer: mark }, 'RS [10.0.0.1]:none:8080 FWM 7 DOWN'],
    [{ ...down, virtualServer: { ...web, group: 'web' } }, 'RS [10.0.0.1]:tcp:8080 [web]:80 DOWN'],
  ] satisfies [ServerNotice, string][])('%#', (notice, line) => {
    expect(serverLine(notice)).toBe(line);
  });
});

test('the script runs as it is, one server after its own changes', () => {
  expect(serverRuns(down)).toEqual([
    {
      errand: 'own-script',
      subject: 'real server 10.0.0.1:8080 of 192.0.2.10:80 tcp',
      script: { argv: ['/etc/lvsd/down'], account: null },
      extraArgs: [],
    },
  ]);
  expect(serverRuns({ ...down, script: null })).toEqual([]);
});

test('mail', () => {
  const how = { routerId: 'LVS_1', withoutFaults: false };
  expect(mailOf(down, how)).toEqual({
    subject: '[LVS_1] Realserver [10.0.0.1]:tcp:8080 of virtual server [192.0.2.10]:tcp:80 - DOWN',
    body: '=> CHECK failed on service : timeout <=\n',
  });
  expect(mailOf({ ...down, realServer: null }, how)?.subject).toBe(
    '[LVS_1] Virtualserver [192.0.2.10]:tcp:80 - DOWN',
  );
  expect(mailOf({ ...down, mails: false }, how)).toBeNull();
});
