/** The helper in a host: serves and fetches HTTP and asks by ARP, as it is told on standard input. */
import { createServer, get, type Server } from 'node:http';
import { createInterface } from 'node:readline';
import { fromHex } from '../../src/base/bytes.ts';
import { loadAddon } from '../../src/kernel/addon.ts';
import { openNetwork } from '../../src/kernel/network.ts';
import type { Observation, Order, ProbeReport, WatchReport } from './agent-protocol.ts';
import { echo, serveEcho } from './echo.ts';
import { observe } from './observe.ts';
import { probe } from './probe.ts';

const FETCH_MS_MAX = 1_000;
const WATCH_EVERY_MS = 40;

let server: Server | null = null;
let watching: { readonly answeredAt: number[]; stop: boolean; readonly startedAt: number } | null =
  null;
let endProbe: () => ProbeReport = () => ({ holders: [], overlapMs: 0 });
let endObservation: () => Promise<Observation> = async () => ({
  adverts: [],
  answeredAtMs: [],
  echoes: [],
});

function fetchOnce(url: string, timeoutMs: number): Promise<string> {
  return new Promise((resolve) => {
    const request = get(url, { agent: false, timeout: timeoutMs }, (response) => {
      let body = '';
      response.on('data', (part: Buffer) => {
        body += part.toString();
      });
      response.on('end', () => resolve(body.trim()));
      response.on('error', (error) => resolve(`failed: ${error.message}`));
    });
    request.on('timeout', () => request.destroy(new Error('timeout')));
    request.on('error', (error) => resolve(`failed: ${error.message}`));
  });
}

function serve(port: number, body: string): Promise<void> {
  const opened = createServer((_, response) => {
    response.writeHead(200, { 'content-type': 'text/plain', connection: 'close' });
    response.end(`${body}\n`);
  });
  server = opened;
  return new Promise((resolve) => opened.listen(port, '0.0.0.0', () => resolve()));
}

function stopServing(): Promise<void> {
  const closing = server;
  server = null;
  if (closing === null) return Promise.resolve();
  return new Promise((resolve) => {
    closing.close(() => resolve());
    closing.closeAllConnections();
  });
}

async function sendFrame(link: string, hex: string): Promise<void> {
  const network = openNetwork();
  const found = await network.readLink(link);
  network.close();
  if (found === null) throw new Error(`there is no ${link}`);
  const addon = loadAddon();
  // Ethernet type 0: it hears nothing.
  const fd = addon.openPacketSocket(found.index, 0);
  addon.sendFrame(fd, fromHex(hex));
  addon.closeDescriptor(fd);
}

async function fetchMany(url: string, times: number): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (let time = 0; time < times; time += 1) {
    const body = await fetchOnce(url, FETCH_MS_MAX * 5);
    counts[body] = (counts[body] ?? 0) + 1;
  }
  return counts;
}

async function watch(url: string): Promise<void> {
  const current = { answeredAt: [] as number[], stop: false, startedAt: performance.now() };
  watching = current;
  while (!current.stop) {
    const body = await fetchOnce(url, 250);
    if (!body.startsWith('failed')) current.answeredAt.push(performance.now());
    await new Promise((resolve) => setTimeout(resolve, WATCH_EVERY_MS));
  }
}

function endWatch(): WatchReport {
  if (watching === null) return { answers: 0, longestSilenceMs: 0 };
  watching.stop = true;
  const { answeredAt, startedAt } = watching;
  const marks = [startedAt, ...answeredAt, performance.now()];
  const silences = marks.slice(1).map((at, index) => at - (marks[index] as number));
  return { answers: answeredAt.length, longestSilenceMs: Math.max(...silences) };
}

async function carryOut(order: Order): Promise<unknown> {
  switch (order.do) {
    case 'serve':
      return serve(order.port, order.body);
    case 'stop-serving':
      return stopServing();
    case 'serve-echo':
      await serveEcho(order.name, order.port);
      return null;
    case 'echo':
      return echo(order.attempt);
    case 'send-frame':
      return sendFrame(order.interface, order.hex);
    case 'fetch':
      return fetchMany(order.url, order.times);
    case 'watch':
      void watch(order.url);
      return null;
    case 'end-watch':
      return endWatch();
    case 'observe':
      endObservation = await observe(order.address, order.interface);
      return null;
    case 'end-observe':
      return endObservation();
    case 'probe':
      endProbe = await probe(order.address, order.interface, order.from);
      return null;
    case 'end-probe':
      return endProbe();
  }
}

createInterface({ input: process.stdin }).on('line', (line) => {
  carryOut(JSON.parse(line) as Order).then(
    (reply) => process.stdout.write(`${JSON.stringify(reply ?? null)}\n`),
    (error: unknown) => process.stdout.write(`${JSON.stringify({ error: String(error) })}\n`),
  );
});
