// Everything a fresh clone needs before the demo or the tests: dependencies, the addon, dist/, and the
// Debian packages of the lab. Plain JavaScript without dependencies; what is done is skipped.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { delimiter, join } from 'node:path';

const root = new URL('..', import.meta.url).pathname;
const stamps = join(root, '.lab', 'stamps');
process.chdir(root);
mkdirSync(stamps, { recursive: true });

/** Commands of Debian packages: what the demo cannot do without, and what the tests need besides. */
const DEMO_PROGRAMS = {
  'linux.uml': 'user-mode-linux',
  busybox: 'busybox',
  ip: 'iproute2',
  ipvsadm: 'ipvsadm',
  modprobe: 'kmod',
  tcpdump: 'tcpdump',
  curl: 'curl',
};
const TEST_PROGRAMS = {
  ...DEMO_PROGRAMS,
  nginx: 'nginx-light',
  'redis-server': 'redis-server',
  etcd: 'etcd-server',
  keepalived: 'keepalived',
  bird: 'bird2',
  nft: 'nftables',
  tshark: 'tshark',
  ...(process.arch === 'x64' ? { 'qemu-system-x86_64': 'qemu-system-x86' } : {}),
};

function run(command, args, environment = {}) {
  execFileSync(command, args, { stdio: 'inherit', env: { ...process.env, ...environment } });
}

function filesBelow(...folders) {
  return folders.flatMap((folder) =>
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && !entry.parentPath.startsWith('native/build'))
      .map((entry) => join(entry.parentPath, entry.name)),
  );
}

/** Runs a step unless these files are as they were when it last succeeded. */
function step(name, files, products, work) {
  const hash = createHash('sha256').update(process.version);
  for (const file of files.sort()) hash.update(file).update(readFileSync(file));
  const digest = hash.digest('hex');
  const stamp = join(stamps, name);
  const done = existsSync(stamp) && readFileSync(stamp, 'utf8') === digest;
  if (done && products.every((product) => existsSync(product))) return;
  console.log(`set-up: ${name}`);
  work();
  writeFileSync(stamp, digest);
}

function isInstalled(program) {
  const folders = `${process.env.PATH}${delimiter}/usr/sbin${delimiter}/sbin`.split(delimiter);
  return folders.some((folder) => existsSync(join(folder, program)));
}

/** Packages of servers start them when they are installed; Debian's policy file forbids it meanwhile. */
function withoutServiceStarts(work) {
  const policy = '/usr/sbin/policy-rc.d';
  const ours = !existsSync(policy);
  if (ours) writeFileSync(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  try {
    work();
  } finally {
    if (ours) rmSync(policy);
  }
}

function installPackages(programs) {
  const missing = Object.entries(programs).filter(([program]) => !isInstalled(program));
  if (missing.length === 0) return;
  const packages = missing.map(([, name]) => name);
  if (process.getuid() !== 0 || !isInstalled('apt-get')) {
    console.error(
      `set-up: install the packages ${packages.join(' ')} first (Debian: apt-get install)`,
    );
    process.exit(1);
  }
  console.log(`set-up: Debian packages ${packages.join(' ')}`);
  const quiet = { DEBIAN_FRONTEND: 'noninteractive' };
  run('apt-get', ['update', '-qq'], quiet);
  withoutServiceStarts(() =>
    run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...packages], quiet),
  );
}

/** Debian's kernel for qemu, unpacked and not installed: this machine boots as before. */
function fetchKernel() {
  const folder = join(root, '.lab', 'qemu');
  if (existsSync(join(folder, 'root', 'boot'))) return;
  console.log('set-up: the kernel for qemu');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const depends = execFileSync('apt-cache', ['depends', 'linux-image-amd64']).toString();
  const name = /Depends: (linux-image-\S+)/.exec(depends)?.[1];
  if (name === undefined) throw new Error('apt knows no linux-image-amd64');
  execFileSync('apt-get', ['-qq', 'download', name], {
    cwd: folder,
    stdio: ['ignore', 'inherit', 'ignore'],
  });
  const file = readdirSync(folder).find((one) => one.endsWith('.deb'));
  run('dpkg', ['-x', join(folder, file), join(folder, 'root.new')]);
  renameSync(join(folder, 'root.new'), join(folder, 'root'));
  rmSync(join(folder, file));
}

step(
  'dependencies',
  ['package.json', 'package-lock.json'],
  ['node_modules/.package-lock.json'],
  () => run('npm', ['ci', '--ignore-scripts=false']),
);
step('addon', filesBelow('native'), ['native/build/Release/lvs_native.node'], () =>
  run('npm', ['run', '--silent', 'build:native']),
);
step(
  'dist',
  [
    ...filesBelow('src', 'test').filter((file) => file.endsWith('.ts')),
    'tsconfig.json',
    '.rolldown.mjs',
  ],
  ['dist/src/lvsd.js', 'dist/bin/lvsd.js'],
  () => run('npm', ['run', '--silent', 'build']),
);
const purpose = process.argv[2];
const isForTests = purpose !== 'demo' && purpose !== 'fuzz';
// The fuzzer runs no other program.
if (purpose !== 'fuzz') installPackages(isForTests ? TEST_PROGRAMS : DEMO_PROGRAMS);
if (isForTests && process.arch === 'x64') fetchKernel();
