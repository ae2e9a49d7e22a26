import { expect, test } from 'vitest';
import { DirectorError, describeError, reasonAndHint } from '../../src/base/error.ts';

test('a person reads the hint on a line of its own, the log has it as a field of its own', () => {
  const error = new DirectorError('IPVS_UNAVAILABLE', 'the kernel has no IPVS', {
    hint: 'modprobe ip_vs',
  });
  expect(describeError(error)).toBe('the kernel has no IPVS\n  hint: modprobe ip_vs');
  expect(reasonAndHint(error)).toEqual({
    reason: 'the kernel has no IPVS',
    hint: 'modprobe ip_vs',
  });
  expect(reasonAndHint(new Error('another'))).toEqual({ reason: 'another' });
});
