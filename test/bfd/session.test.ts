/** The machine of one session: all states and what may be heard in them, timers, polls, and two machines on a wire. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type BfdEffect,
  type BfdEvent,
  detectionMs,
  newSession,
  nextDeadline,
  type Session,
  type SessionRules,
  type Step,
  step,
  transmitMs,
} from '../../src/bfd/session.ts';
import type { BfdState, ControlPacket } from '../../src/wire/bfd.ts';

const NOW = 100_000;
const MIDDLE = { now: NOW, chance: 0.5 };

const RULES: SessionRules = {
  passive: false,
  minTxMs: 50,
  minRxMs: 60,
  idleTxMs: 1_000,
  multiplier: 3,
};

const PACKET: ControlPacket = {
  diagnostic: 'none',
  state: 'down',
  poll: false,
  final: false,
  controlPlaneIndependent: false,
  demand: false,
  detectMultiplier: 4,
  myDiscriminator: 7,
  yourDiscriminator: 1,
  desiredMinTxMs: 100,
  requiredMinRxMs: 30,
  requiredMinEchoRxMs: 0,
  authenticationType: null,
};

const hearing = (over: Partial<ControlPacket> = {}): BfdEvent => ({
  type: 'heard',
  packet: { ...PACKET, ...over },
});

/** Through events, all at one moment. */
function through(events: readonly BfdEvent[], rules: Partial<SessionRules> = {}): Session {
  const first = newSession(1, { ...RULES, ...rules });
  return events.reduce((session, event) => step(session, event, MIDDLE).session, first);
}

const WAY_TO: Readonly<Record<BfdState, readonly BfdEvent[]>> = {
  'admin-down': [],
  down: [{ type: 'start' }],
  init: [{ type: 'start' }, hearing({ state: 'down' })],
  up: [{ type: 'start' }, hearing({ state: 'init' })],
};

function sent({ effects }: Step): readonly Extract<BfdEffect, { do: 'send' }>['packet'][] {
  return effects.flatMap((effect) => (effect.do === 'send' ? [effect.packet] : []));
}

function changes({ effects }: Step): readonly string[] {
  return effects.flatMap((effect) =>
    effect.do === 'changed' ? [`${effect.from} → ${effect.to}`] : [],
  );
}

/** RFC 5880 §6.2 and §6.8.6 as a table: what is heard at the left, where we are on top. */
const TABLE = `
             admin-down   down         init         up
admin-down   admin-down   down         down         down
down         admin-down   init         init         down
init         admin-down   up           up           up
up           admin-down   down         up           up
`;

function cells(): readonly (readonly [from: BfdState, heard: BfdState, to: BfdState])[] {
  const [head = [], ...rows] = TABLE.trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/) as BfdState[]);
  return rows.flatMap(([heard = 'down', ...to]) =>
    to.map((one, at) => [head[at] as BfdState, heard, one] as const),
  );
}

describe('the state of the other end takes ours', () => {
  test.each(cells())('%s, heard %s: %s', (from, heard, to) => {
    const session = through(WAY_TO[from]);
    expect(session.is).toBe(from);
    const next = step(session, hearing({ state: heard }), MIDDLE);
    expect(next.session.is).toBe(to);
    expect(changes(next)).toEqual(from === to ? [] : [`${from} → ${to}`]);
    // A change is told at once; what stays the same waits for its time.
    expect(sent(next).map(({ state }) => state)).toEqual(from === to ? [] : [to]);
  });

  test.each(['init', 'up'] as const)('%s, nothing heard: down', (from) => {
    const session = through(WAY_TO[from]);
    const early = { now: session.detectAt - 1, chance: 0.5 };
    expect(step(session, { type: 'time' }, early).session.is).toBe(from);
    const next = step(session, { type: 'time' }, { now: session.detectAt, chance: 0.5 });
    expect(next.session).toMatchObject({
      is: 'down',
      diagnostic: 'detection-time-expired',
      peer: null,
    });
    // §6.8.1: what was known of it is forgotten.
    expect(sent(next)).toMatchObject([{ state: 'down', yourDiscriminator: 0 }]);
  });

  test('down, nothing heard any more: its discriminator is forgotten', () => {
    const heard = step(through(WAY_TO.down), hearing({ state: 'up' }), MIDDLE).session;
    expect(heard.peer?.discriminator).toBe(7);
    const next = step(heard, { type: 'time' }, { now: heard.detectAt, chance: 0 });
    expect(next.session).toMatchObject({ is: 'down', peer: null, detectAt: Infinity });
  });

  test.each(['down', 'init', 'up'] as const)('%s, stopped: the other end is told once', (from) => {
    const next = step(through(WAY_TO[from]), { type: 'stop' }, MIDDLE);
    expect(sent(next)).toMatchObject([
      { state: 'admin-down', diagnostic: 'administratively-down' },
    ]);
    expect(nextDeadline(next.session)).toBe(Infinity);
    expect(step(next.session, { type: 'stop' }, MIDDLE).effects).toEqual([]);
    expect(step(next.session, { type: 'start' }, MIDDLE).session.is).toBe('down');
  });

  test.each(['down', 'admin-down'] as const)(
    'up, heard %s: the diagnostic says that it was the other end',
    (state) => {
      const next = step(through(WAY_TO.up), hearing({ state }), MIDDLE);
      expect(next.session.diagnostic).toBe('neighbour-down');
    },
  );
});

