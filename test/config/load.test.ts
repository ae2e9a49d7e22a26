import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { diagnosticsToJson } from '../../src/config/diagnostics/render.ts';
import { dumpDirector } from '../../src/config/show/dump.ts';
import { load } from './world.ts';

const virtualServer = (inner: string): string =>
  `virtual_server 192.0.2.10 80 {\n lvs_sched wrr\n lvs_method NAT\n protocol TCP\n ${inner}\n}\n`;

describe('the model', () => {
  test('has every default of an instance filled in', () => {
    const { director } = load('vrrp_instance VI_1 {\n interface eth0\n virtual_router_id 51\n}\n');
    expect(director?.vrrp.instances[0]).toMatchObject({
      version: 2,
      family: 'ipv4',
      priority: 100,
      initialState: 'backup',
      advertIntervalMs: 1000,
      preempt: true,
      multicastGroup: '224.0.0.18',
      authentication: { type: 'none' },
      announce: { repeat: 5, secondAfterMs: 5000, lowerPriorityRepeat: 5 },
      answerLowerPriority: true,
    });
  });

  test('hands settings down from virtual server to real server to checker', () => {
    const { director } = load(
      virtualServer(`delay_loop 7
        retry 4
        weight 9
        real_server 198.51.100.21 8080 {
          connect_timeout 3
          TCP_CHECK { retry 0 }
        }
        real_server 198.51.100.22 8080 {
          HTTP_GET { url { } }
        }`),
    );
    const [first, second] = director?.health.virtualServers[0]?.realServers ?? [];
    expect(first).toMatchObject({ weight: 9, port: 8080, forwarding: 'nat' });
    expect(first?.checks[0]?.pacing).toMatchObject({
      delayLoopMs: 7000,
      warmupMs: 7000,
      connectTimeoutMs: 3000,
      retry: 0,
      delayBeforeRetryMs: 1000,
    });
    expect(second?.checks[0]).toMatchObject({
      kind: 'http',
      host: null,
      urls: [{ path: '/', statusCodes: [{ first: 200, last: 299 }] }],
      pacing: { retry: 4, delayBeforeRetryMs: 3000 },
    });
  });

  test.each([
    ['', '', 0],
    ['drain_on_remove 5m', '', 300_000],
    ['drain_on_remove 5m', 'drain_on_remove 90', 90_000],
    ['drain_on_remove 5m', 'drain_on_remove 0', 0],
    ['', 'drain_on_remove 2h', 7_200_000],
  ])('with "%s" for all and "%s" drains for %i ms what a reload removes', (all, one, ms) => {
    const real = 'real_server 198.51.100.21 80 {\n }';
    const { director } = load(`global_defs {\n ${all}\n}\n${virtualServer(`${one}\n ${real}`)}`);
    expect(director?.health.virtualServers[0]?.drainOnRemoveMs).toBe(ms);
  });

  test('takes the words of a value as keepalived does', () => {
    const { director } = load(
      `vrrp_script a {\n script "/bin/true 'x y' z"\n weight -20 reverse\n user nobody\n}\n`,
    );
    expect(director?.vrrp.scripts[0]).toMatchObject({
      script: { argv: ['/bin/true', 'x y', 'z'], account: { user: 'nobody', uid: 65534 } },
      weightDelta: -20,
      reverse: true,
    });
  });

  test('reads persistence, firewall marks and thresholds', () => {
    const { director, diagnostics } = load(`virtual_server fwmark 7 {
      lvs_sched sh
      sh-port
      lvs_method DR
      persistence_timeout
      persistence_granularity 255.255.255.0
      real_server 198.51.100.21 { uthreshold 10
        lthreshold 5 }
    }`);
    expect(diagnostics).toEqual([]);
    expect(director?.health.virtualServers[0]).toMatchObject({
      keys: [{ kind: 'fwmark', family: 'ipv4', mark: 7 }],
      group: null,
      schedulerFlags: { fallback: false, port: true },
      persistence: { timeoutSeconds: 360, granularityBits: { ipv4: 24, ipv6: 128 } },
      realServers: [{ port: 0, upperThreshold: 10, lowerThreshold: 5 }],
    });
  });

  test('takes what kernels refuse, and keepalived does not, as the most that every kernel takes', () => {
    const { director, diagnostics } = load(`global_defs {
      lvs_timeouts tcp 2678400 udp 2147483
    }
    virtual_server 192.0.2.10 80 {
      lvs_sched rr
      lvs_method DR
      protocol TCP
      real_server 198.51.100.21 80 { uthreshold 4294967295
        lthreshold 2147483648 }
    }`);
    expect(diagnostics.map(({ code }) => code)).toEqual(['adjusted', 'adjusted', 'adjusted']);
    expect(director?.health.settings.timeouts).toEqual({
      tcpSeconds: 2_147_483,
      tcpFinSeconds: 0,
      udpSeconds: 2_147_483,
    });
    expect(director?.health.virtualServers[0]?.realServers).toMatchObject([
      { upperThreshold: 2 ** 31 - 1, lowerThreshold: 2 ** 31 - 1 },
    ]);
  });

  test('is dumped without secrets', () => {
    const { director } = load(
      'vrrp_instance VI_1 {\n interface eth0\n virtual_router_id 51\n authentication {\n auth_type PASS\n auth_pass canary\n }\n}\n',
    );
    const text = director === null ? '' : dumpDirector(director);
    expect(text).toContain('VRRP Instance = VI_1');
    expect(text).not.toContain('canary');
  });
});

