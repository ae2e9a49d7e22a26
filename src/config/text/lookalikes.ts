/** Characters that only look like those of the language, or cannot be seen, and what was meant. */

export interface Lookalike {
  readonly is: string;
  /** One character; a blank for what should not be there at all. */
  readonly meant: string;
}

export const LOOKALIKES: ReadonlyMap<string, Lookalike> = new Map([
  ['\u201c', { is: 'a typographic quote', meant: '"' }],
  ['\u201d', { is: 'a typographic quote', meant: '"' }],
  ['\u201e', { is: 'a typographic quote', meant: '"' }],
  ['\u2018', { is: 'a typographic quote', meant: "'" }],
  ['\u2019', { is: 'a typographic quote', meant: "'" }],
  ['\uff02', { is: 'a full-width quote', meant: '"' }],
  ['\uff07', { is: 'a full-width quote', meant: "'" }],
  ['\uff5b', { is: 'a full-width brace', meant: '{' }],
  ['\uff5d', { is: 'a full-width brace', meant: '}' }],
  ['\uff03', { is: 'a full-width number sign', meant: '#' }],
  ['\uff01', { is: 'a full-width exclamation mark', meant: '!' }],
  ['\uff04', { is: 'a full-width dollar sign', meant: '$' }],
  ['\uff0e', { is: 'a full-width full stop', meant: '.' }],
  ['\uff0f', { is: 'a full-width slash', meant: '/' }],
  ['\uff1a', { is: 'a full-width colon', meant: ':' }],
  ['\u2013', { is: 'a dash', meant: '-' }],
  ['\u2014', { is: 'a dash', meant: '-' }],
  ['\u2212', { is: 'a minus sign of mathematics', meant: '-' }],
  ['\u00a0', { is: 'a no-break space', meant: ' ' }],
  ['\u2007', { is: 'a no-break space', meant: ' ' }],
  ['\u202f', { is: 'a no-break space', meant: ' ' }],
  ['\u3000', { is: 'a full-width space', meant: ' ' }],
  ['\u200b', { is: 'a space without width', meant: ' ' }],
  ['\ufeff', { is: 'a byte order mark', meant: ' ' }],
  ['\u0000', { is: 'a NUL', meant: ' ' }],
  ['\u000b', { is: 'a vertical tab', meant: ' ' }],
  ['\u000c', { is: 'a form feed', meant: ' ' }],
  ['\u007f', { is: 'a control character', meant: ' ' }],
  ...controls(),
  ['\ufffd', { is: 'an octet that is not UTF-8', meant: '\ufffd' }],
]);

function controls(): readonly (readonly [string, Lookalike])[] {
  const codes = [1, 2, 3, 4, 5, 6, 7, 8, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27];
  return [...codes, 28, 29, 30, 31].map((code) => [
    String.fromCharCode(code),
    { is: 'a control character', meant: ' ' },
  ]);
}
