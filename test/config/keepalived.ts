/** keepalived itself (Debian's 2.2.7), asked with `-t` what it thinks of configurations. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

const KEEPALIVED = '/usr/sbin/keepalived';

/** Why it cannot be asked here, or null. Root: for a network with the interfaces that cases name. */
export const missing: string | null =
  process.getuid?.() !== 0
    ? 'this needs root'
    : existsSync(KEEPALIVED)
      ? null
      : `there is no ${KEEPALIVED}`;

export interface Question {
  readonly name: string;
  /** Texts by path; those that are executable. */
  readonly files: Readonly<
    Record<string, { readonly text: string; readonly is?: string | undefined }>
  >;
  readonly mainFile: string;
  readonly configId: string | null;
  readonly variables: Readonly<Record<string, string>>;
}

export interface Answer {
  readonly code: number;
  readonly said: string;
}

/** Asks in each folder; a bridge and a tap do where the kernel has no dummy. */
const SCRIPT = `
for name in eth0 eth1; do
  ip link add "$name" type dummy 2>/dev/null || ip link add "$name" type bridge 2>/dev/null ||
    ip tuntap add "$name" mode tap
done
ulimit -v 2000000
printf '%s\\0' "$1"/*/ | xargs -0 -P 4 -I '{}' sh -c '
  cd "$1"
  timeout 5 sh ./run >said 2>&1 </dev/null
  echo $? >code
' sh '{}'
`;

/** The answers by the names of the questions; four are asked at a time. */
export function ask(questions: readonly Question[]): ReadonlyMap<string, Answer> {
  const root = mkdtempSync(join(tmpdir(), 'peer-'));
  try {
    for (const question of questions) write(join(root, question.name), question);
    spawnSync('unshare', ['-n', 'sh', '-c', SCRIPT, 'sh', root], { stdio: 'inherit' });
    return new Map(questions.map(({ name }) => [name, readAnswer(join(root, name))]));
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

function write(folder: string, question: Question): void {
  const { files, mainFile, configId, variables } = question;
  for (const [path, { text, is }] of Object.entries(files)) {
    const target = join(folder, path);
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, text, { mode: is === 'executable' ? 0o755 : 0o644 });
  }
  const pairs = Object.entries(variables).map(([name, value]) => `${name}=${value}`);
  const words = ['env', ...pairs, KEEPALIVED, '-t', '-f', mainFile];
  if (configId !== null) words.push('-i', configId);
  writeFileSync(join(folder, 'run'), `exec ${words.join(' ')}\n`);
}

function readAnswer(folder: string): Answer {
  const read = (name: string): string => readFileSync(join(folder, name), 'utf8');
  return { code: Number(read('code')), said: read('said') };
}
