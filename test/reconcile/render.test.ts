import { describe, expect, test } from 'vitest';
import type { Destination, Service } from '../../src/model/ipvs-table.ts';
import type { IpvsChange } from '../../src/reconcile/change.ts';
import { explainRefusal, isStale } from '../../src/reconcile/refusal.ts';
import { asTold, recordOf, renderChange, renderChanges } from '../../src/reconcile/render.ts';

const service: Service = {
  key: { kind: 'fwmark', family: 'ipv4', mark: 7 },
  scheduler: 'sh',
  persistent: true,
  onePacket: false,
  schedulerFlags: { fallback: true, port: true, third: false },
  timeoutSeconds: 360,
  granularityBits: 24,
  engine: null,
};

const destination: Destination = {
  address: 'fd00::3',
  port: 443,
  forwarding: 'tun',
  tunnel: { type: 'gue', port: 6080, flags: 1 },
  weight: 2,
  upperThreshold: 10,
  lowerThreshold: 5,
};

const { key } = service;

describe('a change is rendered', () => {
  test.each<[string, IpvsChange]>([
    [
      '+ virtual server fwmark 7 ipv4: sh, scheduler flags sh-fallback sh-port, persistence 360 s, granularity /24',
      { do: 'add-service', service },
    ],
    [
      '~ virtual server fwmark 7 ipv4: scheduler flags sh-fallback sh-port → none, persistence 360 s → off (360 s), one-packet off → on',
      {
        do: 'edit-service',
        before: service,
        service: {
          ...service,
          schedulerFlags: { fallback: false, port: false, third: false },
          persistent: false,
          onePacket: true,
        },
      },
    ],
    [
      '- virtual server fwmark 7 ipv4: 1 real server',
      { do: 'remove-service', key, before: { service, destinations: [destination] } },
    ],
    [
      '+ real server [fd00::3]:443 of fwmark 7 ipv4: tun, tunnel gue port 6080 csum, weight 2, upper threshold 10, lower threshold 5',
      { do: 'add-destination', key, destination },
    ],
    [
      '~ real server [fd00::3]:443 of fwmark 7 ipv4: tun → dr, tunnel gue port 6080 csum → none, weight 2 → 0',
      {
        do: 'edit-destination',
        key,
        before: destination,
        destination: { ...destination, forwarding: 'dr', tunnel: null, weight: 0 },
      },
    ],
    [
      '- real server [fd00::3]:443 of fwmark 7 ipv4',
      { do: 'remove-destination', key, destination },
    ],
  ])('%s', (line, change) => {
    expect(renderChange(change)).toBe(line);
    expect(renderChanges([change, change])).toBe(`${line}\n${line}\n`);
  });

  test('for machines with the values of both sides', () => {
    const after = { ...destination, weight: 0 };
    const change = {
      do: 'edit-destination',
      key,
      before: destination,
      destination: after,
    } as const;
    expect(recordOf(change)).toEqual({
      change: 'edit-destination',
      virtualServer: 'fwmark 7 ipv4',
      realServer: '[fd00::3]:443',
      from: destination,
      to: after,
    });
    expect(recordOf({ do: 'add-service', service })).toEqual({
      change: 'add-service',
      virtualServer: 'fwmark 7 ipv4',
      to: service,
    });
  });
});

describe('a refusal', () => {
  const refused = (name: string) => ({ done: false, errno: 1, name, detail: null }) as const;

  test.each<[IpvsChange, string, RegExp]>([
    [{ do: 'add-service', service: { ...service, engine: 'sip' } }, 'ENOENT', /ip_vs_pe_sip/],
    [{ do: 'edit-service', service, before: service }, 'EINVAL', /combination of scheduler/],
    [{ do: 'add-destination', key, destination }, 'EINVAL', /multicast/],
    [{ do: 'add-destination', key, destination }, 'ERANGE', /lower threshold/],
    [{ do: 'add-service', service }, 'EAFNOSUPPORT', /CONFIG_IP_VS_IPV6/],
    [{ do: 'remove-destination', key, destination }, 'ENOENT', /another program/],
  ])('of %o with %s says what to do', (change, name, hint) => {
    expect(explainRefusal(change, refused(name)).hint).toMatch(hint);
  });

  test('keeps the sentence of the kernel', () => {
    const error = explainRefusal(
      { do: 'add-service', service },
      { done: false, errno: 22, name: 'EINVAL', detail: 'Attribute failed policy validation' },
    );
    expect(error.message).toBe(
      'the kernel refused to add virtual server fwmark 7 ipv4: EINVAL (Attribute failed policy validation)',
    );
    expect(error.errno).toBe(22);
  });

  test('of an unknown scheduler is no sign of another program', () => {
    expect(isStale({ do: 'add-service', service }, refused('ENOENT'))).toBe(false);
    expect(isStale({ do: 'edit-service', service, before: service }, refused('ENOENT'))).toBe(
      false,
    );
  });
});

describe('changes are told', () => {
  const mh: Service = {
    ...service,
    scheduler: 'mh',
    persistent: false,
    timeoutSeconds: 0,
    granularityBits: 32,
    schedulerFlags: { fallback: true, port: false, third: false },
  };
  const bare: Service = { ...mh, scheduler: 'none' };
  const fill: IpvsChange = { do: 'add-destination', key, destination };
  const other: Service = { ...service, key: { kind: 'fwmark', family: 'ipv4', mark: 8 } };

  test('of a new mh service as of one that has mh, though it is bound last', () => {
    const changes: readonly IpvsChange[] = [
      { do: 'add-service', service: bare },
      fill,
      { do: 'add-service', service: other },
      { do: 'edit-service', service: mh, before: bare },
    ];
    expect(asTold(changes).map(renderChange)).toEqual([
      '+ virtual server fwmark 7 ipv4: mh, scheduler flags mh-fallback',
      renderChange(fill),
      renderChange({ do: 'add-service', service: other }),
    ]);
  });

  test('as they are where a service has had no scheduler before, or gets none', () => {
    const bound: readonly IpvsChange[] = [{ do: 'edit-service', service: mh, before: bare }];
    expect(asTold(bound)).toEqual(bound);
    const refused: readonly IpvsChange[] = [{ do: 'add-service', service: bare }, fill];
    expect(asTold(refused)).toBe(refused);
  });

  test.each<[scheduler: string, words: string]>([
    ['mh', 'mh-fallback mh-port flag-3'],
    ['sh', 'sh-fallback sh-port flag-3'],
    ['wrr', 'flag-1 flag-2 flag-3'],
  ])('with the flags of %s as the configuration writes them', (scheduler, words) => {
    const all = { fallback: true, port: true, third: true };
    const one: Service = { ...mh, scheduler, schedulerFlags: all };
    expect(renderChange({ do: 'add-service', service: one })).toBe(
      `+ virtual server fwmark 7 ipv4: ${scheduler}, scheduler flags ${words}`,
    );
  });
});
