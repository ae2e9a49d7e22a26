/** Reads test/captures/*.txt: blocks of `# title`, `> request`, `< reply`, each message in hexadecimal. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fromHex } from '../../src/base/bytes.ts';
import { decodeMessages, type NetlinkMessage } from '../../src/wire/nlmsg.ts';

export interface Capture {
  readonly title: string;
  readonly requests: readonly Uint8Array[];
  readonly replies: readonly Uint8Array[];
}

export function readCaptures(name: string): readonly Capture[] {
  // From the checkout: compiled programs, as the fuzzer, have no captures beside them.
  const path = join(process.cwd(), 'test', 'captures', `${name}.txt`);
  const text = readFileSync(path, 'utf8');
  const captures: { title: string; requests: Uint8Array[]; replies: Uint8Array[] }[] = [];
  for (const line of text.split('\n')) {
    const rest = line.slice(2);
    if (line.startsWith('# ')) captures.push({ title: rest, requests: [], replies: [] });
    else if (line.startsWith('> ')) captures.at(-1)?.requests.push(fromHex(rest));
    else if (line.startsWith('< ')) captures.at(-1)?.replies.push(fromHex(rest));
  }
  return captures.filter(({ requests, replies }) => requests.length + replies.length > 0);
}

export function captureNamed(captures: readonly Capture[], title: string): Capture {
  const found = captures.find((capture) => capture.title.startsWith(title));
  if (!found) throw new Error(`no capture is called ${title}`);
  return found;
}

/** The only message in these octets. */
export function onlyMessage(datagram: Uint8Array | undefined): NetlinkMessage {
  const [message, ...more] = decodeMessages(datagram ?? new Uint8Array()) ?? [];
  if (!message || more.length > 0) throw new Error('one message was expected');
  return message;
}

export function payloadOf(datagram: Uint8Array | undefined): Uint8Array {
  return onlyMessage(datagram).payload;
}
