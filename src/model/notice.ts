/** What the processes tell of their changes, and to whom it is passed on: scripts, FIFOs, mail. */
import type { Millis } from '../base/time.ts';
import type { NotifyScripts, Script } from './script.ts';
import type { Protocol, ServiceKey } from './virtual-server.ts';

/** The words that scripts and readers of FIFOs know from keepalived. */
export type VrrpWord =
  | 'MASTER'
  | 'BACKUP'
  | 'FAULT'
  | 'STOP'
  | 'DELETED'
  | 'MASTER_RX_LOWER_PRI'
  | 'MASTER_PRIORITY'
  | 'BACKUP_PRIORITY';

export interface VrrpNotice {
  readonly about: 'vrrp';
  readonly kind: 'INSTANCE' | 'GROUP';
  readonly name: string;
  readonly state: VrrpWord;
  /** Effective priority of an instance; a group has 0. */
  readonly priority: number;
  readonly scripts: NotifyScripts;
}

/** A virtual server has won or lost its quorum, or a real server of it came up or went down. */
export interface ServerNotice {
  readonly about: 'server';
  readonly virtualServer: {
    readonly group: string | null;
    /** The only one, or the first one of its group. */
    readonly key: ServiceKey;
    /** As the log calls it. */
    readonly name: string;
  };
  /** Null: the virtual server as a whole. */
  readonly realServer: { readonly address: string; readonly port: number } | null;
  readonly up: boolean;
  /** Why, as the log says it: `timeout`, `status 500`. */
  readonly reason: string;
  readonly script: Script | null;
  readonly mails: boolean;
}

export type Notice = VrrpNotice | ServerNotice;

/** An instance or a group goes on under another name: nothing has changed, and nobody is told. */
export interface Renaming {
  readonly kind: VrrpNotice['kind'];
  readonly from: string;
  readonly to: string;
}

/** Those of one reload: two may have each other's name. */
export interface RenamedNotice {
  readonly about: 'names';
  readonly renamings: readonly Renaming[];
}

/** What is to be done of a notice, besides a line to FIFOs: a script of the state, the one for every change, a mail. */
export type Errand = 'own-script' | 'any-script' | 'mail';

export interface FifoSettings {
  readonly path: string;
  readonly tells: 'everything' | 'vrrp' | 'servers';
  /** Who owns it, if we make it; null: we do. */
  readonly account: Script['account'];
  /** Its reader, run with the path as last argument and again when it ends. */
  readonly reader: Script | null;
}

/** How mail leaves this machine. */
export interface MailSettings {
  readonly host: string;
  readonly port: number;
  readonly heloName: string;
  /** For the connection, and for each reply of the server. */
  readonly timeoutMs: Millis;
  readonly from: string;
  readonly to: readonly string[];
  /**
   * `offered`: encrypted if the server can, and its certificate is not looked at. The others refuse a server
   * without; of `implicit` the first octet is encrypted already.
   */
  readonly tls: 'never' | 'offered' | 'required' | 'implicit';
  readonly login: { readonly user: string; readonly password: string } | null;
  /** Changes to FAULT are not mailed. */
  readonly withoutFaults: boolean;
}

/** Everything that the `notify` process is told. */
export interface NotifyConfig {
  readonly routerId: string;
  readonly fifos: readonly FifoSettings[];
  /** Null: nobody is to get mail, or by no way. */
  readonly mail: MailSettings | null;
  /** What becomes of a script that runs as root and that others could change. */
  readonly unsafeScripts: 'refuse' | 'warn';
  /** After a reload the states of all instances and groups are written to the FIFOs. */
  readonly repeatsStates: boolean;
  /** `INSTANCE VI_1`, `GROUP G1`: of which states can be told. */
  readonly subjects: readonly string[];
  /** Something may be told at all, or a script is tracked: there is work. */
  readonly hasWork: boolean;
}

/** `tcp`, or of a firewall mark `none`. */
export function protocolWord(key: ServiceKey): Protocol | 'none' {
  return key.kind === 'address' ? key.protocol : 'none';
}