describe('intervals', () => {
  test('a session that is not up sends every second and says so (§6.8.3)', () => {
    for (const state of ['down', 'init'] as const) {
      const session = through(WAY_TO[state]);
      expect(session.desiredMinTxMs).toBe(1_000);
      expect(transmitMs(session)).toBe(1_000);
    }
    expect(through(WAY_TO.down, { idleTxMs: 3_000 }).desiredMinTxMs).toBe(3_000);
  });

  test('one that is up sends as fast as both allow, and waits as long as both ask for', () => {
    const session = through(WAY_TO.up);
    expect(transmitMs(session)).toBe(50);
    // §6.8.4: the multiplier of the other end; the larger of its interval and ours.
    expect(detectionMs(session)).toBe(4 * 100);
    const heard = hearing({ state: 'up', requiredMinRxMs: 200, desiredMinTxMs: 20 });
    const slow = step(session, heard, MIDDLE).session;
    expect(transmitMs(slow)).toBe(200);
    expect(detectionMs(slow)).toBe(4 * 60);
  });

  test.each([
    [3, 0, 0.75],
    [3, 0.999, 1],
    [1, 0, 0.75],
    [1, 0.999, 0.9],
  ])(
    'with a multiplier of %i and chance %f the next packet is due at %f of it (§6.8.7)',
    (multiplier, chance, share) => {
      const session = through(WAY_TO.up, { multiplier });
      const next = step(session, { type: 'time' }, { now: session.sendAt, chance }).session;
      expect((next.sendAt - session.sendAt) / 50).toBeCloseTo(share, 2);
    },
  );

  test('a shorter interval counts for the packet that is next', () => {
    const heard = hearing({ state: 'up', requiredMinRxMs: 5_000 });
    const slow = step(through(WAY_TO.up), heard, MIDDLE).session;
    const { sendAt } = slow;
    const waiting = step(slow, { type: 'time' }, { now: sendAt, chance: 0.5 }).session;
    expect(waiting.sendAt - sendAt).toBeGreaterThan(3_000);
    const quick = hearing({ state: 'up', requiredMinRxMs: 50 });
    const next = step(waiting, quick, { now: sendAt + 10, chance: 0.5 }).session;
    expect(next.sendAt).toBeLessThanOrEqual(sendAt + 50);
  });

  test('who wants no packets gets none, but for answers (§6.8.7)', () => {
    const { session } = step(
      through(WAY_TO.up),
      hearing({ state: 'up', requiredMinRxMs: 0 }),
      MIDDLE,
    );
    expect(session.sendAt).toBe(Infinity);
    const polled = step(session, hearing({ state: 'up', requiredMinRxMs: 0, poll: true }), MIDDLE);
    expect(sent(polled)).toMatchObject([{ final: true, poll: false }]);
  });

  test('the other end on demand gets none while both are up and nothing is asked', () => {
    const demand = { state: 'up', demand: true } as const;
    const asking = step(through(WAY_TO.up), hearing(demand), MIDDLE).session;
    expect(asking.poll).toBe('asked');
    expect(asking.sendAt).toBeLessThan(Infinity);
    const { session } = step(asking, hearing({ ...demand, final: true }), MIDDLE);
    expect(session.sendAt).toBe(Infinity);
  });

  test('a passive session says nothing before it is spoken to, and after it has lost the other end', () => {
    const begun = step(newSession(1, { ...RULES, passive: true }), { type: 'start' }, MIDDLE);
    expect(sent(begun)).toEqual([]);
    expect(begun.session.sendAt).toBe(Infinity);
    const spoken = step(begun.session, hearing(), MIDDLE);
    expect(sent(spoken)).toMatchObject([{ state: 'init', yourDiscriminator: 7 }]);
    const { detectAt } = spoken.session;
    const lost = step(spoken.session, { type: 'time' }, { now: detectAt, chance: 0 });
    expect(sent(lost)).toEqual([]);
    expect(lost.session.sendAt).toBe(Infinity);
  });
});

