/** A number as C reads it: `0x10` is hexadecimal, `010` octal. */
export function numberOfC(text: string): number {
  const digits = text.replace(/^\+/, '');
  return Number(/^0\d+$/.test(digits) ? `0o${digits.slice(1)}` : digits);
}
