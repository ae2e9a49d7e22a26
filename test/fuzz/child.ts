/** Checks files one after the other as `lvsctl check` does, and prints of each what it cost and what was said. */

import { diagnosticsToJson, renderDiagnostics } from '../../src/config/diagnostics/render.ts';
import { systemEnvironment } from '../../src/config/environment.ts';
import { loadConfig } from '../../src/config/load.ts';

export interface Measured {
  readonly path: string;
  /** Wall time, or CPU time where that is less: while others work, the wall tells of them, too. */
  readonly tookMs: number;
  /** The highest that this process has had so far. */
  readonly memoryMib: number;
  /** A line a mistake; those that name a limit come first. */
  readonly said: string;
}

const SAID_CHARACTERS = 100_000;

for (const path of process.argv.slice(2)) {
  const startedAt = performance.now();
  const before = process.cpuUsage();
  const { diagnostics } = loadConfig(path, { mode: 'default', environment: systemEnvironment() });
  renderDiagnostics(diagnostics, { colour: false });
  JSON.stringify(diagnosticsToJson(diagnostics));
  const said = diagnostics
    .toSorted((a, b) => Number(b.code.startsWith('too-')) - Number(a.code.startsWith('too-')))
    .map(({ code, message }) => `${code} ${message}`);
  const { user, system } = process.cpuUsage(before);
  const measured: Measured = {
    path,
    tookMs: Math.min((user + system) / 1000, performance.now() - startedAt),
    memoryMib: process.resourceUsage().maxRSS / 1024,
    said: said.join('\n').slice(0, SAID_CHARACTERS),
  };
  console.log(JSON.stringify(measured));
}
