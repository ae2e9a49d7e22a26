/** The sync daemons of two directors of one pair: what a backup does not hear, though each file is good. */
import type { Report } from '../diagnostics/diagnostic.ts';
import { nameIn, numberOf, valueSpan } from '../rules/written.ts';
import type { Span } from '../text/source.ts';
import type { Said } from '../values/phrase.ts';
import type { Section } from '../values/section.ts';

interface File {
  readonly root: Section;
  readonly globals: Section;
}

/** As far as the two must have it in common. */
interface Channel {
  readonly span: Span;
  readonly id: string;
  readonly group: string;
  readonly port: string;
  /** Octets; null: the kernel's choice, which is enough for the kernel's. */
  readonly maxlen: number | null;
}

export function compareSync(here: File, there: File): readonly Report[] {
  const [own, other] = [channelOf(here), channelOf(there)];
  if (own === null || other === null) return oneSided(own, other);
  const reports = (['id', 'group', 'port'] as const)
    .filter((what) => own[what] !== other[what])
    .map((what) => ({
      span: own.span,
      message: `the sync daemon has ${what} ${own[what]} here and ${other[what]} in the other file`,
      hint: 'the same on both: as it is, a backup learns of no connection',
    }));
  const isCut = own.maxlen !== other.maxlen;
  const cut = {
    span: own.span,
    message: `the sync daemon has maxlen ${own.maxlen ?? 'of the kernel’s choice'} here and ${other.maxlen ?? 'of the kernel’s choice'} in the other file`,
    hint: 'the same on both: a backup drops longer messages than its own maxlen',
  };
  return [...reports, ...(isCut ? [cut] : [])].map((one) => ({ code: 'pair-sync-daemon', ...one }));
}

function oneSided(own: Channel | null, other: Channel | null): readonly Report[] {
  const only = own ?? other;
  if (only === null) return [];
  const message = `a sync daemon is in ${own === null ? 'the other file' : 'this file'} only`;
  const hint = 'write it into both: as it is, nobody hears, or nobody tells';
  return [{ code: 'pair-sync-daemon', span: only.span, message, hint }];
}

function channelOf({ root, globals }: File): Channel | null {
  const [said] = globals.said('lvs_sync_daemon');
  const setting = globals.find('lvs_sync_daemon');
  if (said !== undefined && setting !== null) {
    const instance = option(said, 'inst') ?? slot(said, 'INSTANCE');
    const maxlen = option(said, 'maxlen');
    return {
      span: valueSpan(setting),
      id: option(said, 'id') ?? slot(said, 'ID') ?? vridOf(root, instance),
      group: option(said, 'group') ?? '224.0.0.81',
      port: option(said, 'port') ?? '8848',
      maxlen: maxlen === null ? null : Number(maxlen),
    };
  }
  for (const instance of root.sections('vrrp_instance')) {
    const old = instance.find('lvs_sync_daemon_interface');
    if (old === null) continue;
    const id = vridOf(root, nameIn(instance));
    return { span: old.span, id, group: '224.0.0.81', port: '8848', maxlen: null };
  }
  return null;
}

function option(said: Said, name: string): string | null {
  return said.options.get(name)?.words[0]?.text ?? null;
}

function slot(said: Said, name: string): string | null {
  return said.slots.get(name)?.[0]?.text ?? null;
}

function vridOf(root: Section, name: string | null): string {
  const found = root.sections('vrrp_instance').find((one) => nameIn(one) === name);
  return String(found === undefined ? 0 : (numberOf(found, 'virtual_router_id') ?? 0));
}
