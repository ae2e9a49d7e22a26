/**
 * The main job, told in plain sentences on a real kernel: a pair of directors in front of three real
 * servers in DR mode; a server fails and comes back, the MASTER fails and comes back. Exit code 0 only if
 * all of it was true. `--json` adds one line of figures; `--keep` leaves it running, with a prompt.
 */
import { eventually, pause } from './lab.ts';
import { type DirectorName, Pair, REAL_SERVERS, SERVICE, VIP } from './pair.ts';
import { promptFor } from './prompt.ts';

const REQUESTS = 60;
const SPREAD_WANTED: Readonly<Record<string, number>> = { rs1: 10, rs2: 20, rs3: 30 };

interface Figures {
  ok: boolean;
  spread: Record<string, number>;
  serverOutMs: number;
  serverBackMs: number;
  failoverMs: number;
  failbackMs: number;
  vipOverlapMs: number;
}

const figures: Figures = {
  ok: true,
  spread: {},
  serverOutMs: 0,
  serverBackMs: 0,
  failoverMs: 0,
  failbackMs: 0,
  vipOverlapMs: 0,
};

function tell(sentence: string): void {
  process.stdout.write(`\n=== ${sentence}\n`);
}

/** Says whether a thing that must be true is. */
function claim(sentence: string, isTrue: boolean): void {
  process.stdout.write(`${isTrue ? 'true ' : 'FALSE'}  ${sentence}\n`);
  if (!isTrue) figures.ok = false;
}

async function bothMaster(pair: Pair, director: DirectorName): Promise<boolean> {
  const states = await pair.states(director);
  return states.length === 2 && states.every((state) => state === 'master');
}

async function begin(pair: Pair): Promise<void> {
  tell('Two directors start; the one with the higher priority becomes MASTER.');
  pair.start('director1');
  pair.start('director2');
  await eventually('director1 is MASTER', () => bothMaster(pair, 'director1'), 40_000);
  process.stdout.write(await pair.show('director1'));
  const states = await pair.states('director2');
  claim(
    'director2 is BACKUP for both networks',
    states.every((state) => state === 'backup'),
  );
}

async function spread(pair: Pair): Promise<void> {
  tell(`${REQUESTS} requests of a client are spread by weight 1:2:3.`);
  figures.spread = await pair.client.fetch(SERVICE, REQUESTS);
  process.stdout.write(`${JSON.stringify(figures.spread)}\n`);
  const exact = REAL_SERVERS.every((name) => figures.spread[name] === SPREAD_WANTED[name]);
  claim('rs1 answered 10, rs2 20 and rs3 30 of them', exact);
}

async function serverFails(pair: Pair): Promise<void> {
  tell('The web server on rs2 is killed; the director takes it out.');
  const [, rs2] = pair.servers;
  await rs2?.stopServing();
  const holdsRs2 = (): boolean => pair.inKernel('director1').includes('198.51.100.22');
  figures.serverOutMs = Math.round(await eventually('rs2 is out', () => !holdsRs2()));
  process.stdout.write(await pair.show('director1'));
  const answers = await pair.client.fetch(SERVICE, 20);
  const good = (answers.rs1 ?? 0) + (answers.rs3 ?? 0);
  claim(`rs2 was out after ${figures.serverOutMs} ms, and clients notice nothing`, good === 20);
  tell('It is started again; the director puts it back.');
  await rs2?.serve(80, 'rs2');
  figures.serverBackMs = Math.round(await eventually('rs2 is back', holdsRs2));
  claim(`rs2 was back after ${figures.serverBackMs} ms`, true);
}

async function masterFails(pair: Pair): Promise<void> {
  tell('The power of director1 fails; director2 takes over.');
  await pair.client.watch(SERVICE);
  await pause(1_000);
  await pair.powerOff('director1');
  await eventually('director2 is MASTER', () => bothMaster(pair, 'director2'), 30_000);
  await pause(1_500);
  const { longestSilenceMs } = await pair.client.endWatch();
  figures.failoverMs = Math.round(longestSilenceMs);
  process.stdout.write(await pair.show('director2'));
  claim(`the client waited ${figures.failoverMs} ms for an answer`, longestSilenceMs < 8_000);
  claim('both networks moved together', await bothMaster(pair, 'director2'));
}

async function masterReturns(pair: Pair): Promise<void> {
  tell('director1 returns and takes its addresses back, because it preempts.');
  await pair.client.watch(SERVICE);
  await pair.powerOn('director1');
  await eventually('director1 is MASTER again', () => bothMaster(pair, 'director1'), 40_000);
  await pause(1_500);
  const { longestSilenceMs } = await pair.client.endWatch();
  figures.failbackMs = Math.round(longestSilenceMs);
  const states = await pair.states('director2');
  claim(
    'director2 is BACKUP again',
    states.every((state) => state === 'backup'),
  );
  claim(`the client waited ${figures.failbackMs} ms at most`, longestSilenceMs < 3_000);
}

async function main(): Promise<void> {
  const startedAt = performance.now();
  tell('Three real servers, two directors, a router and a client are laid out.');
  const pair = await Pair.layOut('demo');
  try {
    await pair.client.probe(VIP, '192.0.2.100');
    await begin(pair);
    await spread(pair);
    await serverFails(pair);
    await masterFails(pair);
    await masterReturns(pair);
    const { holders, overlapMs } = await pair.client.endProbe();
    figures.vipOverlapMs = overlapMs;
    tell(`All the time a probe asked by ARP who holds ${VIP}.`);
    claim(
      `two directors held it one after the other, and both at once for ${overlapMs} ms`,
      holders.length === 2 && overlapMs <= 100,
    );
  } catch (error) {
    claim(error instanceof Error ? error.message : String(error), false);
    for (const director of ['director1', 'director2'] as const) {
      process.stdout.write(await pair.show(director));
    }
  }
  if (process.argv.includes('--keep')) await promptFor(pair);
  await pair.close();
  const seconds = Math.round((performance.now() - startedAt) / 1000);
  tell(figures.ok ? `All of it was true (${seconds} s).` : 'Not all of it was true.');
  if (process.argv.includes('--json')) process.stdout.write(`${JSON.stringify(figures)}\n`);
  process.exit(figures.ok ? 0 : 1);
}

await main();
