/** The configuration in force: what it says, and that it can be read again and means the same. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { loadConfig } from '../../src/config/load.ts';
import { effectiveConfig } from '../../src/config/show/effective.ts';
import {
  effectiveToJson,
  type PrintOptions,
  printEffective,
} from '../../src/config/show/print-effective.ts';
import { EXAMPLES, GOLDEN, generated } from './corpus.ts';
import { environmentOf, load, treeOf } from './world.ts';

function show(text: string, options: PrintOptions = {}): string {
  return printEffective(treeOf(text), options);
}

/** With keys in place of the stars that are shown: stars are a password, and too short for a key. */
function withKeys(shown: string): string {
  return shown.replaceAll(/(\bkey (?:\d+ )?)\*{8}/g, `$1${'k'.repeat(32)}`);
}

/** The model with stars for passwords, and without what has keys. */
function modelOf(text: string): unknown {
  const { director } = load(text, { mode: 'compat' });
  return JSON.parse(
    JSON.stringify(director, (name, value) => {
      if (name === 'signing' || name === 'lease') return null;
      return name === 'key' && typeof value === 'string' ? '********' : value;
    }),
  );
}

const BASE = `global_defs {
    vrrp_garp_master_repeat 3
}
virtual_server 192.0.2.10 80 {
    lb_algo rr
    lb_kind DR
    protocol tcp
    delay_loop 7
    real_server 198.51.100.21 {
        HTTP_GET {
            nb_get_retry 2
            url { status_code 200-204 301 }
        }
    }
}
vrrp_instance VI_1 {
    interface eth0
    virtual_router_id 51
    smtp_alert
    authentication {
        auth_type PASS
        auth_pass canary
    }
    virtual_ipaddress { 192.0.2.10/24 }
}
`;

/** Many runs on a machine that others use too. */
const MANY_RUNS_MS = 60_000;

