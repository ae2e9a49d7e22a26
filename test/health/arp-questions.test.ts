import { describe, expect, test } from 'vitest';
import { atOnce } from '../../src/base/slices.ts';
import {
  type ArpHost,
  type ArpQuestion,
  arpAnswers,
  arpQuestions,
} from '../../src/health/arp-questions.ts';
import { realServer, serviceKey, virtualServer } from './make.ts';

const CLIENTS = {
  index: 2,
  name: 'eth0',
  mac: '02:00:00:00:00:02',
  networks: [
    { address: '192.0.2.2', prefixLength: 24 },
    { address: '192.0.2.10', prefixLength: 32 },
  ],
};
const SERVERS = {
  index: 3,
  name: 'eth1',
  mac: '02:00:00:00:01:02',
  networks: [{ address: '198.51.100.2', prefixLength: 24 }],
};
const HOST: ArpHost = {
  links: [CLIENTS, SERVERS],
  held: new Set(['192.0.2.2', '192.0.2.10', '192.0.2.11', '198.51.100.2']),
};

const server = (address: string, ...realServers: ReturnType<typeof realServer>[]) =>
  virtualServer({ keys: [serviceKey(address)], realServers });

describe('what is asked', () => {
  test('on the link of the real servers, each address once', () => {
    const [one, two] = [realServer('198.51.100.21'), realServer('198.51.100.22')];
    const servers = [server('192.0.2.10', one, two), server('192.0.2.11', two)];
    expect(atOnce(arpQuestions(servers, HOST))).toEqual([
      {
        link: SERVERS,
        virtualAddresses: ['192.0.2.10', '192.0.2.11'],
        realServers: ['198.51.100.21', '198.51.100.22'],
      },
    ]);
  });

  test('on each link that has some', () => {
    const servers = [server('192.0.2.10', realServer('198.51.100.21'), realServer('192.0.2.21'))];
    expect(atOnce(arpQuestions(servers, HOST)).map(({ link }) => link.name)).toEqual([
      'eth0',
      'eth1',
    ]);
  });

  test('all addresses of a group', () => {
    const keys = [serviceKey('192.0.2.10'), serviceKey('192.0.2.11')];
    const group = virtualServer({ keys, realServers: [realServer('198.51.100.21')] });
    expect(atOnce(arpQuestions([group], HOST))[0]?.virtualAddresses).toEqual([
      '192.0.2.10',
      '192.0.2.11',
    ]);
  });

  test.each([
    ['NAT', server('192.0.2.10', realServer('198.51.100.21', { forwarding: 'nat' }))],
    ['an address that another director holds', server('192.0.2.99', realServer('198.51.100.21'))],
    ['a real server behind a router', server('192.0.2.10', realServer('203.0.113.5'))],
    ['a real server that is this host', server('192.0.2.10', realServer('198.51.100.2'))],
    ['IPv6', server('fd00::10', realServer('fd00::21'))],
    [
      'a firewall mark',
      virtualServer({
        keys: [{ kind: 'fwmark', family: 'ipv4', mark: 7 }],
        realServers: [realServer('198.51.100.21')],
      }),
    ],
  ])('nothing for %s', (_, virtual) => {
    expect(atOnce(arpQuestions([virtual], HOST))).toEqual([]);
  });
});

describe('what the answers mean', () => {
  const question: ArpQuestion = {
    link: SERVERS,
    virtualAddresses: ['192.0.2.10', '192.0.2.11'],
    realServers: ['198.51.100.21', '198.51.100.22'],
  };
  const [MAC21, MAC22, STRANGER] = ['02:00:00:00:01:21', '02:00:00:00:01:22', '02:99:00:00:00:01'];
  const real = [
    { address: '198.51.100.21', mac: MAC21 },
    { address: '198.51.100.22', mac: MAC22 },
  ];

  test('the real server with that MAC is named, once', () => {
    const claim = { address: '192.0.2.10', mac: MAC22 };
    expect(arpAnswers(question, [claim, ...real, claim])).toEqual([
      { realServer: '198.51.100.22', virtualAddress: '192.0.2.10', mac: MAC22 },
    ]);
  });

  test('a MAC that is no real server’s names nobody', () => {
    expect(arpAnswers(question, [{ address: '192.0.2.10', mac: STRANGER }, ...real])).toEqual([]);
  });

  test('an address that was not asked for means nothing', () => {
    expect(arpAnswers(question, [{ address: '192.0.2.77', mac: MAC21 }, ...real])).toEqual([]);
  });
});
