/**
 * What the IPVS benchmark runs in a host of its own, `VIRTUAL REAL SCHEDULER` after the verb; each prints a
 * line of JSON:
 *   program  our reconciler on an empty table
 *   complete waits until the last virtual server has all of its real servers, and tells when
 */
import { openIpvs } from '../../src/kernel/ipvs.ts';
import { NetlinkClient } from '../../src/kernel/netlink.ts';
import { openNativeSocket } from '../../src/kernel/netlink-native.ts';
import { IpvsReconciler } from '../../src/reconcile/apply.ts';
import { CONTROLLER_FAMILY_ID, decodeFamilyId, encodeFamilyLookup } from '../../src/wire/genl.ts';
import { IPVS_FAMILY } from '../../src/wire/ipvs/numbers.ts';
import { encodeRequest } from '../../src/wire/ipvs/request.ts';
import { parseShape, type Shape, serviceOf, tableOf } from './ipvs-table.ts';

function residentMb(): number {
  return process.memoryUsage.rss() / 2 ** 20;
}

/** How long the event loop stood still at most while something ran. */
async function withBlocking<T>(run: () => Promise<T>): Promise<{ value: T; blockedMs: number }> {
  let [blockedMs, last] = [0, performance.now()];
  const timer = setInterval(() => {
    const now = performance.now();
    blockedMs = Math.max(blockedMs, now - last);
    last = now;
  }, 1);
  const value = await run();
  clearInterval(timer);
  return { value, blockedMs };
}

async function program(shape: Shape): Promise<object> {
  const ipvs = await openIpvs();
  const desired = tableOf(shape);
  const reconciler = new IpvsReconciler({ ipvs, owned: [] });
  const startedAt = performance.now();
  const report = await reconciler.reconcile(desired);
  const programMs = performance.now() - startedAt;
  const other = structuredClone(desired);
  const server = other.services.at(-1)?.destinations.at(-1) as { weight: number };
  server.weight = 5;
  await new Promise((resolve) => setTimeout(resolve, 50));
  const changedAt = performance.now();
  const changed = await withBlocking(() => reconciler.reconcile(other));
  const changeMs = performance.now() - changedAt;
  const verifiedAt = performance.now();
  const verified = await withBlocking(() => reconciler.verify());
  const verifyMs = performance.now() - verifiedAt;
  ipvs.close();
  return {
    programMs,
    changeMs,
    verifyMs,
    blockedMs: Math.max(changed.blockedMs, verified.blockedMs),
    messages: report.applied.length,
    changeMessages: changed.value.applied.length,
    driftMessages: verified.value.applied.length,
    refused: report.refused.length,
    rssMb: residentMb(),
  };
}

/** When the last virtual server has all of its real servers, in milliseconds since 1970. */
async function complete(shape: Shape): Promise<object> {
  const netlink = new NetlinkClient({ protocol: 16, openSocket: openNativeSocket });
  const lookup = { type: CONTROLLER_FAMILY_ID, payload: encodeFamilyLookup(IPVS_FAMILY) };
  const [reply] = await netlink.request([lookup]);
  const type = decodeFamilyId(reply?.data[0] ?? new Uint8Array()) ?? 0;
  const { key } = serviceOf(shape, shape.virtual - 1);
  const payload = encodeRequest({ do: 'get-destinations', key });
  process.stdout.write('waiting\n');
  for (;;) {
    const { data } = await netlink.dump({ type, payload });
    if (data.length >= shape.real) return { completeAt: Date.now() };
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

const [verb = '', ...words] = process.argv.slice(2);
const shape = parseShape(words);
const work = verb === 'program' ? program(shape) : complete(shape);
process.stdout.write(`${JSON.stringify(await work)}\n`);
process.exit();