describe('config show', () => {
  test('fills in what is inherited and what is there by default, and says from where', () => {
    const text = show(BASE, { origins: true });
    expect(text).toContain('    lvs_sched rr # lvsd.conf:5\n');
    expect(text).toContain('    protocol TCP # lvsd.conf:7\n');
    expect(text).toContain('    real_server 198.51.100.21 80 { # lvsd.conf:9\n');
    expect(text).toContain('        lvs_method DR # from virtual_server, lvsd.conf:6\n');
    expect(text).toContain('            delay_loop 7 # from virtual_server, lvsd.conf:8\n');
    expect(text).toContain('            warmup 7 # from virtual_server delay_loop, lvsd.conf:8\n');
    expect(text).toContain('            delay_before_retry 3 # default\n');
    expect(text).toContain('            retry 2 # lvsd.conf:11\n');
    expect(text).toContain('            connect_port 80 # default\n');
    expect(text).toContain('                path / # default\n');
    expect(text).toContain(
      '    garp_master_repeat 3 # from global_defs vrrp_garp_master_repeat, lvsd.conf:2\n',
    );
    expect(text).toContain('    smtp_alert on # lvsd.conf:19\n');
  });

  test('names the place of use, and the one where a definition wrote it', () => {
    const text = BASE.replace('delay_loop 7', '$TIME');
    const shown = show(`$TIME=delay_loop 7\n${text}`, { origins: true });
    expect(shown).toContain('    delay_loop 7 # lvsd.conf:9 written in lvsd.conf:1\n');
    expect(shown).toContain(' # from virtual_server, lvsd.conf:9 written in lvsd.conf:1\n');
    const whole = effectiveToJson(treeOf(`$TIME=delay_loop 7\n${text}`), {});
    const server = whole.blocks.find(({ keyword }) => keyword === 'virtual_server');
    expect(server?.settings.find(({ keyword }) => keyword === 'delay_loop')?.origin).toEqual({
      file: 'lvsd.conf',
      line: 9,
      column: 5,
      writtenAt: { file: 'lvsd.conf', line: 1, column: 7 },
    });
  });

  test('keeps the quotes of a word that would lose its semicolon without them', () => {
    const text = 'vrrp_sync_group a {\n    track_file {\n        "x;"\n    }\n}\n';
    expect(show(text)).toContain('        "x;"\n');
    expect(show(show(text))).toBe(show(text));
  });

  test('leaves out what is there by default when asked', () => {
    const text = show(BASE, { changedOnly: true });
    expect(text).not.toContain('path /');
    expect(text).not.toContain('child_wait_time');
    expect(text).toContain('delay_loop 7');
  });

  test('declares things before they are used', () => {
    const text = show(BASE);
    expect(text.indexOf('global_defs')).toBeLessThan(text.indexOf('vrrp_instance'));
    expect(text.indexOf('vrrp_instance')).toBeLessThan(text.indexOf('virtual_server'));
  });

  test('gives the same as JSON', () => {
    const json = effectiveToJson(treeOf(BASE), {});
    const server = json.blocks.find(({ keyword }) => keyword === 'virtual_server');
    expect(server).toMatchObject({ label: '192.0.2.10 80', hasEffect: true });
    const checker = server?.blocks[0]?.blocks[0];
    expect(checker?.settings).toContainEqual({
      keyword: 'delay_loop',
      value: '7',
      origin: {
        file: 'lvsd.conf',
        line: 8,
        column: 5,
        from: { block: 'virtual_server', keyword: 'delay_loop' },
      },
      hasEffect: true,
    });
    expect(checker?.settings).toContainEqual({
      keyword: 'fast_recovery',
      value: 'off',
      origin: 'default',
      hasEffect: true,
    });
  });

  test('knows what has no effect from what was said of it, too', () => {
    const text = show(`vrrp_instance VI_1 {
    interface eth0
    virtual_router_id 51
    authentication {
        auth_type AH
        auth_pass x
    }
    virtual_ipaddress {
        192.0.2.10
    }
}
virtual_server 192.0.2.10 80 {
    lvs_sched rr
    real_server 198.51.100.21 80 { SMTP_CHECK { host { connect_port 25 } } }
}
`);
    expect(text).toContain('SMTP_CHECK { # no effect in this version\n            host {\n');
  });

  test('makes one block of those that are one, and the last word counts', () => {
    const text = show(
      'global_defs {\n router_id a\n}\nglobal_defs {\n router_id b\n lvs_flush\n}\n',
    );
    expect(text.match(/global_defs/g)).toHaveLength(1);
    expect(text).toContain('    router_id b\n');
    expect(text).not.toContain('router_id a');
  });

  test('names the included file that a value stands in', () => {
    const files = {
      'lvsd.conf': 'include sub/*.conf\n',
      'sub/a.conf': '\nglobal_defs {\n router_id a\n}\n',
    };
    const { outline } = loadConfig('lvsd.conf', {
      mode: 'default',
      environment: environmentOf(files),
    });
    const text = printEffective(effectiveConfig(outline.root, []), {
      origins: true,
      changedOnly: true,
    });
    expect(text).toBe('global_defs { # sub/a.conf:2\n    router_id a # sub/a.conf:3\n}\n');
  });

  test(
    'is as long as it has to be',
    () => {
      const files = { 'lvsd.conf': '~SEQ(i, 1, 65535) track_group a$i { }\n'.repeat(2) };
      const { outline } = loadConfig('lvsd.conf', {
        mode: 'default',
        environment: environmentOf(files),
      });
      expect(effectiveConfig(outline.root, []).blocks).toHaveLength(131_071);
    },
    MANY_RUNS_MS,
  );

  test('shows no secret, however it was written', () => {
    const text = `$WORD=canary1
SSL { password canary2 }
vrrp_instance VI_1 {
    interface eth0
    virtual_router_id 51
    authentication {
        auth_type PASS
        auth_pass \${WORD}
    }
    auth_hmac {
        key 1 canary3-canary3-canary3-canary3-canary3
        key canary4
    }
}
`;
    expect(show(text)).toContain('auth_pass ********');
    expect(show(text)).toContain('key 1 ********');
    expect(show(text)).not.toContain('canary');
    expect(JSON.stringify(effectiveToJson(treeOf(text), {}))).not.toContain('canary');
  });
});

describe('what is shown', () => {
  test.each([...GOLDEN, ...EXAMPLES].map(({ name, text }) => [name, text]))(
    'can be read again and means the same: %s',
    (_, text) => {
      const shown = show(text);
      expect(show(withKeys(shown))).toBe(shown);
      // Whoever has used up a limit has no model.
      if (modelOf(text) === null) return;
      expect(modelOf(withKeys(show(text, { origins: true })))).toEqual(modelOf(text));
      expect(modelOf(withKeys(show(text, { changedOnly: true })))).toEqual(modelOf(text));
      // A password of stars is refused: it was masked, and nobody meant it.
      const filledIn = withKeys(shown).replaceAll('********', 'a-secret');
      if (load(text).director !== null) expect(load(filledIn).director).not.toBeNull();
    },
  );

  test(
    'can be read again, whatever was written',
    () => {
      fc.assert(
        fc.property(generated, (text) => {
          const shown = show(text);
          expect(show(withKeys(shown))).toBe(shown);
          const { diagnostics } = load(text, { mode: 'compat' });
          // An account that does not exist costs a script that names it, and not one that inherits it.
          if (diagnostics.some(({ code }) => code === 'unknown-account')) return;
          expect(modelOf(withKeys(shown))).toEqual(modelOf(text));
        }),
        { numRuns: 200 },
      );
    },
    MANY_RUNS_MS,
  );
});