describe('polls', () => {
  test('a session that comes up asks until it is answered (§6.8.3)', () => {
    const up = through(WAY_TO.up);
    const again = step(up, { type: 'time' }, { now: up.sendAt, chance: 0 });
    expect(sent(again)).toMatchObject([{ poll: true, final: false, desiredMinTxMs: 50 }]);
    const answered = step(again.session, hearing({ state: 'up', final: true }), MIDDLE).session;
    const last = step(answered, { type: 'time' }, { now: answered.sendAt, chance: 0 });
    expect(sent(last)).toMatchObject([{ poll: false }]);
  });

  test('a poll is answered at once, and the timer goes on', () => {
    const up = through(WAY_TO.up);
    const next = step(up, hearing({ state: 'up', poll: true }), MIDDLE);
    expect(sent(next)).toMatchObject([{ poll: false, final: true }]);
    expect(next.session.sendAt).toBe(up.sendAt);
  });

  const agreed = (): Session => through([...WAY_TO.up, hearing({ state: 'up', final: true })]);
  const under = (session: Session, rules: Partial<SessionRules>): Session =>
    step(session, { type: 'rules', rules: { ...RULES, ...rules } }, MIDDLE).session;
  const answered = (session: Session, over: Partial<ControlPacket> = {}): Session =>
    step(session, hearing({ state: 'up', final: true, ...over }), MIDDLE).session;

  test('a longer interval of ours counts when the other end has agreed', () => {
    const asking = under(agreed(), { minTxMs: 500 });
    expect(asking).toMatchObject({ poll: 'asked', desiredMinTxMs: 500 });
    expect(transmitMs(asking)).toBe(50);
    expect(transmitMs(answered(asking))).toBe(500);
  });

  test('a shorter one counts at once', () => {
    expect(transmitMs(under(agreed(), { minTxMs: 40 }))).toBe(40);
  });

  test('a shorter detection counts when the other end has agreed, a longer one at once', () => {
    const fast = { desiredMinTxMs: 10 };
    const asking = (minRxMs: number): Session =>
      step(under(agreed(), { minRxMs }), hearing({ state: 'up', ...fast }), MIDDLE).session;
    expect(detectionMs(asking(20))).toBe(4 * 60);
    expect(detectionMs(asking(200))).toBe(4 * 200);
    expect(detectionMs(answered(asking(20), fast))).toBe(4 * 20);
  });

  test('what changes during a poll is asked once more: the answer may be to the first', () => {
    const asking = under(under(agreed(), { minTxMs: 500 }), { minTxMs: 700 });
    expect(asking.poll).toBe('again');
    const first = answered(asking);
    expect(first.poll).toBe('asked');
    expect(transmitMs(first)).toBe(50);
    const second = answered(first);
    expect(second.poll).toBe('none');
    expect(transmitMs(second)).toBe(700);
  });

  test('the same rules again ask nothing', () => {
    expect(under(agreed(), {})).toEqual(agreed());
  });

  test('an answer that nobody has asked for changes nothing', () => {
    const { session, effects } = step(agreed(), hearing({ state: 'up', final: true }), MIDDLE);
    expect(session).toEqual(agreed());
    expect(effects).toEqual([]);
  });
});

const anyChance = fc.double({ min: 0, max: 0.999, noNaN: true });

const anyEvent: fc.Arbitrary<BfdEvent> = fc.oneof(
  fc.constantFrom<BfdEvent>({ type: 'start' }, { type: 'stop' }, { type: 'time' }),
  fc
    .record({
      state: fc.constantFrom<BfdState>('admin-down', 'down', 'init', 'up'),
      poll: fc.boolean(),
      final: fc.boolean(),
      demand: fc.boolean(),
      requiredMinRxMs: fc.constantFrom(0, 10, 1_000),
      desiredMinTxMs: fc.constantFrom(1, 10, 1_000),
    })
    .map(hearing),
  fc
    .record({ minTxMs: fc.constantFrom(10, 500), minRxMs: fc.constantFrom(10, 500) })
    .map((over): BfdEvent => ({ type: 'rules', rules: { ...RULES, ...over } })),
);

test('whatever happens: effects tell what changed, and no packet asks and answers at once', () => {
  const laterMs = fc.integer({ min: 0, max: 3_000 });
  const story = fc.array(fc.tuple(anyEvent, laterMs, anyChance), { maxLength: 40 });
  fc.assert(
    fc.property(story, fc.boolean(), (events, passive) => {
      let session = newSession(1, { ...RULES, passive });
      let now = NOW;
      for (const [event, later, chance] of events) {
        now += later;
        const before = session;
        const next = step(session, event, { now, chance });
        session = next.session;
        const isSame = before.is === session.is;
        expect(changes(next)).toEqual(isSame ? [] : [`${before.is} → ${session.is}`]);
        for (const packet of sent(next)) {
          expect(packet.poll && packet.final).toBe(false);
          if (packet.state !== 'up') expect(packet.desiredMinTxMs).toBeGreaterThanOrEqual(1_000);
        }
        // It never wants to be woken for ever at one instant.
        const again = step(session, { type: 'time' }, { now, chance }).session;
        const twice = step(again, { type: 'time' }, { now, chance }).session;
        expect(nextDeadline(twice)).toBeGreaterThan(now);
        if (session.is === 'up') expect(session.detectAt).toBeLessThan(Infinity);
      }
    }),
    { numRuns: 2_000 },
  );
});

