/** What the `notify` process has counted. */

export interface NotifySnapshot {
  readonly scriptsRun: number;
  /** Ended with another code than 0, or could not be started. */
  readonly scriptsFailed: number;
  /** Not run, because newer changes of the same subject were waiting. */
  readonly scriptsDropped: number;
  readonly fifoLinesLost: number;
  readonly mailsSent: number;
  readonly mailsWaiting: number;
  /** Given up after several attempts, or because too many waited. */
  readonly mailsDropped: number;
}
