/**
 * etcd over HTTP: requests of its JSON gateway to one member of the cluster, and to the next when that does not
 * answer. Every request ends in time and every reply has a limit; user and password become a token that is asked
 * for again when it has run out. Loaded by who asks etcd only: the VRRP process speaks no HTTP.
 */
import { Agent, request } from 'undici';
import { DirectorError, errnoName } from '../base/error.ts';
import type { Millis } from '../base/time.ts';
import {
  authenticateRequest,
  decodeGrant,
  decodeRefusal,
  decodeSwapped,
  decodeTimeToLive,
  decodeToken,
  type EtcdRequest,
  type EtcdSwap,
  type EtcdSwapped,
  grantRequest,
  swapRequest,
  timeToLiveRequest,
} from '../wire/etcd.ts';

/** All replies to a lease are a few hundred octets; 510 keys at once are less than this. */
const REPLY_OCTETS_MAX = 512 * 1024;
/** Who asks for something waits for less. */
const CONNECT_MS_MAX: Millis = 1_000;
/** Passwords are slow to look at (bcrypt), and a token lasts for minutes. */
const LOGIN_MS_MAX: Millis = 1_000;
/** gRPC: the token is not, or not any more, one of etcd's. */
const UNAUTHENTICATED = 401;

export interface EtcdOptions {
  /** Members of one cluster: `https://10.0.0.9:2379`. */
  readonly endpoints: readonly string[];
  /** PEM; null: those that the system trusts. */
  readonly ca: string | null;
  /** What this client shows itself by, in PEM; null: nothing. */
  readonly identity: { readonly cert: string; readonly key: string } | null;
  readonly user: { readonly name: string; readonly password: string } | null;
}

/** `limitMs`, a whole number: what is not answered by then is given up. */
export interface Etcd {
  grant(
    seconds: number,
    limitMs: Millis,
  ): Promise<{ readonly lease: string; readonly seconds: number }>;
  swap(swap: EtcdSwap, limitMs: Millis): Promise<EtcdSwapped>;
  secondsLeft(lease: string, limitMs: Millis): Promise<number>;
  close(): void;
}

/** What its methods throw is a DirectorError ETCD_FAILED. */
export function openEtcd(options: EtcdOptions): Etcd {
  return new EtcdClient(options);
}

class EtcdClient implements Etcd {
  private readonly options: EtcdOptions;
  private readonly agent: Agent;
  /** The member that is asked: the one that has answered last. */
  private at = 0;
  private token: string | null = null;

  constructor(options: EtcdOptions) {
    const { ca, identity } = options;
    this.options = options;
    this.agent = new Agent({
      connect: { timeout: CONNECT_MS_MAX, ...(ca === null ? {} : { ca }), ...(identity ?? {}) },
      maxResponseSize: REPLY_OCTETS_MAX,
      pipelining: 1,
    });
  }

  async grant(
    seconds: number,
    limitMs: Millis,
  ): Promise<{ readonly lease: string; readonly seconds: number }> {
    return this.understood(grantRequest(seconds), limitMs, decodeGrant);
  }

  async swap(swap: EtcdSwap, limitMs: Millis): Promise<EtcdSwapped> {
    return this.understood(swapRequest(swap), limitMs, decodeSwapped);
  }

  async secondsLeft(lease: string, limitMs: Millis): Promise<number> {
    return this.understood(timeToLiveRequest(lease), limitMs, decodeTimeToLive);
  }

  close(): void {
    void this.agent.destroy();
  }

  private async understood<T>(
    question: EtcdRequest,
    limitMs: Millis,
    decode: (reply: unknown) => T | null,
  ): Promise<T> {
    const decoded = decode(await this.ask(question, limitMs));
    if (decoded !== null) return decoded;
    throw failed(`${this.endpoint} does not speak as etcd v3 does: ${question.path}`);
  }

  private async ask(question: EtcdRequest, limitMs: Millis): Promise<unknown> {
    const { user } = this.options;
    if (user === null) return this.send(question, limitMs);
    const isNew = this.token === null;
    this.token ??= await this.authenticate(user);
    try {
      return await this.send(question, limitMs);
    } catch (error) {
      if (isNew || !(error instanceof Unauthenticated)) throw error;
      // It has run out, or the member was started again.
      this.token = await this.authenticate(user);
      return this.send(question, limitMs);
    }
  }

  private async authenticate(user: NonNullable<EtcdOptions['user']>): Promise<string> {
    this.token = null;
    const question = authenticateRequest(user.name, user.password);
    const token = decodeToken(await this.send(question, LOGIN_MS_MAX));
    if (token === null) throw failed(`${this.endpoint} gives the user no token`);
    return token;
  }

  private get endpoint(): string {
    return this.options.endpoints[this.at] ?? '';
  }

  private async send({ path, body }: EtcdRequest, limitMs: Millis): Promise<unknown> {
    let status: number;
    let text: string;
    try {
      const reply = await request(`${this.endpoint}${path}`, {
        method: 'POST',
        dispatcher: this.agent,
        headers: {
          'content-type': 'application/json',
          ...(this.token === null ? {} : { authorization: this.token }),
        },
        body: JSON.stringify(body),
        signal: AbortSignal.timeout(limitMs),
      });
      status = reply.statusCode;
      text = await reply.body.text();
    } catch (error) {
      const reason = isTimeout(error) ? `no answer within ${limitMs} ms` : errnoName(error);
      const message = `${this.endpoint}: ${reason}`;
      // Never the same request to another member: nobody knows whether it was done. The next one goes there.
      this.at = (this.at + 1) % this.options.endpoints.length;
      throw failed(message);
    }
    const reply = parsed(text);
    if (status === 200) return reply;
    const reason = this.withoutSecrets(decodeRefusal(reply) ?? `HTTP ${status}`);
    if (status === UNAUTHENTICATED) throw new Unauthenticated(`${this.endpoint}: ${reason}`);
    this.at = (this.at + 1) % this.options.endpoints.length;
    throw failed(`${this.endpoint}: ${reason}`);
  }

  /** Who stands between us and etcd may send back what it was sent. */
  private withoutSecrets(text: string): string {
    const secrets = [this.options.user?.password, this.token].flatMap((secret) =>
      secret ? [secret, JSON.stringify(secret).slice(1, -1)] : [],
    );
    return secrets.reduce((rest, secret) => rest.replaceAll(secret, MASK), text);
  }
}

const MASK = '********';

class Unauthenticated extends DirectorError {
  constructor(message: string) {
    super('ETCD_FAILED', message, { hint: HINT });
  }
}

const HINT =
  'look at --etcd, and at --etcd-ca, --etcd-cert and --etcd-user where the cluster needs them';

/** Without a cause: errors of HTTP hold octets of what was said, and are printed whole when a process crashes. */
function failed(message: string): DirectorError {
  return new DirectorError('ETCD_FAILED', message, { hint: HINT });
}

function isTimeout(error: unknown): boolean {
  return error instanceof Error && (error.name === 'TimeoutError' || error.name === 'AbortError');
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
