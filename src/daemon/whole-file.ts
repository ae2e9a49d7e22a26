/** Files that a later life of the daemon reads: a full disk or a crash leaves the text before, never half of one. */
import { renameSync, writeFileSync } from 'node:fs';

/** Throws what the file system refuses; then the file is as it was. */
export function writeWhole(path: string, text: string): void {
  const draft = `${path}.new`;
  writeFileSync(draft, text);
  renameSync(draft, path);
}
