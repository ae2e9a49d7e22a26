/** A first file system for Debian's kernel: the modules of virtio-9p, and a script that mounts this machine's files. */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';

export interface InitrdOptions {
  readonly path: string;
  /** Folder under which `lib/modules/RELEASE` is. */
  readonly modules: string;
  readonly release: string;
  /** What is run on this machine's files. */
  readonly init: string;
}

interface Entry {
  readonly name: string;
  readonly mode: number;
  readonly content: Uint8Array;
}

const FOLDER = 0o040755;
const PROGRAM = 0o100755;
const END = 'TRAILER!!!';

export function buildInitrd({ path, modules, release, init }: InitrdOptions): void {
  const files = withDependencies(modules, release);
  const script = `#!/bin/busybox sh
for module in ${files.map((file) => `/modules/${basename(file)}`).join(' ')}; do busybox insmod $module; done
busybox mount -t 9p -o trans=virtio,version=9p2000.L,msize=1048576,cache=loose root /root
exec busybox switch_root /root ${init}
`;
  const busybox = execFileSync('sh', ['-c', 'command -v busybox']).toString().trim();
  const entries: readonly Entry[] = [
    ...['bin', 'modules', 'root', 'dev', 'proc'].map(folder),
    program('bin/busybox', readFileSync(busybox)),
    ...libraries(busybox).flatMap((file) => [
      ...parents(file),
      program(file.slice(1), readFileSync(file)),
    ]),
    ...files.map((file) => program(`modules/${basename(file)}`, readFileSync(file))),
    program('init', Buffer.from(script)),
    { name: END, mode: 0, content: new Uint8Array() },
  ];
  writeFileSync(path, Buffer.concat(entries.map(encodeEntry)));
}

/** Modules in the order in which they must be loaded. */
function withDependencies(modules: string, release: string): readonly string[] {
  const wanted = ['virtio_pci', '9pnet_virtio', '9p'];
  const lines = wanted.flatMap((name) =>
    execFileSync('modprobe', ['-d', modules, '-S', release, '--show-depends', name])
      .toString()
      .split('\n'),
  );
  return [...new Set(lines.flatMap((line) => /^insmod (\S+)/.exec(line)?.[1] ?? []))];
}

/** A busybox that is not static needs them. */
function libraries(program: string): readonly string[] {
  try {
    const text = execFileSync('ldd', [program], { stdio: ['ignore', 'pipe', 'ignore'] }).toString();
    return [...text.matchAll(/(\/\S+) \(0x/g)].map(([, file]) => file as string);
  } catch {
    return [];
  }
}

function folder(name: string): Entry {
  return { name, mode: FOLDER, content: new Uint8Array() };
}

function parents(file: string): readonly Entry[] {
  const parts = file.split('/').slice(1, -1);
  return parts.map((_, at) => folder(parts.slice(0, at + 1).join('/')));
}

function program(name: string, content: Uint8Array): Entry {
  return { name, mode: PROGRAM, content };
}

/** The format "newc" of cpio (kernel: Documentation/driver-api/early-userspace/buffer-format.rst). */
function encodeEntry({ name, mode, content }: Entry): Buffer {
  const fields = [0, mode, 0, 0, 1, 0, content.length, 0, 0, 0, 0, name.length + 1, 0];
  const head = `070701${fields.map((value) => value.toString(16).padStart(8, '0')).join('')}${name}\0`;
  return Buffer.concat([padded(Buffer.from(head)), padded(content)]);
}

function padded(octets: Uint8Array): Buffer {
  return Buffer.concat([octets, Buffer.alloc((4 - (octets.length % 4)) % 4)]);
}
