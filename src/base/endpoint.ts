/** Address and port as text. Apart from address.ts, because who only shows them needs no arithmetic. */

/** `10.0.0.1:80` or `[fd00::1]:80`. */
export function formatEndpoint(address: string, port: number): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}
