/** A prompt in which commands run on the hosts of a lab, until the person at it has seen enough. */
import { createInterface } from 'node:readline';
import type { DirectorName, Pair } from './pair.ts';

const HELP = `HOST COMMAND, for example
  director1 lvsctl show        director2 lvsctl reload      director1 ipvsadm -Ln
  director1 ip addr            client curl -s http://192.0.2.10/
Hosts: director1, director2, rs1, rs2, rs3, client, router. To end: quit.
`;

const HOSTS = ['director1', 'director2', 'rs1', 'rs2', 'rs3', 'client', 'router'];

/** What a line asks for, carried out; what is printed for it. */
async function answer(pair: Pair, line: string): Promise<string> {
  const [host = '', program = '', ...args] = line.trim().split(/\s+/);
  if (host === '') return '';
  if (!HOSTS.includes(host) || program === '') return HELP;
  const isDirector = host === 'director1' || host === 'director2';
  const { stdout, stderr } =
    program === 'lvsctl' && isDirector
      ? await pair.lvsctl(host as DirectorName, ...args)
      : await pair.lab.run(host, program, ...args);
  return stdout + stderr;
}

/** Resolves when it is told to quit, or the input ends. */
export async function promptFor(pair: Pair): Promise<void> {
  process.stdout.write(`\n${HELP}`);
  const lines = createInterface({ input: process.stdin, output: process.stdout, terminal: false });
  lines.setPrompt('lab> ');
  lines.prompt();
  for await (const line of lines) {
    if (['quit', 'exit'].includes(line.trim())) break;
    process.stdout.write(await answer(pair, line));
    lines.prompt();
  }
  lines.close();
}
