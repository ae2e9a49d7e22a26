/**
 * What health has decided about one virtual server, in the terms of its configuration: which of its
 * real servers the kernel should hold, and with which weight. Reconciliation turns it into a table.
 */

export interface Serving {
  /** One entry a real server of the model, in its order: its weight, or null to be absent. */
  readonly weights: readonly (number | null)[];
  /** Weight of the sorry server, or null to be absent. */
  readonly sorryWeight: number | null;
}
