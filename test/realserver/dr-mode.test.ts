import { describe, expect, test } from 'vitest';
import {
  findFaults,
  planRemove,
  planSetup,
  type RealServerHost,
  type Step,
} from '../../src/realserver/dr-mode.ts';

const vip = { address: '192.0.2.10', family: 'ipv4' } as const;
const vip6 = { address: '2001:db8::10', family: 'ipv6' } as const;

const fresh: RealServerHost = {
  addresses: [
    { interface: 'lo', address: '127.0.0.1', prefixLength: 8 },
    { interface: 'eth0', address: '192.0.2.21', prefixLength: 24 },
  ],
  all: { arpIgnore: 0, arpAnnounce: 0 },
  interfaces: { eth0: { arpIgnore: 0, arpAnnounce: 0 } },
};

/** The host after the steps, as the kernel would have it. */
function hostAfter(host: RealServerHost, steps: readonly Step[]): RealServerHost {
  let { addresses, all, interfaces } = host;
  for (const step of steps) {
    if (step.do === 'add-address') {
      addresses = [...addresses, { interface: 'lo', ...step }];
    } else if (step.do === 'remove-address') {
      addresses = addresses.filter((held) => held.address !== step.address);
    } else {
      const [, , , name = '', setting] = step.sysctl.split('.');
      const key = setting === 'arp_ignore' ? 'arpIgnore' : 'arpAnnounce';
      if (name === 'all') all = { ...all, [key]: step.to };
      else {
        const own = interfaces[name] ?? all;
        interfaces = { ...interfaces, [name]: { ...own, [key]: step.to } };
      }
    }
  }
  return { addresses, all, interfaces };
}

describe('setup', () => {
  test('silences the kernel before it owns the address', () => {
    expect(planSetup(fresh, [vip])).toEqual([
      { do: 'set', sysctl: 'net.ipv4.conf.all.arp_ignore', from: 0, to: 1 },
      { do: 'set', sysctl: 'net.ipv4.conf.all.arp_announce', from: 0, to: 2 },
      { do: 'add-address', address: '192.0.2.10', prefixLength: 32 },
    ]);
  });

  test('leaves nothing to find, and a second one does nothing', () => {
    const ready = hostAfter(fresh, planSetup(fresh, [vip, vip6]));
    expect(findFaults(ready, [vip, vip6])).toEqual([]);
    expect(planSetup(ready, [vip, vip6])).toEqual([]);
  });

  test('overrules an interface that answers for wider scopes of its own mind', () => {
    const stubborn = { ...fresh, interfaces: { 'eth0.5': { arpIgnore: 3, arpAnnounce: 0 } } };
    expect(planSetup(stubborn, [vip])).toContainEqual({
      do: 'set',
      sysctl: 'net.ipv4.conf.eth0/5.arp_ignore',
      from: 3,
      to: 1,
    });
  });

  test('touches no ARP setting for an IPv6 address', () => {
    expect(planSetup(fresh, [vip6])).toEqual([
      { do: 'add-address', address: '2001:db8::10', prefixLength: 128 },
    ]);
  });
});

describe('remove', () => {
  const changed = { 'net.ipv4.conf.all.arp_ignore': { from: 0, to: 1 } };
  const ready = hostAfter(fresh, planSetup(fresh, [vip]));

  test('takes the address away before ARP is answered again', () => {
    expect(planRemove(ready, [vip], changed)).toEqual([
      { do: 'remove-address', address: '192.0.2.10', prefixLength: 32 },
      { do: 'set', sysctl: 'net.ipv4.conf.all.arp_ignore', from: 1, to: 0 },
    ]);
  });

  test('keeps the settings while another virtual address needs them', () => {
    const two = hostAfter(ready, planSetup(ready, [{ address: '192.0.2.11', family: 'ipv4' }]));
    expect(planRemove(two, [vip], changed)).toEqual([
      { do: 'remove-address', address: '192.0.2.10', prefixLength: 32 },
    ]);
  });
});

describe('check', () => {
  const ready = hostAfter(fresh, planSetup(fresh, [vip]));

  test('names everything that a fresh host lacks', () => {
    expect(findFaults(fresh, [vip]).map(({ code }) => code)).toEqual([
      'address-missing',
      'answers-arp',
      'announces-address',
    ]);
  });

  test('finds arp_ignore switched off afterwards', () => {
    const off = { ...ready, all: { ...ready.all, arpIgnore: 0 } };
    expect(findFaults(off, [vip])[0]).toMatchObject({
      code: 'answers-arp',
      hint: 'sysctl -w net.ipv4.conf.all.arp_ignore=1',
    });
  });

  test('finds the address on an interface that answers for it', () => {
    const held = { interface: 'eth0', address: vip.address, prefixLength: 24 };
    const elsewhere = { ...ready, addresses: [...ready.addresses, held] };
    expect(findFaults(elsewhere, [vip])).toMatchObject([
      { code: 'address-elsewhere', hint: 'ip addr del 192.0.2.10/24 dev eth0' },
    ]);
  });

  test('finds a prefix that makes a whole network local', () => {
    const held = { interface: 'lo', address: vip.address, prefixLength: 24 };
    expect(findFaults({ ...ready, addresses: [held] }, [vip])).toMatchObject([
      { code: 'prefix-too-wide' },
    ]);
  });
});
