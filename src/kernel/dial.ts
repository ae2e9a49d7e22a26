/** Connects as a check wants it: source address and port, interface, firewall mark, deadline. */
import { connect, Socket } from 'node:net';
import { familyOf } from '../base/address.ts';
import type { DialTarget } from '../model/checker.ts';
import { loadAddon } from './addon.ts';

/**
 * Resolves with the connected socket, which is the caller's to destroy. Rejects with the system's error;
 * when the signal aborts, with its reason, and nothing stays open.
 */
export function dial(target: DialTarget, signal: AbortSignal): Promise<Socket> {
  if (signal.aborted) return Promise.reject(signal.reason);
  const special = target.bindInterface !== null || target.fwmark !== 0;
  return special ? dialNatively(target, signal) : dialByNode(target, signal);
}

function dialByNode(target: DialTarget, signal: AbortSignal): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({
      host: target.address,
      port: target.port,
      family: familyOf(target.address) === 'ipv4' ? 4 : 6,
      ...(target.bindAddress === null ? {} : { localAddress: target.bindAddress }),
      ...(target.bindPort === 0 ? {} : { localPort: target.bindPort }),
    });
    const onAbort = (): void => {
      socket.destroy();
      reject(signal.reason);
    };
    signal.addEventListener('abort', onAbort, { once: true });
    socket.once('error', (error) => {
      signal.removeEventListener('abort', onAbort);
      reject(error);
    });
    socket.once('connect', () => {
      signal.removeEventListener('abort', onAbort);
      socket.removeAllListeners('error');
      resolve(socket);
    });
  });
}

function dialNatively(target: DialTarget, signal: AbortSignal): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const addon = loadAddon();
    const handle = addon.dial(
      target.address,
      target.port,
      target.bindInterface ?? '',
      target.fwmark,
      target.bindAddress ?? '',
      target.bindPort,
      (fd, errno) => {
        signal.removeEventListener('abort', onAbort);
        if (fd >= 0) resolve(new Socket({ fd, readable: true, writable: true }));
        else reject(Object.assign(new Error(`connect ${errno}`), { code: errno }));
      },
    );
    const onAbort = (): void => {
      addon.cancelDial(handle);
      reject(signal.reason);
    };
    signal.addEventListener('abort', onAbort, { once: true });
  });
}
