/** TCP_CHECK: up if the handshake completes before the deadline. Nothing is sent. */
import type { Aimed, TcpCheck } from '../../model/checker.ts';
import { type Checker, failureOf } from '../checker.ts';

export const checkTcp: Checker<Aimed<TcpCheck>> = async (
  { target },
  { dial, signal, elapsedMs },
) => {
  try {
    const socket = await dial(target, signal);
    const latencyMs = elapsedMs();
    socket.destroy();
    return { up: true, latencyMs };
  } catch (error) {
    return failureOf(error, signal, 'connecting');
  }
};
