/**
 * `lvsctl show --ipvsadm`: what `ipvsadm -L -n` prints with the same switches, for eyes and scripts that are used
 * to it. Asked is the kernel, as ipvsadm does: it works without a daemon, and needs CAP_NET_ADMIN.
 */
import { DirectorError } from '../base/error.ts';
import { type Ipvs, openIpvs } from '../kernel/ipvs.ts';
import { renderDaemons, renderTimeouts } from '../reconcile/ipvsadm/settings.ts';
import { needsStatistics, renderTable, type TableView } from '../reconcile/ipvsadm/table.ts';
import { writePieces } from './terminal.ts';

/** The switches of `ipvsadm -L` under their names there. */
export interface IpvsadmOptions {
  readonly stats?: true;
  readonly rate?: true;
  readonly exact?: true;
  readonly thresholds?: true;
  readonly persistentConn?: true;
  readonly tunInfo?: true;
  readonly timeout?: true;
  readonly daemon?: true;
}

/** What is printed: the table with certain columns, or one of the settings. */
type Listing = TableView | 'timeouts' | 'daemons';

/** By the name that commander gives the switch. */
const LISTINGS: readonly (readonly [keyof IpvsadmOptions, string, Listing])[] = [
  ['stats', '--stats', 'statistics'],
  ['rate', '--rate', 'rates'],
  ['thresholds', '--thresholds', 'thresholds'],
  ['persistentConn', '--persistent-conn', 'persistent-connections'],
  ['tunInfo', '--tun-info', 'tunnels'],
  ['timeout', '--timeout', 'timeouts'],
  ['daemon', '--daemon', 'daemons'],
];

/** Throws USAGE for two listings: ipvsadm would refuse them, or print one and be silent about the other. */
export function chooseListing(options: IpvsadmOptions): Listing {
  const chosen = LISTINGS.filter(([name]) => options[name]);
  const [first, second] = chosen;
  if (first && second) {
    throw new DirectorError('USAGE', `${first[1]} and ${second[1]} are two listings`, {
      hint: 'ask for one at a time',
    });
  }
  return first?.[2] ?? 'forwarding';
}

/** Throws what the kernel refuses. */
export async function showIpvsadm(options: IpvsadmOptions): Promise<void> {
  const listing = chooseListing(options);
  const ipvs = await openIpvs();
  try {
    await writePieces(await render(ipvs, listing, options.exact === true));
  } finally {
    ipvs.close();
  }
}

async function render(
  ipvs: Ipvs,
  listing: Listing,
  exact: boolean,
): Promise<Iterable<Uint8Array | string>> {
  if (listing === 'timeouts') return [renderTimeouts(await ipvs.readTimeouts())];
  if (listing === 'daemons') return [renderDaemons(await ipvs.readDaemons())];
  const info = await ipvs.info();
  const table = await ipvs.readColumns({ withStatistics: needsStatistics(listing) });
  return renderTable(info, table, { view: listing, exact });
}
