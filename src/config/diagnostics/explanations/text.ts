/** Files, lines, braces, quotes and definitions: what is found before there are words. */
import type { TextCode } from '../codes.ts';
import { type Explanation, trap } from './explanation.ts';

export const TEXT: Readonly<Record<TextCode, Explanation>> = {
  'unreadable-file': trap(
    'the file cannot be read',
    `Nothing was checked, because the file is missing, is a folder, or may not be read by you. keepalived
    calls a missing file good and starts with nothing. Give the right path, or make the file readable.`,
  ),
  'not-text': trap(
    'a file that is no text',
    `The file is full of NULs, as a program, an archive or an image is. Nothing of it is read. Give the path
    of the configuration.`,
  ),
  empty: trap(
    'a file that says nothing',
    `A text without a statement configures nothing: the daemon would let go of every address and every virtual server.
    That is what a full disk, a template that failed or an include that matches no file leaves behind. At a start it is a
    warning. A running daemon that has something in force refuses it at a reload and goes on; who means it says
    lvsctl reload --allow-empty.`,
  ),
  'too-many': trap(
    'more mistakes than anybody reads',
    `After ten thousand mistakes of one severity no more are told, so that a broken file of millions of lines ends in
    time. Most of them have one cause. Mend the first ones, and check again.`,
  ),
  'include-missing': trap(
    'an include that finds nothing',
    `The pattern behind include matches no file, so whatever should stand there is absent. Folders and
    files with an execute bit are passed over, as in keepalived. Mend the pattern, or remove the line
    when the files are optional.`,
  ),
  'include-required': trap(
    'an include that must find something',
    `This kind of include, or an include_check above it, says that a missing file is an error. The pattern
    matches no file that can be read. Mend it, or write a plain include when the files are
    optional.`,
  ),
  'include-cycle': trap(
    'files that include each other',
    `A file includes itself, directly or through others, and reading it would never end. keepalived stops
    only when it has no open files left. Remove one of the includes.`,
  ),
  'too-large': trap(
    'more text than any configuration has',
    `The limit that the message names keeps a mistyped sequence or a definition of definitions from
    eating all memory. Nothing of the file is used. Split the file, or shorten the sequence.`,
  ),
  'odd-character': trap(
    'a character that only looks right',
    `Typographic quotes, no-break spaces and the like come from word processors and web pages. They look
    like the characters of the language and are none of them, so a word gets another meaning. Write the
    plain character from your keyboard.`,
  ),
  'odd-blank': trap(
    'a tab inside quotes',
    `Outside quotes a tab is a blank like any other; inside them it becomes part of the value. Names and
    passwords with a tab look the same and are different. Write a blank.`,
  ),
  'comment-sign': trap(
    'a comment sign of another language',
    `Here a comment begins with # or !. keepalived takes //, /* and ; for words, logs them as unknown, and a
    brace in such a remark opens or closes a block. Write # in front of the remark.`,
  ),
  'unmatched-quote': trap(
    'a quote that is never closed',
    `A quoted text ends on its line, and this one does not. keepalived drops the value and goes on. Add
    the second quote; there is no escape for a quote inside a quoted text.`,
  ),
  'missing-open-brace': trap(
    'a block without its opening brace',
    `The word needs a block, and none follows. keepalived applies what was meant to stand inside to the
    level outside, or drops it. Write { behind the word or on the next line.`,
  ),
  'missing-close-brace': trap(
    'a block that is never closed',
    `The file ends before the block does. All that follows belongs to the block, and is probably not
    meant to. Look at the line that the message names, and write the } where the block should end.`,
  ),
  'unexpected-brace': trap(
    'a brace where none belongs',
    `It opens a block for a word that has none, or closes one that was never opened. Often a brace too
    many stands above, or a line between was lost. Remove it, or write the word that it belongs to.`,
  ),
  'undefined-name': trap(
    'a definition that is not there',
    `$NAME is used, and nothing above defines it. keepalived then takes the text as it stands, dollar
    and all. Define it above its use, with $NAME=VALUE at the beginning of a line.`,
  ),
  'not-replaced': trap(
    'a use that keepalived does not replace',
    `$NAME is replaced where a blank, a comma, a closing parenthesis or the end of the line follows it, and
    never inside quotes. Everywhere else it stays as it is, without a word. \${NAME} is replaced
    everywhere.`,
  ),
  'bad-condition': trap(
    'a condition that does not do what it looks like',
    `A line takes one condition, and the first line of a definition takes none: a second one becomes a
    keyword that nobody knows. A condition on only one brace of a block leaves the other one alone on
    other hosts. Write the condition before each line that it is meant for.`,
  ),
  'bad-definition': trap(
    'a definition that cannot be read',
    `A definition is $NAME=VALUE, at the beginning of a line and without a blank before the equals sign.
    Anything else is taken for a keyword. The hint shows the form.`,
  ),
  'bad-generator': trap(
    'a sequence that cannot be read',
    `~SEQ and ~LST write one line several times, with a variable that counts or takes values from a
    list. This one cannot be read, so none of its lines exists. The hint shows the form.`,
  ),
  'fill-in': trap(
    'a fill-in was left',
    `xxx.xxx.xxx.xxx, ** or a word in angle brackets is what an example, a form or a copy without
    secrets has in place of a value. It was never replaced, so there is no address, name or password
    here. Write the value of this machine.`,
  ),
  'cut-by-comment': trap(
    'a comment that nobody meant',
    `# and ! begin a comment wherever they stand, also in the middle of a word. The password ends before
    that character, and a director whose file has it in quotes has another password. Put the value in
    double quotes, or write a backslash before the character.`,
  ),
  'empty-block': trap(
    'a list with nothing in it',
    `The block stands there, and has no entries. Whatever was to be listed is not: nobody is mailed,
    nothing is tracked, no address is held. Write the entries, one a line, or remove the block.`,
  ),
};
