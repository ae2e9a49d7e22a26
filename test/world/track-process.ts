/** A process that is tracked, with nothing special. */
import type { VrrpTrackProcess } from '../../src/model/vrrp.ts';

export const HAPROXY: VrrpTrackProcess = {
  name: 'proxy',
  command: 'haproxy',
  parameters: [],
  fullCommand: false,
  parameterMatch: null,
  quorum: 1,
  quorumMax: null,
  forkDelayMs: 0,
  terminateDelayMs: 0,
};
