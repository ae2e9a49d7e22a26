/** `track_file`, `vrrp_track_process` and `interface_up_down_delays`: what is tracked, as declared. */
import type { LinkDelay, VrrpTrackFile, VrrpTrackProcess } from '../../../model/vrrp.ts';
import type { Section } from '../../values/section.ts';
import type { ScriptContext } from '../scripts.ts';
import { nameOf } from './names.ts';
import { type Weight, weightOf, weightOfFile } from './tracks.ts';

/** What is declared, with the weight that it has for those who name none. */
export interface Declaration<T> {
  readonly tracked: T;
  readonly weight: Weight;
}

const DEFAULT_FILE_WEIGHT = 1;

export function buildTrackFile(
  section: Section,
  { reports }: ScriptContext,
): Declaration<VrrpTrackFile> | null {
  const name = nameOf(section);
  const path = section.text('file');
  if (path === null) {
    if (!section.mentions('file')) {
      reports.add({
        code: 'missing-keyword',
        span: section.span,
        message: `track_file ${name} has no "file"`,
        hint: 'file /PATH: the file that holds the number',
      });
    }
    return null;
  }
  if (!path.startsWith('/')) {
    reports.add({
      code: 'bad-value',
      span: section.find('file')?.span ?? section.span,
      message: `${path} is not an absolute path`,
      hint: 'the daemon has no directory of its own that the path could begin in',
    });
    return null;
  }
  const init = section.said('init_file')[0];
  return {
    tracked: {
      name,
      path,
      init:
        init === undefined
          ? null
          : {
              value: Number(init.slots.get('VALUE')?.[0]?.text ?? 0),
              overwrite: init.options.has('overwrite'),
            },
    },
    weight: weightOfFile(section.said('weight')[0], DEFAULT_FILE_WEIGHT),
  };
}

export function buildTrackProcess(
  section: Section,
  { reports }: ScriptContext,
): Declaration<VrrpTrackProcess> | null {
  const name = nameOf(section);
  const [command, ...parameters] = section.words('process').map(({ text }) => text);
  if (command === undefined) {
    if (!section.mentions('process')) {
      reports.add({
        code: 'missing-keyword',
        span: section.span,
        message: `vrrp_track_process ${name} has no "process"`,
        hint: 'process NAME: the name of the program, as ps shows it',
      });
    }
    return null;
  }
  const [quorum, quorumMax] = readQuorum(section, name, reports);
  const delay = section.number('delay') ?? 0;
  return {
    tracked: {
      name,
      command,
      parameters,
      // Parameters are in the command line only.
      fullCommand: section.has('full_command') || parameters.length > 0,
      parameterMatch: readMatch(section, parameters),
      quorum,
      quorumMax,
      forkDelayMs: (section.number('fork_delay') ?? delay) * 1000,
      terminateDelayMs: (section.number('terminate_delay') ?? delay) * 1000,
    },
    weight: weightOf(section.said('weight')[0], 0, 254),
  };
}

function readMatch(
  section: Section,
  parameters: readonly string[],
): VrrpTrackProcess['parameterMatch'] {
  const said = section.said('param_match')[0];
  if (said === undefined) return parameters.length > 0 ? 'exact' : null;
  if (said.options.has('initial')) return 'initial';
  return said.options.has('partial') ? 'partial' : 'exact';
}

/** keepalived: with `quorum_max 0` the program must not run at all. */
function readQuorum(
  section: Section,
  name: string,
  reports: ScriptContext['reports'],
): readonly [quorum: number, quorumMax: number | null] {
  const quorum = section.number('quorum');
  const quorumMax = section.number('quorum_max');
  if (quorumMax === null) return [quorum ?? 1, null];
  if (quorum !== null && quorum > quorumMax) {
    reports.add({
      code: 'contradiction',
      span: section.find('quorum_max')?.span ?? section.span,
      message: `vrrp_track_process ${name} needs ${quorum} processes and allows ${quorumMax}: it is never up`,
      hint: 'quorum_max is not less than quorum',
    });
  }
  return [quorum ?? Math.min(1, quorumMax), quorumMax];
}

export function readLinkDelays(root: Section): readonly LinkDelay[] {
  return root.said('interface_up_down_delays').flatMap((said) => {
    const text = (name: string): string | undefined => said.slots.get(name)?.[0]?.text;
    const link = text('IFNAME');
    if (link === undefined) return [];
    const ms = (name: string): number => Number(text(name) ?? 0) * 1000;
    return [{ interface: link, downMs: ms('DOWN_DELAY'), upMs: ms('UP_DELAY') }];
  });
}
