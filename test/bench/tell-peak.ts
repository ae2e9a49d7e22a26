/** Imported into a measured process: at its end it writes what it had resident at most, in KB, to the file PEAK. */
import { writeFileSync } from 'node:fs';

process.on('exit', () => {
  writeFileSync(process.env.PEAK ?? '/dev/stderr', String(process.resourceUsage().maxRSS));
});
