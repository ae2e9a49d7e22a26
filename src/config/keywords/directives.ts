/** What is no keyword of any block: includes, conditions, definitions, generators, comments and braces. */
export interface Directive {
  /** As it begins. */
  readonly name: string;
  /** As it is written. */
  readonly form: string;
  readonly help: string;
}

function directive(name: string, form: string, help: string): Directive {
  return { name, form, help };
}

/** `${NAME}`. */
function inBraces(name: string): string {
  return `$\{${name}}`;
}

const GLOB = 'relative to the file that includes; with * ? [] and {A,B}';

export const DIRECTIVES: readonly Directive[] = [
  directive('include', 'include GLOB', `reads files, ${GLOB}; it is only told when there are none`),
  directive('includer', 'includer GLOB', 'the same, and a file that cannot be read is a mistake'),
  directive('includem', 'includem GLOB', 'the same, and a name that no file has is a mistake'),
  directive('includew', 'includew GLOB', 'the same, and a pattern that no file fits is a mistake'),
  directive(
    'includeb',
    'includeb GLOB',
    'the same, and an alternative in braces that no file fits is a mistake',
  ),
  directive('includea', 'includea GLOB', 'the same, and all of these are mistakes'),
  directive(
    '@',
    '@ID LINE',
    'the line counts only where the identity is ID: the host name up to its first dot, or --config-id',
  ),
  directive('@^', '@^ID LINE', 'the line counts only where the identity is another one'),
  directive('$=', '$NAME=VALUE', 'defines a name; no blank before ='),
  directive('$=\\', '$NAME= \\', 'defines a name of several lines, each but the last ends in \\'),
  directive(
    '$',
    '$NAME',
    'the value, where a blank, comma, closing parenthesis or the end of the line follows',
  ),
  directive(inBraces(''), inBraces('NAME'), 'the value, wherever it stands'),
  directive('$_PWD', '$_PWD', 'the folder of the file that is being read'),
  directive('$_INSTANCE', '$_INSTANCE', 'the name of the instance of the daemon'),
  directive(
    '$_HASH',
    inBraces('_HASH'),
    'the character #, which begins a comment all the same outside quotes',
  ),
  directive(
    '$_BANG',
    inBraces('_BANG'),
    'the character !, which begins a comment all the same outside quotes',
  ),
  directive('$_RANDOM', inBraces('_RANDOM [MIN [MAX]]'), 'a random number from 0 to 32767'),
  directive('$_ENV', inBraces('_ENV NAME'), 'a variable of the environment'),
  directive('~SEQ', '~SEQ(NAME, [START, [STEP,]] END) LINE', 'the line once for each number'),
  directive('~SEQx', '~SEQx(NAME, [START, [STEP,]] END) LINE', 'the same, in hexadecimal digits'),
  directive('~LST', '~LST(NAME, A, B, …) LINE', 'the line once for each value'),
  directive('~LST{}', '~LST({N1, N2}, {A, B}, …) LINE', 'the line once for each group of values'),
  directive(
    '#',
    '# … or ! …',
    'a comment to the end of the line, outside quotes; \\# is the character',
  ),
  directive('{}', '{ … }', 'a block; the brace may stand on the next line'),
];
