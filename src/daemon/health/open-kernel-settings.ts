/** Connects the keeper of the kernel's settings with the kernel, in the network namespace of IPVS. */
import { join } from 'node:path';
import type { Log } from '../../base/log.ts';
import type { Clock } from '../../base/time.ts';
import type { Ipvs } from '../../kernel/ipvs.ts';
import { countLearntConnections } from '../../kernel/ipvs-connections.ts';
import { inNetwork } from '../../kernel/namespace.ts';
import { openNetlinkSocket } from '../../kernel/netlink-socket.ts';
import { openNetwork } from '../../kernel/network.ts';
import { listenForSync } from '../../kernel/sync-listener.ts';
import { readSysctlText, writeSysctl } from '../../kernel/sysctl.ts';
import { KernelSettingsKeeper, kernelName } from './kernel-settings.ts';

interface Ground {
  /** Opened there already. */
  readonly ipvs: Ipvs;
  /** Null: that of this process. */
  readonly namespace: string | null;
  readonly runDir: string;
  readonly clock: Clock;
  readonly log: Log;
}

export function openKernelSettings(ground: Ground): KernelSettingsKeeper {
  const { ipvs, namespace, runDir, clock, log } = ground;
  const there = <Result>(work: () => Result): Result => inNetwork(namespace, work);
  const network = openNetwork(clock, (...socket) => there(() => openNetlinkSocket(...socket)));
  return new KernelSettingsKeeper({
    clock,
    log,
    path: join(runDir, 'kernel-settings.json'),
    kernelName: kernelName(namespace),
    listen: (...channel) => there(() => listenForSync(...channel)),
    kernel: {
      readTimeouts: () => ipvs.readTimeouts(),
      setTimeouts: (timeouts) => ipvs.setTimeouts(timeouts),
      readDaemons: () => ipvs.readDaemons(),
      startDaemon: (daemon) => ipvs.startDaemon(daemon),
      stopDaemon: (role) => ipvs.stopDaemon(role),
      readSysctl: (name) => there(() => readSysctlText(name)),
      writeSysctl: (name, value) => there(() => writeSysctl(name, value)),
      countLearnt: () => there(() => countLearntConnections()),
      interfaceIndex: async (name) => (await network.readLink(name))?.index ?? null,
    },
  });
}
