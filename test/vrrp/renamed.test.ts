/** A reload that only gives another name: what has it goes on as it was, and nobody is told of a change. */
import { expect, test } from 'vitest';
import { simulatedClock } from '../world/clock.ts';
import { configOf, instanceOf, SimulatedDirector } from '../world/director.ts';
import { SimulatedLink } from '../world/link.ts';

const { notify } = instanceOf();
const groupOf = (name: string, ...members: readonly string[]) => ({
  name,
  members,
  tracks: [],
  trackWeights: false,
  notify,
});

test('a sync group stays MASTER under another name', async () => {
  const clock = simulatedClock();
  const links = { eth0: new SimulatedLink(clock) };
  const director = new SimulatedDirector('one', 1, { clock, links });
  const instances = [instanceOf(), instanceOf({ name: 'VI_2', vrid: 52, addresses: [] })];
  director.speaker.configure(configOf(instances, { syncGroups: [groupOf('G1', 'VI_1', 'VI_2')] }));
  await clock.settleTo(20_000);
  const before = director.told.length;
  director.speaker.configure(configOf(instances, { syncGroups: [groupOf('G2', 'VI_1', 'VI_2')] }));
  await clock.settleTo(20_100);
  expect(director.told.slice(before)).toEqual([]);
  expect(director.renamings.splice(0)).toEqual([{ kind: 'GROUP', from: 'G1', to: 'G2' }]);
  expect(director.speaker.snapshot().groups).toMatchObject([{ name: 'G2', state: 'master' }]);
  // One that has other members is another group.
  director.speaker.configure(configOf(instances, { syncGroups: [groupOf('G3', 'VI_1')] }));
  await clock.settleTo(20_200);
  expect(director.told.slice(before)).toEqual(['GROUP G3 MASTER 0']);
  expect(director.renamings).toEqual([]);
});

test('who keeps book by names is told the new ones of instances, also when two exchange theirs', async () => {
  const clock = simulatedClock();
  const links = { eth0: new SimulatedLink(clock) };
  const director = new SimulatedDirector('one', 1, { clock, links });
  const [one, two] = [instanceOf(), instanceOf({ name: 'VI_2', vrid: 52, addresses: [] })];
  director.speaker.configure(configOf([one, two]));
  await clock.settleTo(20_000);
  const before = director.told.length;
  director.speaker.configure(
    configOf([
      { ...one, name: 'VI_2' },
      { ...two, name: 'VI_1' },
    ]),
  );
  await clock.settleTo(20_100);
  expect(director.told.slice(before)).toEqual([]);
  expect(director.renamings).toEqual([
    { kind: 'INSTANCE', from: 'VI_1', to: 'VI_2' },
    { kind: 'INSTANCE', from: 'VI_2', to: 'VI_1' },
  ]);
});
