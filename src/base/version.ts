/** The version of this program, as package.json has it. */
import { readFileSync } from 'node:fs';

export function readVersion(): string {
  // The same depth in dist/src/base; the source itself lies one folder less deep.
  for (const above of ['../../../package.json', '../../package.json']) {
    try {
      const text = readFileSync(new URL(above, import.meta.url), 'utf8');
      return (JSON.parse(text) as { version: string }).version;
    } catch {
      // Perhaps the next one.
    }
  }
  return 'unknown';
}
