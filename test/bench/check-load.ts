/**
 * `check-load.js FILE`: checks the real servers of a file as lvsd's health process does, with its own code, and without
 * a kernel that has IPVS. Tells on TERM how many checks a second it was.
 */
import { silentLog } from '../../src/base/log.ts';
import { systemRandom } from '../../src/base/random.ts';
import { systemClock } from '../../src/base/time.ts';
import { commandEnvironment } from '../../src/config/environment.ts';
import { loadConfig } from '../../src/config/load.ts';
import type { Dial } from '../../src/health/checker.ts';
import { HealthMonitor } from '../../src/health/monitor.ts';
import { Sessions } from '../../src/health/sessions.ts';
import { dial } from '../../src/kernel/dial.ts';

const [file = ''] = process.argv.slice(2);
const { director } = loadConfig(file, { mode: 'compat', environment: commandEnvironment() });
if (director === null) throw new Error(`${file} has errors: lvsctl check tells which`);

let connections = 0;
const counted: Dial = async (...how) => {
  const connection = await dial(...how);
  connections += 1;
  return connection;
};

const monitor = new HealthMonitor({
  clock: systemClock,
  random: systemRandom,
  log: silentLog,
  dial: counted,
  notify: { changed: () => {} },
  orders: { isEmpty: true, orderOf: () => null },
  sessions: new Sessions(),
  onServings: () => {},
});
monitor.configure(director.health.virtualServers);
const begun = performance.now();

process.once('SIGTERM', () => {
  const seconds = (performance.now() - begun) / 1000;
  process.stdout.write(`${Math.round(connections / seconds)} connections a second\n`, () =>
    process.exit(0),
  );
});
