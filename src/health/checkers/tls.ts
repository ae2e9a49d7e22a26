/**
 * TLS for SSL_GET. No certificate is verified: the director asks whether a server serves, not who it
 * is. In a file of its own, so that plain HTTP does not load TLS.
 */
import type { Socket } from 'node:net';
import { connect, createSecureContext, type TLSSocket } from 'node:tls';
import { errorCode, type Failure, failureOf, isErrno, messageOf } from '../checker.ts';

/** One for all checks. With no authority to trust, Node's list of them is never read. */
const context = createSecureContext({ ca: [] });

/** Gives the encrypted connection, or the failure of its handshake. */
export function secure(socket: Socket, signal: AbortSignal): Promise<TLSSocket | Failure> {
  return new Promise((resolve) => {
    const secured = connect({ socket, secureContext: context, rejectUnauthorized: false });
    const fail = (error: unknown): void => {
      secured.destroy();
      resolve(handshakeFailure(error, signal));
    };
    signal.addEventListener('abort', fail, { once: true });
    secured.once('error', fail);
    secured.once('secureConnect', () => {
      signal.removeEventListener('abort', fail);
      secured.off('error', fail);
      resolve(secured);
    });
  });
}

function handshakeFailure(error: unknown, signal: AbortSignal): Failure {
  const code = errorCode(error);
  if (signal.aborted || (code !== null && isErrno(code) && code !== 'EPROTO')) {
    return failureOf(error, signal, 'TLS handshake');
  }
  return { up: false, reason: 'tls', detail: messageOf(error) };
}