/** Two machines and a wire between them that loses what it is told to. */
class Wire {
  now = NOW;
  readonly ends: [Session, Session];
  private readonly chance: () => number;
  isCut = false;
  lossShare = 0;

  constructor(rules: readonly [SessionRules, SessionRules], chance: () => number) {
    this.chance = chance;
    this.ends = [newSession(11, rules[0]), newSession(22, rules[1])];
    for (const at of [0, 1] as const) this.give(at, { type: 'start' });
  }

  give(at: 0 | 1, event: BfdEvent): void {
    const next = step(this.ends[at], event, { now: this.now, chance: this.chance() });
    this.ends[at] = next.session;
    for (const packet of sent(next)) {
      if (this.isCut || this.chance() < this.lossShare) continue;
      const heard = { ...packet, authenticationType: null };
      this.give(at === 0 ? 1 : 0, { type: 'heard', packet: heard });
    }
  }

  runFor(ms: number): void {
    const end = this.now + ms;
    for (;;) {
      const [first, second] = this.ends.map(nextDeadline) as [number, number];
      const next = Math.min(first, second);
      if (next > end) break;
      this.now = Math.max(this.now, next);
      this.give(first <= second ? 0 : 1, { type: 'time' });
    }
    this.now = end;
  }

  get states(): readonly BfdState[] {
    return this.ends.map(({ is }) => is);
  }
}

const anyRules = fc.record({
  passive: fc.constant(false),
  minTxMs: fc.constantFrom(5, 10, 50, 300),
  minRxMs: fc.constantFrom(5, 10, 50, 300),
  idleTxMs: fc.constantFrom(1_000, 2_000),
  multiplier: fc.integer({ min: 1, max: 10 }),
});

describe('two machines on a wire', () => {
  const onWire = (work: (wire: Wire) => void): void => {
    fc.assert(
      fc.property(
        anyRules,
        anyRules,
        fc.boolean(),
        fc.infiniteStream(anyChance),
        (one, two, passive, chances) => {
          work(new Wire([one, { ...two, passive }], () => chances.next().value as number));
        },
      ),
      { numRuns: 15 },
    );
  };

  test('come up, agree on their intervals and stay up', () => {
    onWire((wire) => {
      wire.runFor(6_000);
      expect(wire.states).toEqual(['up', 'up']);
      const [one, two] = wire.ends;
      expect([one.poll, two.poll]).toEqual(['none', 'none']);
      expect(transmitMs(one)).toBe(Math.max(one.rules.minTxMs, two.rules.minRxMs));
      expect(transmitMs(two)).toBe(Math.max(two.rules.minTxMs, one.rules.minRxMs));
      expect(detectionMs(one)).toBe(two.rules.multiplier * transmitMs(two));
      expect(detectionMs(two)).toBe(one.rules.multiplier * transmitMs(one));
    });
  });

  test('are both down within the detection time when the wire is cut, and up when it is mended', () => {
    onWire((wire) => {
      wire.runFor(6_000);
      wire.isCut = true;
      wire.runFor(Math.max(...wire.ends.map((end) => detectionMs(end) ?? 0)));
      expect(wire.states).toEqual(['down', 'down']);
      wire.runFor(10_000);
      expect(wire.states).toEqual(['down', 'down']);
      wire.isCut = false;
      wire.runFor(6_000);
      expect(wire.states).toEqual(['up', 'up']);
    });
  });

  test('come up over a wire that loses a third, once it loses nothing', () => {
    onWire((wire) => {
      wire.lossShare = 0.33;
      wire.runFor(10_000);
      wire.lossShare = 0;
      wire.runFor(8_000);
      expect(wire.states).toEqual(['up', 'up']);
    });
  });

  test('follow one that stops, and take it back when it starts again', () => {
    onWire((wire) => {
      wire.runFor(6_000);
      wire.give(0, { type: 'stop' });
      expect(wire.states).toEqual(['admin-down', 'down']);
      wire.runFor(5_000);
      wire.give(0, { type: 'start' });
      wire.runFor(6_000);
      expect(wire.states).toEqual(['up', 'up']);
    });
  });
});