describe('the language', () => {
  test('keeps lines for this host and drops those for others', () => {
    const text = 'global_defs {\n @one router_id a\n @^one router_id b\n}\n';
    expect(load(text, { configId: 'one' }).director?.global.routerId).toBe('a');
    expect(load(text, { configId: 'two' }).director?.global.routerId).toBe('b');
  });

  test('binds definitions late, over several lines and into other words', () => {
    const { director } = load(`$HOST=lb
$NAME=\${HOST}-1
$VIPS= \\
  192.0.2.10/24 \\
  192.0.2.11/24
global_defs {
  router_id "\${NAME}"
}
vrrp_instance VI_1 {
  interface eth0
  virtual_router_id 51
  virtual_ipaddress {
    $VIPS
  }
}
`);
    expect(director?.global.routerId).toBe('lb-1');
    expect(director?.vrrp.instances[0]?.addresses.map(({ address }) => address)).toEqual([
      '192.0.2.10',
      '192.0.2.11',
    ]);
  });

  test('writes generators out', () => {
    const { director } = load(virtualServer('~SEQ(i, 21, 23) real_server 198.51.100.$i 80 { }'));
    const servers = director?.health.virtualServers[0]?.realServers ?? [];
    expect(servers.map(({ address }) => address)).toEqual([
      '198.51.100.21',
      '198.51.100.22',
      '198.51.100.23',
    ]);
  });

  test('reads included files and tells mistakes in them', () => {
    const { diagnostics } = load('include conf.d/*.conf\n', {
      files: {
        'conf.d/a.conf': 'global_defs {\n router_id a\n}\n',
        'conf.d/b.conf': 'glbal_defs\n',
      },
    });
    expect(diagnosticsToJson(diagnostics)).toMatchObject([
      { file: 'conf.d/b.conf', line: 1, column: 1, length: 10, suggestion: 'global_defs' },
    ]);
  });

  test('starts in compat mode with what keepalived would start with', () => {
    const text = 'global_def {\n}\nglobal_defs {\n router_id lb1\n}\n';
    expect(load(text).director).toBeNull();
    const { director, diagnostics } = load(text, { mode: 'compat' });
    expect(director?.global.routerId).toBe('lb1');
    expect(diagnostics.map(({ severity }) => severity)).toEqual(['warning']);
  });

  test('no text makes it throw, and every place lies within its file', () => {
    const corpus = readdirSync(new URL('../golden/config/', import.meta.url)).map((name) =>
      readFileSync(new URL(`../golden/config/${name}`, import.meta.url), 'utf8'),
    );
    const mutant = fc
      .tuple(fc.constantFrom(...corpus), fc.nat(), fc.nat(20), fc.string({ maxLength: 12 }))
      .map(([text, at, length, insert]) => {
        const from = at % (text.length + 1);
        return text.slice(0, from) + insert + text.slice(from + length);
      });
    const modes = fc.constantFrom('default' as const, 'compat' as const);
    fc.assert(
      fc.property(fc.oneof(mutant, fc.string({ maxLength: 200 })), modes, (text, mode) => {
        for (const { span } of load(text, { mode, configId: 'one' }).diagnostics) {
          expect(span.start).toBeGreaterThanOrEqual(0);
          expect(span.end).toBeGreaterThanOrEqual(span.start);
          expect(span.end).toBeLessThanOrEqual(span.file.text.length);
        }
      }),
      { numRuns: 1000 },
    );
  });

  test.each([
    ['a pattern', `include ${'{'.repeat(100_000)}`],
    ['uses of definitions', `$A=a\n${'$A '.repeat(100_000)}`],
    ['definitions within definitions', '$A=$B\n$B=$A\n$A\n'],
    ['lines of generators', '~SEQ(i, 1000) ~SEQ(k, 1000) # $i$k\n'],
  ])('%s: the limit is named', (_, text) => {
    const found = load(text).diagnostics.find(({ code }) => code === 'too-large');
    expect(found?.message).toMatch(/at most|more than/);
  });

  test('more than 10 000 mistakes are not told', () => {
    const { diagnostics, director } = load(
      Array.from({ length: 10_100 }, (_, at) => `what${at}\n`).join(''),
    );
    expect(director).toBeNull();
    expect(diagnostics).toHaveLength(10_001);
    expect(diagnostics.at(-1)?.code).toBe('too-many');
  });

  test('100 virtual servers of 10 real servers each are read', () => {
    const text = Array.from({ length: 100 }, (_, server) =>
      virtualServer(`~SEQ(i, 1, 10) real_server 10.1.${server}.$i 80 { TCP_CHECK { } }`).replace(
        '192.0.2.10',
        `10.0.0.${server + 1}`,
      ),
    ).join('');
    const { director } = load(text);
    expect(director?.health.virtualServers).toHaveLength(100);
    expect(director?.health.virtualServers[99]?.realServers).toHaveLength(10);
  });
});

test('the digest is that of the whole text, wherever characters of two units stand', () => {
  for (const shift of [0, 1]) {
    const text = `${'#'.repeat(1 + shift)}${'\u{1f600}'.repeat(100_000)}\n`;
    const whole = createHash('sha256').update(text).digest('hex');
    expect(load(text).digest).toBe(whole.slice(0, 12));
  }
});
