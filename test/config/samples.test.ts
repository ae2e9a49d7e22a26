/**
 * The samples of keepalived's Debian package: each one loads as keepalived would start with it, and what it
 * means is shown as in golden/samples/NAME.txt: the configuration in force without defaults, then what keeps
 * it from starting in lvsd's own, stricter mode. `UPDATE_GOLDEN=1` writes these files; read each against its sample.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { diagnosticsToJson } from '../../src/config/diagnostics/render.ts';
import { type ConfigEnvironment, systemEnvironment } from '../../src/config/environment.ts';
import { loadConfig } from '../../src/config/load.ts';
import { effectiveConfig } from '../../src/config/show/effective.ts';
import { formatFile } from '../../src/config/show/format-check.ts';
import { printEffective } from '../../src/config/show/print-effective.ts';

const FOLDER = '/usr/share/doc/keepalived/samples';
const GOLDEN = new URL('../golden/samples/', import.meta.url);
const SEPARATOR = '\n----------\n';

/** Hosts that a sample is for, by the end of its name; without: any. */
const HOSTS: Readonly<Record<string, readonly string[]>> = { conditional_conf: ['high', 'low'] };

/** All interfaces, accounts and scripts exist; files are those of this machine. */
const environment: ConfigEnvironment = {
  ...systemEnvironment(),
  hostName: () => 'lb1.example',
  interfaces: () => null,
  account: () => ({ uid: 65534, gid: 65534 }),
  program: () => 'good',
  isOpenToOthers: () => false,
  whoCanChange: () => null,
};

const isThere = existsSync(FOLDER);
const SAMPLES = isThere
  ? readdirSync(FOLDER)
      .filter((name) => name.startsWith('keepalived.conf.'))
      .flatMap((file) => {
        const name = file.slice('keepalived.conf.'.length);
        const hosts = HOSTS[name];
        return (
          hosts?.map((host) => ({ file, name: `${name}.${host}`, host })) ?? [
            { file, name, host: 'any' },
          ]
        );
      })
  : [];

function shown(path: string, configId: string, changedOnly: boolean): string {
  const options = { environment, configId };
  const { director, diagnostics, outline } = loadConfig(path, { ...options, mode: 'compat' });
  expect(director).not.toBeNull();
  return printEffective(effectiveConfig(outline.root, diagnostics), { changedOnly });
}

function facts(path: string, configId: string): string {
  const options = { environment, configId, mode: 'default' } as const;
  const strict = loadConfig(path, options).diagnostics;
  const errors = diagnosticsToJson(strict).filter(({ severity }) => severity === 'error');
  const told = errors.map(({ code, line, column, message }) => {
    return `${line}:${column} ${code}: ${message}\n`;
  });
  return `${shown(path, configId, true)}${SEPARATOR}${told.join('')}`;
}

/** What keepalived complains about, without the places. */
function complaints(path: string, configId: string): ReadonlySet<string> {
  const { stdout, stderr, error } = spawnSync('keepalived', ['-t', '-i', configId, '-f', path], {
    env: { PATH: `${process.env.PATH}:/usr/sbin:/sbin` },
  });
  if (error !== undefined) throw error;
  const lines = `${stdout}${stderr}`
    .split('\n')
    .map((line) => line.replace(/^\([^)]*Line \d+\) /, ''));
  return new Set(lines);
}

test.runIf(process.env.CI)(
  'the samples are on this machine (Debian: apt-get install keepalived)',
  () => {
    expect(isThere).toBe(true);
  },
);

const title = isThere ? `the samples of ${FOLDER}` : `skipped: there is no ${FOLDER}`;

describe.skipIf(!isThere)(title, () => {
  test('are all that there are', () => {
    const golden = readdirSync(GOLDEN).map((name) => name.replace(/\.txt$/, ''));
    expect(SAMPLES.map(({ name }) => name).sort()).toEqual(golden.sort());
  });

  test.each(SAMPLES)('$name means what it is shown to mean', ({ file, name, host }) => {
    const golden = new URL(`${name}.txt`, GOLDEN);
    const text = facts(join(FOLDER, file), host);
    if (process.env.UPDATE_GOLDEN) writeFileSync(golden, text);
    else expect(text).toBe(readFileSync(golden, 'utf8'));
  });

  test.each(SAMPLES)('$name as it is shown is no news to keepalived', ({ file, host }) => {
    const path = join(FOLDER, file);
    const folder = mkdtempSync(join(tmpdir(), 'samples-'));
    try {
      const copy = join(folder, 'shown.conf');
      writeFileSync(copy, shown(path, host, false));
      const known = complaints(path, host);
      expect([...complaints(copy, host)].filter((line) => !known.has(line))).toEqual([]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test.each(SAMPLES)('$name keeps its meaning when it is formatted', ({ file, host }) => {
    const { obstacles, changesMeaning } = formatFile(join(FOLDER, file), {
      environment,
      configId: host,
    });
    expect(changesMeaning).toBe(false);
    expect(obstacles).toEqual([]);
  });
});
