/**
 * Compiles the programs beside it for the Node that runs it, all functions of each, so that a start need not
 * (base/compiled-code.ts). `npm run build` runs it, and npm when it installs or rebuilds the package.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { compile, compiledFile, compiledFolders, seal } from './base/compiled-code.ts';
import { LARGE, SMALL } from './daemon/supervisor/flags.ts';

const SELF = fileURLToPath(import.meta.url);
const ROOT = dirname(SELF);
/** V8 takes code only from a V8 with the same flags: each set is a process of its own. */
const FLAGS: readonly (readonly string[])[] = [[], SMALL, LARGE];

function programFiles(): readonly string[] {
  const below = (folder: string, ending: string): readonly string[] =>
    readdirSync(join(ROOT, folder))
      .filter((name) => name.endsWith(ending))
      .map((name) => join(ROOT, folder, name));
  return [...below('.', '.main.js'), ...below('daemon', '.main.js'), ...below('chunks', '.js')];
}

/** All functions, and not only those that a run would call first. */
function compileWhole(file: string): Buffer {
  const source = readFileSync(file);
  setFlagsFromString('--no-lazy');
  const script = compile(file, source);
  // The code tells with which flags it was made.
  setFlagsFromString('--lazy');
  return seal(source, script.createCachedData());
}

/** One that is read meanwhile, or lost in part when the machine fails, has the wrong sum and is not used. */
function compileFile(file: string): void {
  const path = compiledFile(ROOT, file);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, compileWhole(file));
}

if (process.argv[2] === 'these-flags') {
  for (const file of programFiles()) compileFile(file);
} else {
  rmSync(compiledFolders(ROOT), { recursive: true, force: true });
  const env = { ...process.env, NODE_OPTIONS: '' };
  for (const flags of FLAGS) {
    execFileSync(process.execPath, [...flags, SELF, 'these-flags'], { env, stdio: 'inherit' });
  }
}
