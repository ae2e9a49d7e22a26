/**
 * What of etcd v3 a lease needs, as its JSON gateway writes it (etcd: api/etcdserverpb/rpc.proto, by grpc-gateway):
 * keys and values are base64, numbers of 64 bits are text, and what is 0, false or empty is left out. Values ⇄
 * JSON; nothing that a reply holds is trusted to be there.
 */

/** A key as it is now. */
export interface EtcdEntry {
  readonly key: string;
  readonly value: string;
  /** Of the change that made it so: never the same again. */
  readonly revision: string;
  /** That takes it away when it ends; null: none. */
  readonly lease: string | null;
}

/** Compares all, then writes all, or nothing and reads them. A revision of 0 is that of a key that is not there. */
export interface EtcdSwap {
  readonly compare: readonly { readonly key: string; readonly revision: string }[];
  /** `lease` null: it stays until somebody removes it. */
  readonly write: readonly {
    readonly key: string;
    readonly value: string;
    readonly lease: string;
  }[];
}

export interface EtcdSwapped {
  readonly isDone: boolean;
  /** Of what was written. */
  readonly revision: string;
  /** Those of the keys that are there, if it is not done. */
  readonly found: readonly EtcdEntry[];
}

export interface EtcdRequest {
  readonly path: string;
  readonly body: unknown;
}

export const NO_REVISION = '0';

export function grantRequest(seconds: number): EtcdRequest {
  return { path: '/v3/lease/grant', body: { TTL: String(seconds), ID: '0' } };
}

/** Null: it is none. `seconds`: etcd may give more than was asked for. */
export function decodeGrant(
  reply: unknown,
): { readonly lease: string; readonly seconds: number } | null {
  const { ID, TTL } = fieldsOf(reply);
  const seconds = Number(TTL);
  if (!isNumber(ID) || ID === '0' || !Number.isSafeInteger(seconds) || seconds <= 0) return null;
  return { lease: ID, seconds };
}

export function timeToLiveRequest(lease: string): EtcdRequest {
  return { path: '/v3/lease/timetolive', body: { ID: lease } };
}

/** In whole seconds, the rest cut off; 0: it is over. Null: it is no reply to this. */
export function decodeTimeToLive(reply: unknown): number | null {
  const { ID, TTL } = fieldsOf(reply);
  const seconds = Number(TTL ?? '0');
  return isNumber(ID) && Number.isSafeInteger(seconds) ? Math.max(0, seconds) : null;
}

export function swapRequest({ compare, write }: EtcdSwap): EtcdRequest {
  return {
    path: '/v3/kv/txn',
    body: {
      compare: compare.map(({ key, revision }) => ({
        key: base64(key),
        target: 'MOD',
        result: 'EQUAL',
        mod_revision: revision,
      })),
      success: write.map(({ key, value, lease }) => ({
        request_put: { key: base64(key), value: base64(value), lease },
      })),
      failure: compare.map(({ key }) => ({ request_range: { key: base64(key) } })),
    },
  };
}

/** Null: it is no reply to this. */
export function decodeSwapped(reply: unknown): EtcdSwapped | null {
  const { header, succeeded, responses } = fieldsOf(reply);
  const { revision } = fieldsOf(header);
  if (!isNumber(revision)) return null;
  const ranges = Array.isArray(responses) ? responses : [];
  const found: EtcdEntry[] = [];
  for (const one of succeeded === true ? [] : ranges) {
    const { kvs } = fieldsOf(fieldsOf(one).response_range);
    for (const entry of Array.isArray(kvs) ? kvs : []) {
      const decoded = decodeEntry(entry);
      if (decoded === null) return null;
      found.push(decoded);
    }
  }
  return { isDone: succeeded === true, revision, found };
}

export function authenticateRequest(name: string, password: string): EtcdRequest {
  return { path: '/v3/auth/authenticate', body: { name, password } };
}

export function decodeToken(reply: unknown): string | null {
  const { token } = fieldsOf(reply);
  return typeof token === 'string' && token !== '' ? token : null;
}

/** What a refusal says, or null. */
export function decodeRefusal(reply: unknown): string | null {
  const { message, error } = fieldsOf(reply);
  const text = message ?? error;
  return typeof text === 'string' ? text : null;
}

function decodeEntry(entry: unknown): EtcdEntry | null {
  const { key, value, mod_revision: revision, lease } = fieldsOf(entry);
  if (typeof key !== 'string' || !isNumber(revision)) return null;
  return {
    key: text(key),
    value: typeof value === 'string' ? text(value) : '',
    revision,
    lease: isNumber(lease) && lease !== '0' ? lease : null,
  };
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

function isNumber(value: unknown): value is string {
  return typeof value === 'string' && /^-?\d{1,20}$/.test(value);
}

function base64(value: string): string {
  return Buffer.from(value, 'utf8').toString('base64');
}

function text(value: string): string {
  return Buffer.from(value, 'base64').toString('utf8');
}
