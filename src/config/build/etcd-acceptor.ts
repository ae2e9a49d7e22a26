/** `acceptor etcd`: the process beside each director that asks etcd, by its port. */
import { ETCD_PORT } from '../../model/lease.ts';

/** `etcd` or `etcd:PORT` → the port; null: it is neither. */
export function parseEtcdAcceptor(text: string): number | null {
  const [, port] = /^etcd(?::(\d{1,5}))?$/.exec(text) ?? [null, null];
  if (port === null) return null;
  const number = Number(port ?? ETCD_PORT);
  return number >= 1 && number <= 65_535 ? number : null;
}
