/** The `health` process: its duties (health/health-duties.ts), at its end of the channel to the supervisor. */
import type { LogLevel } from '../base/log.ts';
import { ADOPT_VARIABLE } from './health/adopt.ts';
import { STATE_DIR_VARIABLE } from './health/drain-file.ts';
import { HealthDuties } from './health/health-duties.ts';
import { HEALTH_CODEC } from './health/health-patch.ts';
import { openUplink } from './ipc.ts';

const uplink = openUplink(process.argv[2] as LogLevel);
const {
  LVSD_RUN_DIR: runDir = '.',
  [STATE_DIR_VARIABLE]: stateDir = runDir,
  [ADOPT_VARIABLE]: adopt,
} = process.env;
uplink.serve(
  new HealthDuties(uplink, { runDir, stateDir, adopts: adopt !== undefined }),
  HEALTH_CODEC,
);
