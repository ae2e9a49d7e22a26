/** What a test and the helper in a host say to each other, one JSON object a line. */

export type Order =
  /** Serves `body` by HTTP on a port of every address, until told to stop. */
  | { readonly do: 'serve'; readonly port: number; readonly body: string }
  | { readonly do: 'stop-serving' }
  /** Says its name and sends back what comes, by TCP and UDP on a port of every address. */
  | { readonly do: 'serve-echo'; readonly name: string; readonly port: number }
  /** Sends to such a server and compares what comes back. */
  | { readonly do: 'echo'; readonly attempt: EchoAttempt }
  /** Sends a frame, whatever it is, on an interface. */
  | { readonly do: 'send-frame'; readonly interface: string; readonly hex: string }
  /** Fetches a url so many times; answers how often each body came. */
  | { readonly do: 'fetch'; readonly url: string; readonly times: number }
  /** Fetches a url all the time and records when it was answered. */
  | { readonly do: 'watch'; readonly url: string }
  /** Ends the watch; answers the longest time without an answer. */
  | { readonly do: 'end-watch' }
  /** Asks by ARP who has an address, all the time. */
  | {
      readonly do: 'probe';
      readonly address: string;
      readonly interface: string;
      readonly from: string;
    }
  /** Records advertisements, and answers of an address to echo requests, one each 2 ms. */
  | {
      readonly do: 'observe';
      readonly address: string;
      readonly interface: string;
    }
  | { readonly do: 'end-observe' }
  /** Ends the probe; answers who answered, and for how long two did. */
  | { readonly do: 'end-probe' };

export interface WatchReport {
  readonly answers: number;
  readonly longestSilenceMs: number;
}

/** Times in milliseconds of one clock. */
export interface Observation {
  readonly adverts: readonly {
    readonly atMs: number;
    readonly source: string;
    readonly priority: number;
  }[];
  readonly answeredAtMs: readonly number[];
  /** When each echo request was sent, and whether it was answered. */
  readonly echoes: readonly { readonly sentAtMs: number; readonly isAnswered: boolean }[];
}

export interface ProbeReport {
  /** MACs in the order of their first answer. */
  readonly holders: readonly string[];
  /** Time in which two hosts answered for the address. */
  readonly overlapMs: number;
}

export interface EchoAttempt {
  readonly protocol: 'tcp' | 'udp';
  readonly address: string;
  readonly port: number;
  /** How often; each time another one of the sizes, in octets. */
  readonly times: number;
  readonly sizes: readonly number[];
  /** Own address, where it is not left to the kernel. */
  readonly from: string | null;
  /** UDP from one port all the time, instead of a new one each time. */
  readonly fromPort?: number;
  /** What is sent, instead of octets of those sizes. */
  readonly text?: string;
}

export interface EchoReport {
  /** How often each server answered; failures are counted by their reason. */
  readonly servers: Readonly<Record<string, number>>;
  /** Attempts that did not get back what they sent. */
  readonly damaged: number;
}
