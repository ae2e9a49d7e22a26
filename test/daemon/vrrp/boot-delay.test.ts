import { expect, test } from 'vitest';
import { withBootDelay } from '../../../src/daemon/vrrp/boot-delay.ts';
import { configOf } from '../../world/director.ts';

test.each([
  ['just after the boot it is what is left of it', 60_000, 0, 20_000, 40_000],
  ['long after the boot nobody waits for it', 60_000, 0, 90_000, 0],
  ['of it and vrrp_startup_delay the longer one counts', 60_000, 50_000, 20_000, 50_000],
  ['and the other way round', 60_000, 30_000, 20_000, 40_000],
  ['without it there is the other one', undefined, 5_000, 1_000, 5_000],
] as const)('%s', (_, delayAfterBootMs, startupDelayMs, upForMs, expected) => {
  const delay = delayAfterBootMs === undefined ? {} : { delayAfterBootMs };
  const config = configOf([], { startupDelayMs, ...delay });
  expect(withBootDelay(config, upForMs).startupDelayMs).toBe(expected);
});
