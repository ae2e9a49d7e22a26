/** `auth_hmac` of one instance in the files of two directors: whether each takes what the other signs. */
import type { Report } from '../diagnostics/diagnostic.ts';
import { nameSpan } from '../rules/written.ts';
import type { Span } from '../text/source.ts';
import { merged, type Section } from '../values/section.ts';

interface Signs {
  readonly span: Span;
  readonly mode: string;
  readonly activeKey: number | null;
  /** As octets; null for one in a file, which another machine has. */
  readonly keys: ReadonlyMap<number, Buffer | null>;
}

function signsOf(instance: Section): Signs | null {
  const block = merged(instance.sections('auth_hmac'));
  if (block === null) return null;
  const keys = new Map<number, Buffer | null>();
  for (const { slots } of block.said('key')) {
    const id = Number(slots.get('ID')?.[0]?.text);
    const text = slots.get('KEY')?.[0]?.text;
    if (text !== undefined && !keys.has(id)) keys.set(id, octetsOf(text));
  }
  return {
    span: block.find('active_key')?.span ?? block.span,
    mode: block.text('mode') ?? 'enforce',
    activeKey: block.number('active_key'),
    keys,
  };
}

function octetsOf(text: string): Buffer | null {
  if (text.startsWith('file:')) return null;
  return text.startsWith('hex:')
    ? Buffer.from(text.slice('hex:'.length), 'hex')
    : Buffer.from(text);
}

export function compareSigning(here: Section, there: Section): readonly Report[] {
  const [own, other] = [signsOf(here), signsOf(there)];
  const wrong = whyRefused(own, other, 'here', 'the other file');
  const [message, hint] = wrong ?? whyRefused(other, own, 'in the other file', 'this file') ?? [];
  if (message === undefined) return [];
  const span = own?.span ?? nameSpan(here);
  return [{ code: 'pair-authentication', span, message, ...(hint && { hint }) }];
}

/** Why the director of `to` drops what the one of `from` sends; null: it does not. */
function whyRefused(
  from: Signs | null,
  to: Signs | null,
  place: string,
  otherFile: string,
): readonly [string, string] | null {
  if (to === null) return null;
  if (from === null || from.mode === 'receive-only') {
    return to.mode === 'enforce'
      ? [
          `advertisements are not signed ${place}, and ${otherFile} takes only what is signed`,
          'auth_hmac in both files; "mode permissive" until both have it',
        ]
      : null;
  }
  const { activeKey, keys } = from;
  if (activeKey === null) return null;
  const [signed, known] = [keys.get(activeKey), to.keys.get(activeKey)];
  if (known === undefined) {
    return [
      `advertisements are signed with key ${activeKey} ${place}, which ${otherFile} does not have`,
      `the same "key ${activeKey}" in both files; then active_key may name it`,
    ];
  }
  if (!signed || !known || signed.equals(known)) return null;
  return [`key ${activeKey} of the two files differs: each drops what the other says`, SAME_KEYS];
}

const SAME_KEYS = 'a key of one number is the same in both files';
