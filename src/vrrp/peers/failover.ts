/** `lvsctl failover`: this director gives up instances in good order, or takes them back. */
import { DirectorError } from '../../base/error.ts';
import { type Clock, type Instant, type Millis, sleep } from '../../base/time.ts';
import type { FailoverOutcome, FailoverReport, FailoverRequest } from '../../model/failover.ts';
import type { HandOver, HandOverHost, Unit } from './hand-over.ts';

/** So long it is waited for that a peer hands over what was asked back, and so often it is asked meanwhile. */
const BACK_MS: Millis = 1_000;
const ASK_AGAIN_MS: Millis = 200;
const LOOK_EVERY_MS: Millis = 10;

interface FailoverParts {
  readonly clock: Clock;
  readonly handOver: HandOver;
  readonly host: HandOverHost;
}

/** @throws DirectorError UNKNOWN_INSTANCE or NO_SUCCESSOR */
export async function failOver(
  request: FailoverRequest,
  parts: FailoverParts,
): Promise<FailoverReport> {
  const units = named(request.names, parts);
  const outcomes = request.back
    ? await takeBack(units, request.names.length > 0, parts)
    : await giveUp(units, request.force, parts);
  return { outcomes };
}

/** Units by the names of groups, of instances, and of instances in groups. */
function named(names: readonly string[], { handOver, host }: FailoverParts): readonly Unit[] {
  const routers = [...host.seats().keys()];
  const all = handOver.unitsOf(routers);
  if (names.length === 0) return all;
  const found = names.map((name) => {
    const byGroup = all.find((unit) => unit.group !== null && unit.name === name);
    const unit = byGroup ?? all.find((one) => one.routers.some((router) => router.name === name));
    if (unit !== undefined) return unit;
    throw new DirectorError('UNKNOWN_INSTANCE', `there is no instance or sync group "${name}"`, {
      hint: `there are ${all.map((one) => one.name).join(', ') || 'none'}`,
    });
  });
  return [...new Set(found)];
}

async function giveUp(
  units: readonly Unit[],
  force: boolean,
  { handOver, host }: FailoverParts,
): Promise<readonly FailoverOutcome[]> {
  const held = units.filter(isMaster);
  const lonely = force ? [] : held.filter((unit) => !handOver.hasSuccessor(unit));
  if (lonely.length > 0) {
    const names = lonely.map(({ name }) => name).join(', ');
    throw new DirectorError('NO_SUCCESSOR', `nobody could take over ${names}`, {
      hint: 'no director that is ready was heard of; "lvsctl show" tells of the peers, --force gives up all the same',
    });
  }
  const prepared = await handOver.prepare(held);
  const outcomes = units.map((unit): FailoverOutcome => {
    const ready = prepared.get(unit);
    if (!isMaster(unit)) return { name: unit.name, result: 'not-master', peer: null };
    handOver.arm(unit, ready);
    for (const router of unit.routers) router.giveUp();
    host.giveUnit(unit, { type: 'resign', reason: 'gave up by order' });
    return { name: unit.name, result: 'given-up', peer: ready?.address ?? null };
  });
  await Promise.all(held.flatMap(({ routers }) => routers.map((router) => router.released())));
  return outcomes;
}

/** Without names only what was given up by order. */
async function takeBack(
  units: readonly Unit[],
  areNamed: boolean,
  { clock, handOver }: FailoverParts,
): Promise<readonly FailoverOutcome[]> {
  const meant = units.filter(
    ({ routers }) => areNamed || routers.some((router) => router.gaveUpAtMs !== null),
  );
  for (const { routers } of meant) for (const router of routers) router.endGivingUp();
  const until: Instant = clock.now() + BACK_MS;
  // Again: a peer for which we were not ready in time keeps it, and what was asked for is forgotten.
  while (clock.now() < until && askBack(meant, handOver)) {
    const again = clock.now() + ASK_AGAIN_MS;
    while (!meant.every(isMaster) && clock.now() < again) await sleep(clock, LOOK_EVERY_MS);
  }
  return meant.map((unit) => ({
    name: unit.name,
    result: isMaster(unit) ? 'taken-back' : 'waits',
    peer: null,
  }));
}

/** False: there is nothing that a peer of ours could hand over. */
function askBack(units: readonly Unit[], handOver: HandOver): boolean {
  const asked = units.filter((unit) => !isMaster(unit) && handOver.want(unit));
  handOver.tellPeers();
  return asked.length > 0;
}

function isMaster({ routers }: Unit): boolean {
  return routers.some(({ state }) => state.is === 'master');
}
