/** ADDRESS and PORT, as servers have them in front of their braces. */
import { parseAddress } from '../../base/address.ts';
import { PORT_MAX } from '../keywords/keyword.ts';
import type { Statement } from '../text/ast.ts';

export interface Endpoint {
  readonly address: string;
  readonly port: number;
}

/** `IP [PORT]`; without port, or 0: every port. Null: they are not, which has been told. */
export function endpointOf(addressText: string, portText: string): Endpoint | null {
  const address = parseAddress(addressText);
  const port = Number(portText || 0);
  return address !== null && port >= 0 && port <= PORT_MAX ? { address, port } : null;
}

/** As nearly all of a million have it: nothing needs to be told. Null: it is something else, or a mistake. */
export function plainEndpoint(statement: Statement): Endpoint | null {
  if (statement.argCount !== 2) return null;
  const text = statement.argText(1);
  const port = Number(text);
  const isPort = Number.isInteger(port) && port >= 1 && port <= PORT_MAX && String(port) === text;
  const address = isPort ? parseAddress(statement.argText(0)) : null;
  return address === null ? null : { address, port };
}
