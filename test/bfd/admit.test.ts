/** Whose packet it is, and whether it is believed: RFC 5880 §6.3, §6.8.6; RFC 5881 §5; RFC 5082. */
import { describe, expect, test } from 'vitest';
import { type Admitted, admit, type Candidate, type Received } from '../../src/bfd/admit.ts';
import { type ControlPacket, encodeControl } from '../../src/wire/bfd.ts';

interface Named extends Candidate {
  readonly name: string;
}

function session(
  name: string,
  over: Partial<Candidate['instance']> = {},
  state: Candidate['session'] = { is: 'down', localDiscriminator: 1 },
): Named {
  const instance = {
    neighbour: '192.0.2.3',
    source: null,
    multihop: false,
    hopLimitMin: 255,
    ...over,
  };
  return { name, instance, session: state };
}

const PACKET: ControlPacket = {
  diagnostic: 'none',
  state: 'down',
  poll: false,
  final: false,
  controlPlaneIndependent: false,
  demand: false,
  detectMultiplier: 3,
  myDiscriminator: 9,
  yourDiscriminator: 0,
  desiredMinTxMs: 1_000,
  requiredMinRxMs: 10,
  requiredMinEchoRxMs: 0,
  authenticationType: null,
};

function received(packet: Partial<ControlPacket> = {}, over: Partial<Received> = {}): Received {
  return {
    source: '192.0.2.3',
    destination: '192.0.2.2',
    hopLimit: 255,
    multihop: false,
    payload: encodeControl({ ...PACKET, ...packet }),
    ...over,
  };
}

const outcome = (admitted: Admitted<Named>): string =>
  'packet' in admitted ? `for ${admitted.session.name}` : admitted.drop;

describe('who does not know us yet is found by its address', () => {
  test('the neighbour', () => {
    expect(outcome(admit(received(), [session('a')]))).toBe('for a');
  });

  test('over IPv6, too', () => {
    const six = { source: '2001:db8::3', destination: '2001:db8::2' };
    const one = session('six', { neighbour: '2001:db8::3' });
    expect(outcome(admit(received({}, six), [session('four'), one]))).toBe('for six');
  });

  test('a stranger is nobody', () => {
    const stranger = received({}, { source: '192.0.2.4' });
    expect(admit(stranger, [session('a')])).toEqual({ drop: 'no-session', session: null });
  });

  test('of two sessions with one neighbour the one with the address that was spoken to', () => {
    const both = [session('any'), session('bound', { source: '192.0.2.2' })];
    expect(outcome(admit(received(), both))).toBe('for bound');
    expect(outcome(admit(received({}, { destination: '192.0.2.5' }), both))).toBe('for any');
  });

  test('one hop and many are different sessions', () => {
    const far = session('far', { multihop: true, hopLimitMin: 250 });
    expect(outcome(admit(received(), [far]))).toBe('no-session');
    expect(outcome(admit(received({}, { multihop: true, hopLimit: 251 }), [far]))).toBe('for far');
  });

  test.each(['init', 'up'] as const)('and cannot be %s: it would have heard us', (state) => {
    expect(outcome(admit(received({ state }), [session('a')]))).toBe('state');
  });
});

describe('who knows us is found by our discriminator', () => {
  const two = [
    session('a', {}, { is: 'init', localDiscriminator: 1 }),
    session('b', { neighbour: '192.0.2.4' }, { is: 'up', localDiscriminator: 2 }),
  ];

  test('whatever its state', () => {
    const packet = { yourDiscriminator: 2, state: 'up' } as const;
    expect(outcome(admit(received(packet, { source: '192.0.2.4' }), two))).toBe('for b');
  });

  test('one that is not ours is of nobody: it was of an earlier life', () => {
    expect(outcome(admit(received({ yourDiscriminator: 77 }), two))).toBe('no-session');
  });

  test('from somebody else than the neighbour it is not believed', () => {
    expect(outcome(admit(received({ yourDiscriminator: 2 }), two))).toBe('source');
  });
});

test.each([
  [255, 255, 'for a'],
  [255, 254, 'hop-limit'],
  [255, 0, 'hop-limit'],
  [253, 253, 'for a'],
  [253, 252, 'hop-limit'],
  [64, 64, 'for a'],
  [64, 63, 'hop-limit'],
  [0, 1, 'for a'],
])('where %i is the least, a hop limit of %i is %s', (hopLimitMin, hopLimit, expected) => {
  const one = session('a', { hopLimitMin });
  expect(outcome(admit(received({}, { hopLimit }), [one]))).toBe(expected);
});

test('an authenticated packet is refused: our sessions are not (§6.8.6)', () => {
  const section = [1, 4, 1, 0x61];
  const payload = Uint8Array.from([...encodeControl(PACKET), ...section]);
  payload[1] = (payload[1] ?? 0) | 0x04;
  payload[3] = 28;
  expect(outcome(admit(received({}, { payload }), [session('a')]))).toBe('authentication');
});

test('a session that is down by intention hears nothing', () => {
  const stopped = session('a', {}, { is: 'admin-down', localDiscriminator: 1 });
  expect(outcome(admit(received(), [stopped]))).toBe('admin-down');
});

test('what is no packet has its reason', () => {
  expect(outcome(admit(received({}, { payload: new Uint8Array(5) }), [session('a')]))).toBe(
    'length',
  );
});
