/**
 * The health process for reload-host.ts: the real one, in front of a kernel that takes every change. Its messages go
 * through a netlink socket as those of IPVS do, and the kernel does nothing about them. A question for its snapshot is
 * answered with the longest pieces of work since the last one.
 */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../src/base/time.ts';
import { HealthDuties } from '../../src/daemon/health/health-duties.ts';
import { HEALTH_CODEC } from '../../src/daemon/health/health-patch.ts';
import { KernelSettingsKeeper } from '../../src/daemon/health/kernel-settings.ts';
import { openUplink } from '../../src/daemon/ipc.ts';
import { ArpWatch } from '../../src/health/arp-watch.ts';
import type { Outcome } from '../../src/kernel/ipvs.ts';
import { NetlinkClient } from '../../src/kernel/netlink.ts';
import { openNativeSocket } from '../../src/kernel/netlink-native.ts';
import type { HealthConfig } from '../../src/model/virtual-server.ts';
import { type IpvsChange, writeRequest } from '../../src/wire/ipvs/request.ts';
import { SimulatedIpvs, settingsKernelOf } from '../world/ipvs.ts';
import { LoopPieces } from './loop-pieces.ts';

/** NLMSG_NOOP. */
const NOOP = { type: 1 } as const;
const DONE: Outcome = { done: true };

/** Takes all that it is told, and holds nothing. */
class YieldingIpvs extends SimulatedIpvs {
  private readonly netlink = new NetlinkClient({ protocol: 16, openSocket: openNativeSocket });

  override async apply(changes: readonly IpvsChange[]): Promise<readonly Outcome[]> {
    const replies = await this.netlink.send({
      count: changes.length,
      header: () => NOOP,
      write: (attributes, at) => writeRequest(attributes, changes[at] as IpvsChange),
    });
    return replies.map(() => DONE);
  }

  override close(): void {
    this.netlink.close();
  }
}

const uplink = openUplink('error');
const runDir = mkdtempSync(join(tmpdir(), 'bench-health-'));
const ipvs = new YieldingIpvs();
const duties = new HealthDuties(uplink, {
  runDir,
  stateDir: runDir,
  adopts: false,
  doors: {
    clock: systemClock,
    // So that what is seen is the reload and not the checks.
    dial: () => new Promise(() => {}),
    openIpvs: async () => ipvs,
    openSettings: ({ clock, log }) =>
      new KernelSettingsKeeper({
        clock,
        log,
        path: join(runDir, 'settings.json'),
        kernelName: 'bench',
        listen: () => ({ close: () => {} }),
        kernel: settingsKernelOf(ipvs),
      }),
    openArpWatch: ({ clock, log }) =>
      new ArpWatch({
        clock,
        log,
        readHost: async () => ({ links: [], held: new Set() }),
        openAsker: () => ({ ask: () => {}, close: () => {} }),
      }),
  },
});
const pieces = new LoopPieces();
uplink.serve<HealthConfig>(
  {
    configure: (config, quietMs) => duties.configure(config, quietMs),
    answer: (question) => (question.ask === 'snapshot' ? pieces.report() : duties.answer(question)),
    stop: (keep) => duties.stop(keep),
    orphaned: () => duties.orphaned(),
  },
  HEALTH_CODEC,
);
