/** `lvs_method TUN type gue port 6080 csum` → how packets are forwarded, and how they are wrapped. */
import type { ForwardingMethod, Tunnel } from '../../model/virtual-server.ts';
import type { Reports } from '../diagnostics/reports.ts';
import type { Span } from '../text/source.ts';
import type { Said } from '../values/phrase.ts';
import type { Section } from '../values/section.ts';

export interface Forwarding {
  readonly forwarding: ForwardingMethod;
  /** Only with `tun`. */
  readonly tunnel: Tunnel | null;
}

export const NAT: Forwarding = { forwarding: 'nat', tunnel: null };
const DR: Forwarding = { forwarding: 'dr', tunnel: null };

/** What a section names; null: nothing, or nothing that could be used. */
export function forwardingIn(
  section: Section,
  name: 'lvs_method' | 'sorry_server_lvs_method',
  reports: Reports,
): Forwarding | null {
  const [said] = section.said(name);
  if (said === undefined) return null;
  if (said.options.has('NAT')) return NAT;
  if (said.options.has('DR')) return DR;
  const options = said.options.get('TUN');
  if (options === undefined) return null;
  const place = (): Span => section.find(name)?.span ?? section.span;
  const tunnel = readTunnel(options, place, reports);
  return tunnel && { forwarding: 'tun', tunnel };
}

/** Null: the words contradict each other. keepalived then takes none of the line either. */
function readTunnel(options: Said, place: () => Span, reports: Reports): Tunnel | null {
  const text = (name: string): string | undefined => options.options.get(name)?.words[0]?.text;
  const type = (text('type') ?? 'ipip') as Tunnel['type'];
  const port = text('port');
  const checksum = checksumIn(options);
  const problem = problemOf(type, port, checksum);
  if (problem === null) return { type, port: Number(port ?? 0), checksum };
  reports.add({ code: 'contradiction', span: place(), ...problem });
  return null;
}

function checksumIn({ options }: Said): Tunnel['checksum'] {
  if (options.has('remcsum')) return 'remote';
  return options.has('csum') ? 'full' : 'none';
}

function problemOf(
  type: Tunnel['type'],
  port: string | undefined,
  checksum: Tunnel['checksum'],
): { readonly message: string; readonly hint: string } | null {
  if (type === 'gue' && port === undefined) {
    return {
      message: 'a gue tunnel needs the port that its other end listens on',
      hint: 'lvs_method TUN type gue port 6080',
    };
  }
  if (type !== 'gue' && port !== undefined) {
    const hint = 'write "type gue", or remove the port';
    return { message: `only a gue tunnel has a port, and this one is ${type}`, hint };
  }
  if (type === 'ipip' && checksum !== 'none') {
    const hint = 'remove it, or write "type gue port PORT" or "type gre"';
    return { message: 'an ipip tunnel has no checksum of its own', hint };
  }
  if (type === 'gre' && checksum === 'remote') {
    return { message: 'remcsum is a checksum of gue, and this tunnel is gre', hint: 'write csum' };
  }
  return null;
}
