/** When the addresses of an instance are announced, in which form, and how far apart. */
import type { Millis } from '../../../base/time.ts';
import type { AnnounceGap, AnnounceGaps, AnnounceTiming } from '../../../model/vrrp.ts';
import type { Section } from '../../values/section.ts';
import type { ScriptContext } from '../scripts.ts';

/** Announcements a round, and seconds until the second round. */
const DEFAULT = 5;

/** `hasVirtualMac`: the addresses are on a link of ours. */
export function readTiming(
  section: Section,
  globals: Section,
  hasVirtualMac: boolean,
): AnnounceTiming {
  const least = globals.boolean('vrrp_min_garp') ?? false;
  const read = (name: string, global: string, otherwise: number): number =>
    section.number(name) ?? globals.number(global) ?? otherwise;
  // keepalived: what is as it would be by default is as little as possible.
  const unlessLeast = (value: number, fewest: number): number =>
    least && value === DEFAULT ? fewest : value;
  const repeat = unlessLeast(read('garp_master_repeat', 'vrrp_garp_master_repeat', DEFAULT), 1);
  const delay = unlessLeast(read('garp_master_delay', 'vrrp_garp_master_delay', DEFAULT), 0);
  return {
    repeat,
    secondAfterMs: delay * 1000,
    refreshMs: read('garp_master_refresh', 'vrrp_garp_master_refresh', 0) * 1000,
    refreshRepeat: read('garp_master_refresh_repeat', 'vrrp_garp_master_refresh_repeat', 1),
    lowerPriorityRepeat: unlessLeast(
      read('garp_lower_prio_repeat', 'vrrp_garp_lower_prio_repeat', repeat),
      1,
    ),
    lowerPriorityDelayMs:
      unlessLeast(read('garp_lower_prio_delay', 'vrrp_garp_lower_prio_delay', delay), 0) * 1000,
    form: (section.text('garp_form') ??
      globals.text('vrrp_garp_form') ??
      'request') as AnnounceTiming['form'],
    extraEveryMs: section.has('garp_extra_if')
      ? readExtra(section, 'garp_extra_if', hasVirtualMac)
      : readExtra(globals, 'vrrp_garp_extra_if', hasVirtualMac),
  };
}

/** `[all] SECONDS`; 0: none. Without `all` it is meant for what has a virtual MAC. */
function readExtra(section: Section, name: string, hasVirtualMac: boolean): Millis | null {
  const said = section.said(name).at(-1);
  const everyMs = Number(said?.slots.get('SECONDS')?.[0]?.text ?? 0) * 1000;
  if (said === undefined || everyMs === 0) return null;
  return said.slots.has('all') || hasVirtualMac ? everyMs : null;
}

/** `vrrp_garp_interval`, `vrrp_gna_interval` and the `garp_group` blocks. */
export function readGaps(
  root: Section,
  globals: Section,
  { reports }: ScriptContext,
): AnnounceGaps {
  const taken = new Set<string>();
  const groups = root.sections('garp_group').flatMap((section) => {
    const gap = gapOf(section, 'garp_interval', 'gna_interval');
    const one = section.written('interface').flatMap(({ value, word }) => {
      return value.is === 'text'
        ? [{ text: value.text, quoted: word.quoted, span: word.span }]
        : [];
    });
    const interfaces = [...one, ...section.words('interfaces')].flatMap(({ text, span }) => {
      if (!taken.has(text)) {
        taken.add(text);
        return [text];
      }
      reports.add({
        code: 'duplicate',
        span,
        message: `interface ${text} is in a garp_group already`,
        hint: 'an interface belongs to one group at most: the first one counts',
      });
      return [];
    });
    if (gap.arpMs === 0 && gap.neighbourMs === 0) {
      if (!section.isSpoilt) {
        reports.add({
          code: 'missing-keyword',
          span: section.span,
          message: 'a garp_group without garp_interval and gna_interval does nothing',
          hint: 'garp_interval SECONDS: time between two announcements of the group',
        });
      }
      return [];
    }
    return interfaces.length === 0 ? [] : [{ ...gap, interfaces }];
  });
  return { standard: gapOf(globals, 'vrrp_garp_interval', 'vrrp_gna_interval'), groups };
}

function gapOf(section: Section, arp: string, neighbour: string): AnnounceGap {
  return {
    arpMs: (section.number(arp) ?? 0) * 1000,
    neighbourMs: (section.number(neighbour) ?? 0) * 1000,
  };
}
