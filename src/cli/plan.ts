/** `lvsctl plan [FILE]`: what a reload of a file would change, line by line; nothing is changed. */
import { openControl } from '../api/client.ts';
import type { PlanReport, Unconfirmed } from '../api/protocol.ts';
import type { Connections, IpvsPlan, PlannedChange, VrrpPlan } from '../model/plan.ts';
import { type Command, Exit } from './command.ts';
import { DAEMON_FILE_HELP, fileForDaemon } from './file-argument.ts';
import { renderMistakes } from './reload.ts';
import { formatSpan, plural, printable, type TextStyle, tone } from './text.ts';

interface Options {
  readonly json?: true;
  readonly detailedExitcode?: true;
}

/** With `--detailed-exitcode`: something would change. 2 is taken by "no daemon answers". */
const CHANGES = 3;

export const plan: Command<Options> = {
  name: 'plan',
  summary: 'show what a reload would change, and change nothing',
  declare(command) {
    command
      .argument('[file]', DAEMON_FILE_HELP)
      .option('--detailed-exitcode', `exit code ${CHANGES} when something would change`)
      .option('--json', 'the plan as one JSON object');
  },
  async run({ terminal, runDir }, options, [named]) {
    const report = await openControl(runDir).plan({ file: fileForDaemon(named) });
    if (options.json) {
      terminal.write(`${JSON.stringify(report, null, 2)}\n`);
    } else {
      terminal.writeError(renderMistakes(report));
      terminal.write(renderPlan(report, { colour: terminal.colour }));
    }
    if (report.outcome === 'refused') return Exit.failed;
    return options.detailedExitcode && report.outcome === 'changes' ? CHANGES : Exit.ok;
  },
};

export function renderPlan(report: PlanReport, style: TextStyle): string {
  const { outcome, digest, inForce, ipvs, vrrp, settings, settingsCount, unasked } = report;
  const path = printable(report.path);
  if (outcome === 'refused') {
    const why = plural(report.errors, 'error');
    return `a reload would be refused: ${why} in ${path}; configuration ${inForce} would stay in force\n`;
  }
  const headline =
    digest === inForce
      ? `${path} is the configuration in force, ${digest}`
      : `${path}: configuration ${inForce} → ${digest}`;
  return [
    `${headline}\n`,
    section('IPVS table', ipvsLines(ipvs), ipvs?.count ?? 0, style),
    section('VRRP', vrrpLines(vrrp), vrrp?.changes.length ?? 0, style),
    section('settings', settings, settingsCount, style),
    section('unknown', unasked.map(unaskedLine), unasked.length, style),
    ipvs === null || ipvs.driftCount === 0
      ? ''
      : section(DRIFT, ipvs.drift.map(ipvsLine), ipvs.driftCount, style),
    ipvs === null
      ? ''
      : section(REFUSED, ipvs.refusedBefore.map(ipvsLine), ipvs.refusedBeforeCount, style),
    takenOver(ipvs),
    unchangedLine(report),
  ].join('');
}

const REFUSED = 'refused by the kernel before, and tried again: lvsctl show has the reasons';
const DRIFT = 'differs already, and is put right every 10 s with or without a reload';

function section(title: string, lines: readonly string[], count: number, style: TextStyle): string {
  if (count === 0) return '';
  const more = count - lines.length;
  return [
    `${tone(title, 'strong', style)}\n`,
    ...lines.map((line) => `  ${coloured(printable(line), style)}\n`),
    more > 0 ? `  and ${more} more\n` : '',
  ].join('');
}

function coloured(line: string, style: TextStyle): string {
  if (line.startsWith('+')) return tone(line, 'good', style);
  return line.startsWith('-') ? tone(line, 'bad', style) : line;
}

function ipvsLines(ipvs: IpvsPlan | null): readonly string[] {
  return ipvs === null ? [] : ipvs.changes.map(ipvsLine);
}

function ipvsLine({ text, cuts, drains }: PlannedChange): string {
  if (drains !== null) {
    const left = cutText(drains) || 'no connections';
    return `${text} (drains ${left} for at most ${formatSpan(drains.withinMs)}, then leaves)`;
  }
  const cut = cuts === null ? '' : cutText(cuts);
  return cut === '' ? text : `${text} (cuts ${cut})`;
}

/** Empty: there are none. */
function cutText({ active, inactive, persistent }: Connections): string {
  return [
    active > 0 ? plural(active, 'active connection') : '',
    inactive > 0 ? plural(inactive, 'inactive one') : '',
    persistent > 0 ? plural(persistent, 'persistence template') : '',
  ]
    .filter((part) => part !== '')
    .join(', ');
}

function vrrpLines(vrrp: VrrpPlan | null): readonly string[] {
  return vrrp === null ? [] : vrrp.changes.map(({ text }) => text);
}

function unaskedLine({ process, reason, hint }: Unconfirmed): string {
  return `? ${process}: ${reason}${hint === null ? '' : ` (${hint})`}`;
}

function takenOver(ipvs: IpvsPlan | null): string {
  if (ipvs === null || ipvs.takenOver.length === 0) return '';
  const names = ipvs.takenOver.map((name) => `virtual server ${name}`);
  return `made by somebody else, and ours from then on: ${names.join(', ')}\n`;
}

function unchangedLine({ outcome, ipvs, vrrp }: PlanReport): string {
  const counts = [
    ipvs === null ? '' : plural(ipvs.unchanged.virtualServers, 'virtual server'),
    ipvs === null ? '' : plural(ipvs.unchanged.realServers, 'real server'),
    vrrp === null ? '' : plural(vrrp.unchanged.instances, 'VRRP instance'),
  ].filter((part) => part !== '');
  if (outcome === 'nothing') {
    return counts.length === 0
      ? 'nothing would change\n'
      : `nothing would change: ${counts.join(', ')}\n`;
  }
  return counts.length === 0 ? '' : `unchanged: ${counts.join(', ')}\n`;
}
