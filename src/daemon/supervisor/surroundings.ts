/**
 * What an operator should know of the place that a daemon starts in, and that stops nothing: keepalived, which holds the
 * same addresses beside us, and folders in which others than root can put what we believe.
 */
import { reasonAndHint } from '../../base/error.ts';
import type { Log } from '../../base/log.ts';
import { openFolder } from '../../base/trusted-path.ts';
import { identityOfNetwork } from '../../kernel/namespace.ts';
import { keepalivedIn } from '../../kernel/other-daemons.ts';

/** Neither hears the other: the kernel gives no host its own advertisements. */
export function tellOfKeepalived(netNamespace: string | null, log: Log): void {
  try {
    const pids = keepalivedIn(identityOfNetwork(netNamespace));
    if (pids.length === 0) return;
    const reason =
      'what both configurations name is held twice on this host, and each undoes what the other does';
    const hint = 'systemctl disable --now keepalived, unless the two share nothing';
    log.warn({ pids, reason, hint }, 'keepalived runs beside lvsd');
  } catch (error) {
    // A missing namespace is told by the processes that need it.
    log.debug(reasonAndHint(error), 'whether keepalived runs cannot be told');
  }
}

/** They hold what becomes the configuration at the next start, and what is ours in the kernel's table. */
export function tellOfOpenFolders(folders: readonly string[], log: Log): void {
  const ownUid = process.geteuid?.() ?? 0;
  const told = new Set<string>();
  for (const folder of folders) {
    const open = openFolder(folder, ownUid);
    if (open === null || told.has(open.at)) continue;
    const { at, reason } = open;
    told.add(at);
    const hint = `whoever can do that can give lvsd a configuration with scripts: chown root ${at}; chmod go-w ${at}`;
    log.warn({ folder, reason, hint }, 'folder of lvsd is open to others');
  }
}
