/** Who held an address, by what was asked and answered (test/lab/holders.ts): the judge is judged before it judges. */
import { describe, expect, test } from 'vitest';
import type { Frame } from '../lab/capture.ts';
import { lastAnswerMs, reportOf, togetherMs } from '../lab/holders.ts';
import { arpQuestion, type Spoken, spokenIn, tcpQuestion } from '../lab/questions.ts';

const [A, B] = ['02aaaaaaaaaa', '02bbbbbbbbbb'];
const ASK_EVERY_MS = 4;
const ANSWER_MS = 1;

interface Span {
  readonly mac: string;
  readonly fromMs: number;
  readonly toMs: number;
}

/** Each host is asked by TCP every 4 ms until 100, and answers within its spans, a millisecond later. */
function asked(spans: readonly Span[], answerMs = ANSWER_MS): readonly Spoken[] {
  const spoken: Spoken[] = [];
  for (let number = 0; number < 25; number += 1) {
    const atMs = number * ASK_EVERY_MS;
    for (const mac of [A, B]) {
      spoken.push({ by: 'tcp', number, atMs, mac, isAnswer: false });
      const holds = spans.some((one) => one.mac === mac && atMs >= one.fromMs && atMs < one.toMs);
      if (!holds) continue;
      spoken.push({ by: 'tcp', number, atMs: atMs + answerMs, mac, isAnswer: true });
    }
  }
  return spoken.toSorted((a, b) => a.atMs - b.atMs);
}

const report = (spans: readonly Span[], answerMs?: number) =>
  reportOf(asked(spans, answerMs), [A, B]);

describe('the judge of who held an address', () => {
  test('finds two that answer at the same time, and for how long', () => {
    const found = report([
      { mac: A, fromMs: 0, toMs: 60 },
      { mac: B, fromMs: 40, toMs: 100 },
    ]);
    // From the first answer of the second to the last question of the first.
    expect(found.overlaps).toMatchObject([{ macs: [A, B], fromMs: 41, forMs: 15 }]);
    expect(togetherMs(found)).toBe(15);
  });

  test('finds one that answers a single time while the other one holds', () => {
    const found = report([
      { mac: A, fromMs: 0, toMs: 100 },
      { mac: B, fromMs: 40, toMs: 41 },
    ]);
    expect(found.overlaps).toMatchObject([{ macs: [A, B], fromMs: 40 }]);
  });

  test('takes no hand-over for two, however short it is', () => {
    const found = report([
      { mac: A, fromMs: 0, toMs: 40 },
      { mac: B, fromMs: 40, toMs: 100 },
    ]);
    expect(found.overlaps).toEqual([]);
    expect(found.holds).toHaveLength(2);
  });

  test('takes no going and coming back within a few questions for two', () => {
    const found = report([
      { mac: A, fromMs: 0, toMs: 40 },
      { mac: B, fromMs: 44, toMs: 48 },
      { mac: A, fromMs: 52, toMs: 100 },
    ]);
    expect(found.overlaps).toEqual([]);
    expect(found.holds.map(({ mac }) => mac)).toEqual([A, A, B]);
  });

  test('takes no answer that was long under way for a second holder', () => {
    const found = report(
      [
        { mac: A, fromMs: 0, toMs: 40 },
        { mac: B, fromMs: 44, toMs: 100 },
      ],
      30,
    );
    expect(found.overlaps).toEqual([]);
  });

  test('tells when nobody held it: before, between and after', () => {
    const found = report([
      { mac: A, fromMs: 8, toMs: 40 },
      { mac: B, fromMs: 60, toMs: 80 },
    ]);
    expect(found.gaps).toEqual([
      { fromMs: 0, toMs: 8 },
      { fromMs: 37, toMs: 60 },
      { fromMs: 77, toMs: 96 },
    ]);
    expect(lastAnswerMs(found, A)).toBe(37);
    expect(lastAnswerMs(report([]), A)).toBe(-Infinity);
  });

  test('sees what one answers by ARP beside what the other answers by TCP, and counts no time twice', () => {
    const tcp = asked([{ mac: A, fromMs: 0, toMs: 100 }]);
    const both = tcp.flatMap((one): readonly Spoken[] => [
      one,
      // The same by ARP, where each question is to all.
      ...(one.isAnswer ? [{ ...one, by: 'arp' as const, mac: B }] : []),
      ...(one.isAnswer || one.mac === A ? [] : [{ ...one, by: 'arp' as const, mac: null }]),
    ]);
    const found = reportOf(both, [A, B]);
    expect(found.overlaps).toMatchObject([{ by: ['tcp', 'arp'] }]);
    expect(togetherMs(found)).toBe(95);
  });
});

describe('questions and answers in frames', () => {
  const VIP = '192.0.2.10';
  const client = Uint8Array.of(2, 0, 0, 0, 0, 9);
  const director = Uint8Array.of(2, 0xaa, 0xaa, 0xaa, 0xaa, 0xaa);
  const frame = (octets: Uint8Array): Frame => ({ atMs: 5, octets: Buffer.from(octets) });
  const read = (octets: Uint8Array): Spoken | null => spokenIn(frame(octets), VIP);

  test('an ARP probe has its number where the answer is addressed to', () => {
    const probe = arpQuestion(77, client, VIP);
    expect(read(probe)).toEqual({ by: 'arp', number: 77, atMs: 5, mac: null, isAnswer: false });
    const answer = Buffer.from(probe);
    answer.writeUInt16BE(2, 20);
    answer.set(probe.subarray(22, 28), 32);
    answer.set(director, 22);
    answer.set([192, 0, 2, 10], 28);
    expect(read(answer)).toEqual({ by: 'arp', number: 77, atMs: 5, mac: A, isAnswer: true });
    expect(spokenIn(frame(answer), '192.0.2.11')).toBeNull();
  });

  test('a SYN has its number where the reset acknowledges it', () => {
    const from = { mac: client, address: '192.0.2.100' };
    const syn = tcpQuestion(78, { from, mac: director, address: VIP });
    expect(read(syn)).toEqual({ by: 'tcp', number: 78, atMs: 5, mac: A, isAnswer: false });
    const reset = Buffer.from(syn);
    reset.set(client, 0);
    reset.set(director, 6);
    reset.set([192, 0, 2, 10, 192, 0, 2, 100], 26);
    reset.writeUInt32BE(79, 42);
    reset[47] = 0x14;
    expect(read(reset)).toEqual({ by: 'tcp', number: 78, atMs: 5, mac: A, isAnswer: true });
  });

  test('what else is said on the link is neither', () => {
    const other = arpQuestion(1, client, VIP);
    other.set(director, 22);
    expect(read(other)).toBeNull();
    expect(read(arpQuestion(1, client, '192.0.2.11'))).toBeNull();
  });
});
