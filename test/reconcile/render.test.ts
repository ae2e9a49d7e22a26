import { describe, expect, test } from 'vitest';
import type { Destination, Service } from '../../src/model/ipvs-table.ts';
import type { IpvsChange } from '../../src/reconcile/change.ts';
import { explainRefusal, isStale } from '../../src/reconcile/refusal.ts';
import { recordOf, renderChange, renderChanges } from '../../src/reconcile/render.ts';

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
      '+ virtual server fwmark 7 ipv4: sh, scheduler flags fallback+port, persistence 360 s, granularity /24',
      { do: 'add-service', service },
    ],
    [
      '~ virtual server fwmark 7 ipv4: scheduler flags fallback+port → none, persistence 360 s → off (360 s), one-packet off → on',
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
