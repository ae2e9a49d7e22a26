/** Typed arrays that grow. */

/** Gives the longer column, with what the shorter one holds at its beginning. */
export function grown<Column extends Uint8Array | Uint32Array>(
  old: Column,
  longer: Column,
): Column {
  longer.set(old);
  return longer;
}
