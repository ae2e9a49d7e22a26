/** Address and port as text. Apart from address.ts, because who only shows them needs no arithmetic. */

/** `10.0.0.1:80` or `[fd00::1]:80`. */
export function formatEndpoint(address: string, port: number): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}

export interface Endpoint {
  readonly address: string;
  readonly port: number;
}

/** Tells those that `formatEndpoint` gives this name, without making it of each: there may be a hundred thousand. */
export function isNamed(name: string): (one: Endpoint) => boolean {
  const colon = name.lastIndexOf(':');
  const address = name.slice(0, colon).replace(/^\[(.*)\]$/, '$1');
  const port = Number(name.slice(colon + 1));
  return (one) => one.port === port && one.address === address;
}
