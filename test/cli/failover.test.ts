/** `lvsctl failover` against a daemon that answers what the test says. */
import { expect, test } from 'vitest';
import { parseFailoverRequest } from '../../src/api/requests.ts';
import { DirectorError } from '../../src/base/error.ts';
import { failover } from '../../src/cli/failover.ts';
import type { FailoverReport, FailoverRequest } from '../../src/model/failover.ts';
import { runAgainst } from './against-daemon.ts';

const REPORT: FailoverReport = {
  outcomes: [
    { name: 'G', result: 'given-up', peer: '192.0.2.3' },
    { name: 'VI_3', result: 'given-up', peer: null },
    { name: 'VI_4', result: 'not-master', peer: null },
    { name: 'VI_5', result: 'taken-back', peer: null },
    { name: 'VI_6', result: 'waits', peer: null },
  ],
};

test('tells what became of each, and asks for what it was told', async () => {
  const asked: FailoverRequest[] = [];
  const duties = {
    failOver: async (request: FailoverRequest) => {
      asked.push(request);
      return REPORT;
    },
  };
  expect(await runAgainst(failover, duties, { force: true }, ['G', 'VI_3'])).toEqual({
    code: 0,
    out: `G: handed over to 192.0.2.3
VI_3: given up; no peer was ready, whoever takes over waits as VRRP has it
VI_4: is not MASTER here
VI_5: is MASTER here
VI_6: may be MASTER here again, and preempts as configured
`,
    err: '',
  });
  const { out } = await runAgainst(failover, duties, { back: true, json: true });
  expect(JSON.parse(out)).toEqual(REPORT);
  expect(asked).toEqual([
    { names: ['G', 'VI_3'], back: false, force: true },
    { names: [], back: true, force: false },
  ]);
});

test('is refused in the words of the daemon', async () => {
  const failOver = (): Promise<FailoverReport> =>
    Promise.reject(
      new DirectorError('NO_SUCCESSOR', 'nobody could take over VI_1', { hint: '--force' }),
    );
  await expect(runAgainst(failover, { failOver }, {})).rejects.toMatchObject({
    code: 'REQUEST_REFUSED',
    message: 'nobody could take over VI_1',
    hint: '--force',
  });
  await expect(runAgainst(failover, {}, { back: true, force: true })).rejects.toMatchObject({
    code: 'USAGE',
  });
});

test.each([
  [{ names: 'VI_1' }, 'has "names" that are no list of texts'],
  [{ names: [1] }, 'has "names" that are no list of texts'],
  [{ back: 1 }, 'has a "back" that is not true or false'],
  [{ force: 'yes' }, 'has a "force" that is not true or false'],
  [{ name: 'VI_1' }, 'has "name"; it may have names, back, force'],
])('a request %j %s', (body, message) => {
  expect(() => parseFailoverRequest(body)).toThrow(message);
});

test('a request for nothing is for all', () => {
  expect(parseFailoverRequest(undefined)).toEqual({ names: [], back: false, force: false });
});
