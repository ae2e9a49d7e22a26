/** What there is once for each of the two directors of a model. */

export type Node = 0 | 1;
export const NODES = [0, 1] as const;

/** The one lease that both of them want. */
export const KEY = 51;

export type Two<T> = readonly [T, T];

export function replaced<T>(two: Two<T>, at: Node, value: T): Two<T> {
  return at === 0 ? [value, two[1]] : [two[0], value];
}
