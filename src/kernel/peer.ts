/** Who is at the other end of a unix socket, as the kernel knows (unix(7), SO_PEERCRED). */
import type { Socket } from 'node:net';
import { loadAddon } from './addon.ts';

export interface PeerCredentials {
  readonly pid: number;
  readonly uid: number;
  readonly gid: number;
}

/** Null: it is gone already, or is no unix socket. */
export function peerCredentials(socket: Socket): PeerCredentials | null {
  const { _handle } = socket as unknown as { readonly _handle: { readonly fd: number } | null };
  if (_handle === null || _handle.fd < 0) return null;
  try {
    return loadAddon().peerCredentials(_handle.fd);
  } catch {
    return null;
  }
}

/** Root and the daemon's own account may steer it. */
export function mayControl(socket: Socket): boolean {
  const uid = peerCredentials(socket)?.uid;
  return uid === 0 || (uid !== undefined && uid === process.getuid?.());
}
