/** Many mutants of one seed, each in both modes; each kind of fault is told once, and its mutant written down. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readCorpus } from './corpus.ts';
import { type Files, mutantOf } from './mutate.ts';
import { areWell, type Fault, faultOf, MODES } from './oracle.ts';
import { shrunk } from './shrink.ts';

/** Where mutants with a fault are left. */
const FOLDER = '.lab';

export interface Run {
  readonly seed: number;
  /** Numbers of mutants: from the first one to before the last. */
  readonly from: number;
  readonly to: number;
}

/** Faults of one seed that are told; a broken program would have thousands. */
const FAULTS_MAX = 10;
/** Mutants that are looked at together. */
const AT_ONCE = 50;

/** How to see each fault again, one of each kind; empty: all mutants are well. */
export function faultsOf({ seed, from, to }: Run): readonly string[] {
  const corpus = readCorpus();
  const found = new Map<string, string>();
  for (let first = from; first < to && found.size < FAULTS_MAX; first += AT_ONCE) {
    const count = Math.min(AT_ONCE, to - first);
    const mutants = Array.from({ length: count }, (_, at) => mutantOf(corpus, seed, first + at));
    if (areWell(mutants)) continue;
    for (const [at, files] of mutants.entries()) lookAt(files, seed, first + at, found);
  }
  return [...found.values()];
}

function lookAt(files: Files, seed: number, index: number, found: Map<string, string>): void {
  for (const mode of MODES) {
    const fault = faultOf(files, mode);
    if (fault === null || found.has(fault.kind)) continue;
    const smallest = shrunk(files, (fewer) => faultOf(fewer, mode)?.kind === fault.kind);
    const path = writeDown(`seed-${seed}-mutant-${index}`, smallest);
    found.set(fault.kind, describe({ fault, seed, index, mode, path }));
  }
}

/** One file with all the files of the mutant, each below its name. */
function writeDown(name: string, files: Files): string {
  mkdirSync(FOLDER, { recursive: true });
  const path = join(FOLDER, `fuzz-${name}.txt`);
  const parts = Object.entries(files).map(([file, text]) => `---------- ${file}\n${text}\n`);
  writeFileSync(path, parts.join(''));
  return path;
}

function describe(found: {
  readonly fault: Fault;
  readonly seed: number;
  readonly index: number;
  readonly mode: string;
  readonly path: string;
}): string {
  const { fault, seed, index, mode, path } = found;
  return [
    `seed ${seed}, mutant ${index}, mode ${mode}: ${fault.kind}`,
    fault.detail,
    `made smaller in ${path}; again: npm run fuzz -- --from ${seed} --index ${index}`,
  ].join('\n');
}
