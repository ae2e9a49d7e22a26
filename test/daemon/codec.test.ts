import { expect, test } from 'vitest';
import { nextTurn } from '../../src/base/time.ts';
import { type Codec, Intake } from '../../src/daemon/codec.ts';

/** A configuration is a list of words; a part tells of the one before how many of its words there were. */
function recording() {
  const decoded: string[] = [];
  const codec: Codec<readonly string[], string> = {
    encode: (_, config) => config,
    decode: (before, encoded) => {
      decoded.push(encoded as string);
      return `${encoded} after ${before?.length ?? 'none'}`;
    },
    join: (parts) => parts,
  };
  return { decoded, intake: new Intake(codec) };
}

test('parts are taken in one a turn of the event loop, in their order', async () => {
  const { decoded, intake } = recording();
  for (const part of ['a', 'b', 'c']) intake.take(part);
  const whole = intake.finish('d');
  const seen: number[] = [];
  for (let turns = 0; turns < 4; turns += 1) {
    await nextTurn();
    seen.push(decoded.length);
  }
  expect(seen).toEqual([1, 2, 3, 4]);
  expect(await whole).toEqual(['a after none', 'b after none', 'c after none', 'd after none']);
});

test('a single part waits for no turn', async () => {
  const { decoded, intake } = recording();
  void intake.finish('a');
  await Promise.resolve();
  expect(decoded).toEqual(['a']);
});

test('each is read by the one that came into force before it, and a look changes nothing', async () => {
  const { intake } = recording();
  intake.take('a');
  const first = intake.finish('b');
  intake.take('x');
  intake.take('y');
  const looked = intake.look('z');
  const second = intake.finish('c');
  expect(await first).toEqual(['a after none', 'b after none']);
  expect(await looked).toEqual(['x after 2', 'y after 2', 'z after 2']);
  expect(await second).toEqual(['c after 2']);
  expect(await intake.look('last')).toEqual(['last after 1']);
});
