/** What `lvsctl zero` asks for, and what came of it. */

export interface ZeroRequest {
  /** By its name or a part of it that is no other one's; null: all of ours. */
  readonly virtualServer: string | null;
}

export interface ZeroReport {
  /** Whose counters, with those of their real servers, begin at 0 again. */
  readonly virtualServers: readonly string[];
  /** Those that the kernel does not have: it refused them, or somebody has just removed them. */
  readonly absent: readonly string[];
}
