// src/ → dist/bin/: the programs as they are installed, with the small packages that they use. One file instead of
// a hundred to find and to read makes each start of Node shorter. dist/src/ is the same unbundled, for the tests.
// They are CommonJS, because V8 keeps the compiled code of a script, not of a module: lvsd.js has load.js run
// lvsd.main.js with the code that precompile.js has compiled.
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

/** Large, or with parts of their own to find: these stay in node_modules. */
const EXTERNAL = [/^node:/, /^(?:netlink|nodemailer|raw-socket|undici)(?:\/|$)/];

/** Whoever passes on a package passes on its licence. */
const licences = {
  name: 'licences',
  generateBundle(_, bundle) {
    const modules = Object.values(bundle).flatMap((chunk) => chunk.moduleIds ?? []);
    const folders = modules.flatMap((id) => /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+/.exec(id)?.[0] ?? []);
    const texts = [...new Set(folders)].sort().map((folder) => {
      const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json')));
      const files = ['LICENSE', 'license', 'LICENSE.md'].map((file) => join(folder, file));
      const file = files.find((path) => existsSync(path));
      if (file === undefined) throw new Error(`${name} has no licence file`);
      return `${name} ${version}, ${license}\n\n${readFileSync(file, 'utf8').trim()}\n`;
    });
    this.emitFile({ type: 'asset', fileName: 'LICENCES', source: texts.join('\n\n') });
  },
};

const PROGRAMS = {
  lvsd: 'src/lvsd.ts',
  lvsctl: 'src/lvsctl.ts',
  'daemon/vrrp-process': 'src/daemon/vrrp-process.ts',
  'daemon/bfd-process': 'src/daemon/bfd-process.ts',
  'daemon/health-process': 'src/daemon/health-process.ts',
  'daemon/notify-process': 'src/daemon/notify-process.ts',
};

/** One character beyond Latin-1, and V8 keeps the whole text of a file with two octets for each. */
const ascii = {
  name: 'ascii',
  generateBundle(_, bundle) {
    for (const chunk of Object.values(bundle)) {
      if (chunk.type !== 'chunk') continue;
      const escaped = (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
      chunk.code = chunk.code.replace(/[^\0-\x7f]/g, escaped);
    }
  },
};

/** The files that are called: each runs the program of its name. */
const launchers = {
  name: 'launchers',
  generateBundle() {
    for (const name of Object.keys(PROGRAMS)) {
      const load = relative(dirname(name), 'load.js');
      const path = load.startsWith('.') ? load : `./${load}`;
      const source = `#!/usr/bin/env node\nrequire('${path}').runProgram(__filename);\n`;
      this.emitFile({ type: 'asset', fileName: `${name}.js`, source });
    }
    const source = '{ "type": "commonjs" }\n';
    this.emitFile({ type: 'asset', fileName: 'package.json', source });
  },
};

export default {
  input: {
    ...PROGRAMS,
    load: 'src/base/compiled-code.ts',
    precompile: 'src/precompile.ts',
  },
  platform: 'node',
  external: EXTERNAL,
  plugins: [licences, ascii, launchers],
  output: {
    dir: 'dist/bin',
    format: 'cjs',
    strict: true,
    dynamicImportInCjs: false,
    cleanDir: true,
    // A text that is read at each start.
    comments: false,
    entryFileNames: ({ name }) => (name in PROGRAMS ? '[name].main.js' : '[name].js'),
    chunkFileNames: 'chunks/[name]-[hash].js',
  },
};
