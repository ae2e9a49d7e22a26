/** Words and their values, wherever they stand. */
import type { WordCode } from '../codes.ts';
import { type Explanation, trap } from './explanation.ts';

export const WORDS: Readonly<Record<WordCode, Explanation>> = {
  // Words and values.
  'unknown-keyword': trap(
    'a word that does not exist',
    `keepalived logs such a word and goes on without it, so the setting that was meant keeps its default.
    When it is the name of a block, all that the block holds is lost or applied outside. The nearest
    word of the same block is proposed.`,
  ),
  'unknown-option': trap(
    'a word that the line does not know',
    `Lines of addresses, routes, tracked things and some keywords take options by name, and this word is none
    of them. keepalived ignores it with what follows, or takes it for something else. The option that was
    probably meant is named, or the form of the line is shown.`,
  ),
  'misplaced-keyword': trap(
    'a word in the wrong block',
    `The word exists, but not in this block, and keepalived ignores it here. The message names the blocks
    that know it. Move the line there.`,
  ),
  'missing-argument': trap(
    'a word without its value',
    `The word needs a value, and its line ends. keepalived stops at such a line at once, and tells no
    other mistake. Write the value.`,
  ),
  'extra-argument': trap(
    'more words than are read',
    `What stands behind the value is ignored without a word by keepalived. It may be a remark without #,
    a second value where one is possible, or a command whose arguments need quotes. Remove it, or quote
    the whole.`,
  ),
  'bad-value': trap(
    'a value that is none',
    `The value is not of the kind that the word takes: a number, an address, or one of a few words. keepalived
    keeps the default and goes on. The hint says what is possible; most words are lower case, methods
    and states are capitals.`,
  ),
  'out-of-range': trap(
    'a number outside its range',
    `keepalived ignores such a number and keeps the default. A 0 that was meant as "off" is the most
    common one: leave the line out instead. The message names the range.`,
  ),
  'no-effect': trap(
    'a word that does nothing here',
    `The word is one of keepalived's, and lvsd accepts it so that the file loads. What it asks for does
    not happen in this version. Remove the line, or make sure that you can live without it.`,
  ),
  'not-keepalived': trap(
    'a word of lvs-director',
    `keepalived does not know this word and refuses its line. It does what docs/keywords.md says here. Remove
    it before the file goes back to keepalived.`,
  ),
  deprecated: trap(
    'an old word',
    `It still works, and a newer word has replaced it. A later release may drop the old one. lvsctl check
    --fix writes the new word in its place.`,
  ),
  repeated: trap(
    'a setting given twice',
    `Only one of them counts: of scripts and some names the first, of most others the last; the message tells. The same notify word
    several times often means that notify_master, notify_backup and notify_fault were meant. Keep one.`,
  ),
  'off-ignored': trap(
    'a flag that cannot be switched off',
    `In this block keepalived looks only whether the word stands there, and not at the "off" behind it:
    it is switched on. lvsd takes the word as it is written, so the two programs do opposite things.
    Remove the line: what does not stand there is off.`,
  ),

  // The whole file.
  'missing-keyword': trap(
    'something that cannot be left out',
    `The block does not work without it, or works with a default that is seldom what is meant: UDP
    where no protocol is named, NAT where no method is. keepalived takes the default, or drops the whole
    block. Write the word.`,
  ),
  duplicate: trap(
    'one name or address twice',
    `Two things cannot share what tells them apart. keepalived drops one of them, or runs both into each
    other, mostly without a word. Rename one, or put both into one block.`,
  ),
  'unknown-reference': trap(
    'a name that nothing has',
    `A script, an instance or a list is named, and the file has none of that name that can be used.
    keepalived goes on without it, so what should be tracked is not. Mend the name, or declare it.`,
  ),
  contradiction: trap(
    'two settings that cannot both hold',
    `Each is good by itself, and together they mean nothing that can be done. keepalived silently drops
    or changes one of them. The hint says which one to change.`,
  ),
  adjusted: trap(
    'a value that is changed to what is possible',
    `The value cannot be used as it stands, and the message says what is used in its place. Write that
    value, so that the file says what happens.`,
  ),
};
