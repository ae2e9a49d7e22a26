/** `auth_hmac`: the keys that advertisements are signed with, and how signatures are taken. */
import type { Millis } from '../../../base/time.ts';
import type { Signing } from '../../../model/vrrp.ts';
import type { Said } from '../../values/phrase.ts';
import { merged, type Section } from '../../values/section.ts';
import type { ScriptContext } from '../scripts.ts';

const KEY_OCTETS_MIN = 32;
const KEY_OCTETS_MAX = 64;
const WINDOW_MS_MIN: Millis = 5_000;

/** Null: nothing is to be signed. Who wants it and has no key for it is refused, in every mode: nobody is to be believed by mistake. */
export function readSigning(
  section: Section,
  advertIntervalMs: Millis,
  context: ScriptContext,
): Signing | null {
  const block = merged(section.sections('auth_hmac'));
  if (block === null) return null;
  const keys = readKeys(block, context);
  const activeKey = block.number('active_key');
  if (activeKey === null || !keys.has(activeKey)) {
    context.reports.add({
      code: 'signing-unusable',
      span: block.find('active_key')?.span ?? block.span,
      message:
        activeKey === null
          ? 'auth_hmac has no active_key that can be used: nothing could be signed or checked'
          : `auth_hmac has no key ${activeKey} that can be used: nothing could be signed or checked`,
      hint: 'active_key ID, with "key ID SECRET" in the same block',
    });
    return null;
  }
  const seconds = block.number('time_window');
  return {
    keys: [...keys].map(([id, key]) => ({ id, key })),
    activeKey,
    mode: (block.text('mode') ?? 'enforce') as Signing['mode'],
    antiReplay: block.text('anti_replay') === 'monotonic' ? 'monotonic' : 'time',
    windowMs: seconds === null ? Math.max(3 * advertIntervalMs, WINDOW_MS_MIN) : seconds * 1000,
  };
}

function readKeys(block: Section, context: ScriptContext): ReadonlyMap<number, string> {
  const keys = new Map<number, string>();
  for (const said of block.said('key')) {
    const id = Number(said.slots.get('ID')?.[0]?.text);
    if (keys.has(id)) {
      context.reports.add({
        code: 'duplicate',
        span: said.words[0]?.span ?? block.span,
        message: `auth_hmac has a key ${id} already: the first one counts`,
      });
      continue;
    }
    const key = readKey(said, context);
    if (key !== null) keys.set(id, key.toString('hex'));
  }
  return keys;
}

/** The octets of a key; of a file without the newline at its end. */
function readKey({ slots }: Said, { environment, reports }: ScriptContext): Buffer | null {
  const word = slots.get('KEY')?.[0];
  if (word === undefined) return null;
  const { text, span } = word;
  if (text.startsWith('hex:')) return Buffer.from(text.slice('hex:'.length), 'hex');
  if (!text.startsWith('file:')) return Buffer.from(text);
  const path = text.slice('file:'.length);
  const file = environment.readFile(path);
  if ('error' in file) {
    const message = `the key in ${path} cannot be read: ${file.error}`;
    const hint = 'check the path and its permissions; the same key is on the other director';
    reports.add({ code: 'bad-value', span, message, hint });
    return null;
  }
  if (environment.isOpenToOthers(path)) {
    reports.add({
      code: 'script-security',
      span,
      message: `the key in ${path} can be read by others than its owner: it is not used`,
      hint: `chmod 600 ${path}`,
    });
    return null;
  }
  const key = Buffer.from(file.text.replace(/\r?\n$/, ''));
  if (key.length >= KEY_OCTETS_MIN && key.length <= KEY_OCTETS_MAX) return key;
  reports.add({
    code: 'bad-value',
    span,
    message: `the key in ${path} has ${key.length} octets`,
    hint: `a key has ${KEY_OCTETS_MIN} to ${KEY_OCTETS_MAX} octets: head -c 32 /dev/urandom | od -An -tx1 | tr -d ' \\n'`,
  });
  return null;
}
