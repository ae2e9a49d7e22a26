import { describe, expect, test } from 'vitest';
import type { DirectorError } from '../../src/base/error.ts';
import { parseEvents } from '../../src/simulation/events.ts';

const CAST = {
  hosts: ['A', 'B', 'C'].map((name) => ({ name, links: ['eth0', 'eth1'], scripts: ['check'] })),
  realServers: new Map([
    ['rs1', ['10.0.0.1']],
    ['10.0.0.1:80', ['10.0.0.1']],
  ]),
};

describe('events', () => {
  test('stand one after the other, each with its time and length', () => {
    expect(parseEvents('cut A-B at 5s for 10s; pause A 2s; kill rs1', CAST)).toEqual([
      {
        at: 5000,
        forMs: 10_000,
        fault: { do: 'cut', from: 'A', to: 'B', link: null, oneWay: false },
      },
      { at: 25_000, forMs: 2000, fault: { do: 'pause', host: 'A' } },
      { at: 37_000, forMs: null, fault: { do: 'server-down', server: '10.0.0.1' } },
    ]);
  });

  test('may befall everyone, one way, an interface, a script, the network', () => {
    const faults = parseEvents(
      'cut A; cut B>C; cut A-B on eth1 5s; down A:eth1; fail C:check 1min; lose 30%; delay 200ms; kill A; stop B',
      CAST,
    ).map(({ fault }) => fault);
    expect(faults).toMatchObject([
      { do: 'cut', from: 'A', to: 'B', link: null, oneWay: false },
      { do: 'cut', from: 'A', to: 'C', link: null, oneWay: false },
      { do: 'cut', from: 'A', to: 'elsewhere', link: null, oneWay: false },
      { do: 'cut', from: 'B', to: 'C', link: null, oneWay: true },
      { do: 'cut', from: 'A', to: 'B', link: 'eth1', oneWay: false },
      { do: 'link-down', host: 'A', link: 'eth1' },
      { do: 'script', host: 'C', script: 'check' },
      { do: 'weather', weather: { lossShare: 0.3 } },
      { do: 'weather', weather: { delayMaxMs: 200 } },
      { do: 'kill', host: 'A' },
      { do: 'stop', host: 'B' },
    ]);
  });

  test.each([
    ['kil A', 'there is no event "kil"', 'did you mean kill?'],
    ['cut A-D', 'there is no director "D"', 'did you mean A?'],
    ['cut', 'there is no director ""', 'there are A, B, C'],
    ['down A:eth9', 'there is no interface of A "eth9"', 'did you mean eth0?'],
    ['fail A:x', 'there is no tracked script of A "x"', 'there are check'],
    ['kill rs7', 'there is no director or real server "rs7"', 'did you mean rs1?'],
    ['cut A-B on eth9', 'there is no interface "eth9"', 'did you mean eth0?'],
    ['pause A on eth0', '"on eth0" is for cuts', 'cut A-B on eth1; down A:eth1'],
    ['pause A at', '"" is no time', 'write 500ms, 5s, 2min or 1h, a day at most'],
    ['pause A at 5', '"5" is no time', 'write 500ms, 5s, 2min or 1h, a day at most'],
    ['pause A for 25h', '"25h" is no time', 'write 500ms, 5s, 2min or 1h, a day at most'],
    ['lose 130%', '"130%" is no share', 'write 30%'],
  ])('%s is refused with a hint', (text, message, hint) => {
    const refusal = (): unknown => parseEvents(`stop B;${text}`, CAST);
    expect(refusal).toThrow(`in "${text}": ${message}`);
    try {
      refusal();
    } catch (error) {
      expect((error as DirectorError).hint).toBe(hint);
    }
  });
});
