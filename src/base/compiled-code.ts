/**
 * Runs a bundled program (dist/bin) with the code that V8 compiled when it was built or installed
 * (precompile.ts). Where there is none that fits, as with another Node or with other flags, V8 compiles each function
 * when it is first called: that is slower, and otherwise the same.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { constants, Script } from 'node:vm';
import { crc32 } from 'node:zlib';

const CRC_OCTETS = 4;

interface Module {
  exports: unknown;
}

type ModuleFunction = (
  this: unknown,
  exports: unknown,
  require: (name: string) => unknown,
  module: Module,
  filename: string,
  dirname: string,
) => void;

/** Of all Nodes and flags. */
export function compiledFolders(root: string): string {
  return join(root, 'compiled');
}

/** Where the compiled code of a file below `root` lies, for the Node that runs now and the flags that it has. */
export function compiledFile(root: string, file: string): string {
  const { version, arch, execArgv } = process;
  const folder = [`${version}-${arch}`, ...execArgv].join('').replaceAll('/', '_');
  return join(compiledFolders(root), folder, `${relative(root, file)}.code`);
}

/** @throws Error with what is wrong with the source. */
export function compile(file: string, source: Buffer, compiled?: Buffer): Script {
  const head = '(function (exports, require, module, __filename, __dirname) {';
  return new Script(`${head}${source}\n})`, {
    filename: file,
    columnOffset: -head.length,
    importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
    ...(compiled === undefined ? {} : { cachedData: compiled }),
  });
}

/**
 * Compiled code with a sum over it and its source. V8 itself tests its version, its flags and the length of the
 * source, and nothing else: it would run another text's code, and die of damaged code.
 */
export function seal(source: Buffer, code: Buffer): Buffer {
  const sum = Buffer.alloc(CRC_OCTETS);
  sum.writeUInt32BE(crc32(code, crc32(source)));
  return Buffer.concat([code, sum]);
}

/** The code of what `seal` gave; null: it is damaged, or another source's. */
export function unseal(source: Buffer, sealed: Buffer): Buffer | null {
  if (sealed.length <= CRC_OCTETS) return null;
  const code = sealed.subarray(0, -CRC_OCTETS);
  return crc32(code, crc32(source)) === sealed.readUInt32BE(code.length) ? code : null;
}

/** Runs `lvsd.main.js` for `lvsd.js`. */
export function runProgram(path: string): void {
  const outside = createRequire(import.meta.url);
  const root = dirname(outside.resolve('./load.js'));
  const loaded = new Map<string, Module>();
  const load = (file: string): unknown => {
    const known = loaded.get(file);
    if (known !== undefined) return known.exports;
    const module: Module = { exports: {} };
    loaded.set(file, module);
    const folder = dirname(file);
    const require = (name: string): unknown =>
      name.startsWith('.') ? load(join(folder, name)) : outside(name);
    const run: ModuleFunction = compileQuickly(root, file).runInThisContext();
    run.call(module.exports, module.exports, require, module, file, folder);
    return module.exports;
  };
  load(path.replace(/\.js$/, '.main.js'));
}

function compileQuickly(root: string, file: string): Script {
  const source = readFileSync(file);
  const code = readCode(compiledFile(root, file), source);
  return compile(file, source, code ?? undefined);
}

function readCode(path: string, source: Buffer): Buffer | null {
  try {
    return unseal(source, readFileSync(path));
  } catch {
    return null; // There need not be any.
  }
}
