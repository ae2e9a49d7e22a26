/**
 * One reload at a time. Who asks while one runs shares the single pending one, which begins (and reads
 * the file) only after the running one has ended: whatever was in the file when somebody asked is read.
 *
 *   ask ─▶ running ─▶ report
 *   ask ─▶ pending ──────────▶ report     any number of callers wait for it
 */
export class ReloadQueue<Report> {
  private readonly reload: () => Promise<Report>;
  /** Settles when everything that has begun has ended; never rejects. */
  private last: Promise<unknown> = Promise.resolve();
  private pending: Promise<Report> | null = null;

  constructor(reload: () => Promise<Report>) {
    this.reload = reload;
  }

  /** Resolves or rejects as that reload does; one that fails does not keep the next from beginning. */
  ask(): Promise<Report> {
    this.pending ??= this.inTurn(() => {
      this.pending = null;
      return this.reload();
    });
    return this.pending;
  }

  /** Work that no reload may cut into, such as the start of the daemon. */
  inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const turn = this.last.then(work);
    this.last = turn.catch(() => {});
    return turn;
  }
}
