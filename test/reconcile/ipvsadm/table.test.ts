/** The golden files were printed by ipvsadm 1.31 on user-mode Linux 6.1, from the table of example.ts. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { renderDaemons, renderTimeouts } from '../../../src/reconcile/ipvsadm/settings.ts';
import {
  needsStatistics,
  renderTable,
  type TableView,
} from '../../../src/reconcile/ipvsadm/table.ts';
import { decodeService, encodeServiceReply } from '../../../src/wire/ipvs/reply.ts';
import type { Service } from '../../../src/wire/ipvs/service.ts';
import { NO_STATISTICS } from '../../../src/wire/ipvs/statistics.ts';
import { TableColumns } from '../../../src/wire/ipvs/table.ts';
import { columnsOf, SimulatedIpvs } from '../../world/ipvs.ts';
import { EXAMPLE, EXAMPLE_STATISTICS } from './example.ts';

const INFO = { version: '1.2.1', tableSize: 4096 };

function textOf(pieces: Iterable<Uint8Array>): string {
  let text = '';
  for (const piece of pieces) text += Buffer.from(piece).toString();
  return text;
}

function exampleColumns(withStatistics: boolean): TableColumns {
  const ipvs = new SimulatedIpvs();
  for (const change of EXAMPLE) expect(ipvs.make(change)).toEqual({ done: true });
  const statistics = EXAMPLE_STATISTICS;
  const services = ipvs.table().services.map(({ service, destinations }) => ({
    service: { ...service, statistics },
    destinations: destinations.map((one) => ({ ...one, statistics })),
  }));
  return columnsOf({ services }, { withStatistics });
}

describe('the table as ipvsadm prints it', () => {
  test.each<[string, TableView, boolean]>([
    ['forwarding', 'forwarding', false],
    ['forwarding', 'forwarding', true],
    ['statistics', 'statistics', false],
    ['statistics-exact', 'statistics', true],
    ['rates', 'rates', false],
    ['rates-exact', 'rates', true],
    ['thresholds', 'thresholds', false],
    ['persistent-connections', 'persistent-connections', false],
    ['tunnels', 'tunnels', false],
  ])('%s: %s, exact %s', (name, view, exact) => {
    const golden = new URL(`../../golden/ipvsadm/${name}.txt`, import.meta.url);
    const table = exampleColumns(needsStatistics(view));
    expect(textOf(renderTable(INFO, table, { view, exact }))).toBe(readFileSync(golden, 'utf8'));
  });

  test('an IPv4 mask with gaps, which nobody but ipvsadm sets', () => {
    const made = EXAMPLE[4] as { readonly service: Service };
    const message = encodeServiceReply({ ...made.service, statistics: NO_STATISTICS });
    const mask = Buffer.from(message).indexOf(Buffer.from([255, 255, 255, 0]));
    message.set([255, 0, 255, 0], mask);
    const table = new TableColumns({ withStatistics: false });
    table.open(decodeService(message) ?? expect.fail('the message is sound'));
    expect(textOf(renderTable(INFO, table))).toContain(
      'FWM  7 sh persistent 360 mask 255.0.255.0\n',
    );
  });

  test('grows as the table does', () => {
    const ipvs = new SimulatedIpvs();
    const web = EXAMPLE.find((change) => change.do === 'add-destination');
    const service = EXAMPLE.find(({ do: verb }) => verb === 'add-service');
    if (web?.do !== 'add-destination' || service?.do !== 'add-service') expect.fail('no example');
    const { key } = service.service;
    ipvs.make(service);
    for (let host = 0; host < 5000; host += 1) {
      const address = `10.1.${host >> 8}.${host & 0xff}`;
      ipvs.make({ do: 'add-destination', key, destination: { ...web.destination, address } });
    }
    const lines = textOf(renderTable(INFO, columnsOf(ipvs.table()))).split('\n');
    expect(lines).toHaveLength(3 + 1 + 5000 + 1);
    expect(lines.at(-2)).toBe(
      '  -> 10.1.19.135:0                Route   1      0          0         ',
    );
  });
});

describe('the settings as ipvsadm prints them', () => {
  test('timeouts', () => {
    const timeouts = { tcpSeconds: 900, tcpFinSeconds: 120, udpSeconds: 300 };
    expect(renderTimeouts(timeouts)).toBe('Timeout (tcp tcpfin udp): 900 120 300\n');
  });

  test('sync daemons, or nothing', () => {
    const told = { interface: 'd0', syncId: 7, port: 8848 };
    expect(renderDaemons([])).toBe('');
    expect(
      renderDaemons([
        { ...told, role: 'master', syncId: 255, maxlen: 1472, group: '224.0.0.81', ttl: 3 },
        { ...told, role: 'backup', maxlen: 1400, group: 'ff02::81', ttl: 1 },
      ]),
    ).toBe(
      'master sync daemon (mcast=d0, syncid=255, maxlen=1472, group=224.0.0.81, port=8848, ttl=3)\n' +
        'backup sync daemon (mcast=d0, syncid=7, maxlen=1400, group=ff02::81, port=8848, ttl=1)\n',
    );
  });

  test('a kernel before 4.3 tells less', () => {
    const old = { maxlen: null, group: null, port: null, ttl: null };
    expect(renderDaemons([{ ...old, role: 'backup', interface: 'd0', syncId: 7 }])).toBe(
      'backup sync daemon (mcast=d0, syncid=7)\n',
    );
  });
});
