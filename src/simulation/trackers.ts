/** What a simulated host tracks besides scripts and links: all is well, and stays so. */
import type { VrrpConfig, VrrpTrackProcess } from '../model/vrrp.ts';
import type { ProcessFacts } from '../track/process.ts';
import type { TrackPorts } from '../track/tracker.ts';

export function simulatedTrackers(
  config: VrrpConfig,
  later: (run: () => void) => void,
): Pick<TrackPorts, 'files' | 'processes' | 'bfdUp'> {
  return {
    files: {
      watch: (_, onText) => {
        later(() => onText('0'));
        return () => {};
      },
      create: () => {},
    },
    processes: {
      watch: (listener) => {
        later(() => {
          const running = config.trackProcesses.flatMap(quorumOf);
          for (const [at, facts] of running.entries()) listener.onProcess(at + 1, facts);
          listener.onRound();
        });
        return () => {};
      },
    },
    bfdUp: () => true,
  };
}

/** As many as there must be. */
function quorumOf({ command, parameters, quorum }: VrrpTrackProcess): readonly ProcessFacts[] {
  const comm = command.slice(command.lastIndexOf('/') + 1).slice(0, 15);
  return Array.from({ length: quorum }, () => ({ comm, argv: [command, ...parameters] }));
}
