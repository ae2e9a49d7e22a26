/**
 * A line of words × its phrase → what is said in it, or diagnostics on the exact word. An option that
 * cannot be used is reported and left out; a line without what it cannot do without is null.
 */

import { prefixLengthOf } from '../../base/address.ts';
import type { DiagnosticCode } from '../diagnostics/codes.ts';
import type { Report } from '../diagnostics/diagnostic.ts';
import type { Reports } from '../diagnostics/reports.ts';
import {
  type Keyword,
  type KeywordTable,
  nameOfMeaning,
  type Phrase,
  type PhraseName,
  type Scalar,
  type Slot,
} from '../keywords/keyword.ts';
import { PHRASES } from '../keywords/phrases.ts';
import { strangerIn } from '../keywords/strangers.ts';
import { nearestKeyword } from '../keywords/table.ts';
import type { Word } from '../text/ast.ts';
import { fits, type Owner, readScalar, symbolOf } from './scalar.ts';
import { tellRepeated, tellStanding } from './standing.ts';

/** What a line says. Options stand under their present names, those without effect not at all. */
export interface Said {
  /** The words that can be used, in their order and as they are written, with those without effect. */
  readonly words: readonly Word[];
  readonly slots: ReadonlyMap<string, readonly Word[]>;
  readonly options: ReadonlyMap<string, Said>;
  /** All of an option that may stand several times, in their order; the map above has the last. */
  readonly repeated: ReadonlyMap<string, readonly Said[]>;
}

/** What the line belongs to, for messages. */
export interface Line extends Owner {
  /** The place of the keyword, or of the line: for what is missing. */
  readonly span: Word['span'];
  /** `behind` a keyword or `in` a block. */
  readonly relation: 'behind' | 'in';
}

export function readPhraseNamed(
  of: PhraseName,
  words: readonly Word[],
  line: Line,
  reports: Reports,
): Said | null {
  return new PhraseReader(words, line, reports, of).read(PHRASES[of]);
}

export function readPhrase(
  phrase: Phrase,
  words: readonly Word[],
  line: Line,
  reports: Reports,
): Said | null {
  return new PhraseReader(words, line, reports, null).read(phrase);
}

/** What is said while it is being read. */
interface Saying {
  readonly words: Word[];
  readonly slots: Map<string, Word[]>;
  readonly options: Map<string, Said>;
  readonly repeated: Map<string, Said[]>;
  /** Names of meaning that stood, with good values or bad ones. */
  readonly stood: Set<string>;
  /** Those of them that can be used. */
  readonly good: Set<string>;
  /** A slot that must be filled is not, or not with what can be used. */
  isBad: boolean;
}

class PhraseReader {
  private at = 0;
  private reports: Reports;
  /** Something is wrong with this line already: what follows from that is not told. */
  private hasTold = false;
  /** The phrase that was being read when the last word came that is no option of it. */
  private innermost: Phrase | null = null;
  private readonly unmet: Report[] = [];
  private readonly words: readonly Word[];
  private readonly line: Line;
  private readonly name: PhraseName | null;

  constructor(words: readonly Word[], line: Line, reports: Reports, name: PhraseName | null) {
    this.words = words;
    this.line = line;
    this.reports = reports;
    this.name = name;
  }

  read(phrase: Phrase): Said | null {
    const said = this.readFrom(phrase, this.line, this.line.span);
    const rest = this.words[this.at];
    if (rest !== undefined) this.tellRest(phrase, rest);
    const isSpoilt = rest !== undefined && phrase.indivisible === true;
    const [unmet] = this.unmet;
    if (unmet !== undefined && !this.hasTold) this.tell(unmet);
    return isSpoilt ? null : said;
  }

  /** Reads as far as the phrase reaches; what follows may belong to the phrase around it. */
  private readFrom(phrase: Phrase, owner: Owner, span: Word['span']): Said | null {
    const saying: Saying = {
      words: [],
      slots: new Map(),
      options: new Map(),
      repeated: new Map(),
      stood: new Set(),
      good: new Set(),
      isBad: false,
    };
    if (!phrase.loose) this.readSlots(phrase, owner, span, saying);
    for (let word = this.words[this.at]; word !== undefined; word = this.words[this.at]) {
      const option = optionOf(phrase, word.text);
      if (option !== null) this.readOption(option, word, phrase, saying);
      else if (!(phrase.loose && this.readLoose(phrase, word, owner, saying))) {
        this.innermost ??= phrase;
        break;
      }
    }
    this.checkWhole(phrase, owner, span, saying);
    return saying.isBad ? null : saidIn(saying);
  }

  private readSlots(phrase: Phrase, owner: Owner, span: Word['span'], saying: Saying): void {
    for (const [index, slot] of phrase.slots.entries()) {
      do {
        const word = this.words[this.at];
        const isFree = slot.optional || saying.slots.has(slot.name);
        if (word === undefined || (isFree && optionOf(phrase, word.text) !== null)) break;
        if (slot.optional && this.isForOthers(phrase, index, word)) break;
        this.at += 1;
        this.fill(phrase, slot, word, owner, saying);
      } while (slot.many);
      if (slot.optional || saying.slots.has(slot.name)) continue;
      saying.isBad = true;
      if (saying.stood.has(slot.name)) continue;
      this.unmet.push({
        code: 'missing-argument',
        span,
        message: `"${owner.name}" needs ${slot.name}`,
        hint: hintOf(phrase, owner),
      });
      return;
    }
  }

  /** A word that an optional slot cannot take, and a later slot or an option that is misspelt may. */
  private isForOthers(phrase: Phrase, index: number, { text }: Word): boolean {
    const slot = phrase.slots[index] as Slot;
    const reading = readScalar(slot.argument, text, this.line);
    if (reading.good || reading.code === 'out-of-range') return false;
    const later = phrase.slots.slice(index + 1);
    return (
      later.some((one) => !one.optional || fits(one.argument, text)) ||
      nearestKeyword(text, phrase.options) !== null
    );
  }

  /** False: the word fits no slot that is left. */
  private readLoose(phrase: Phrase, word: Word, owner: Owner, saying: Saying): boolean {
    const left = phrase.slots.filter(({ name }) => !saying.stood.has(name));
    const isOption = nearestKeyword(word.text, phrase.options) !== null;
    const slot =
      left.find(({ argument }) => fits(argument, word.text)) ??
      (isOption ? undefined : left.at(-1));
    if (slot === undefined) return false;
    this.at += 1;
    this.fill(phrase, slot, word, owner, saying);
    return true;
  }

  private fill(phrase: Phrase, slot: Slot, word: Word, owner: Owner, saying: Saying): void {
    saying.stood.add(slot.name);
    const slotOwner = { name: `${slot.name} of ${owner.name}`, help: owner.help };
    const good = this.readWord(slot.argument, word, slotOwner, slot.note);
    if (!good) {
      // Without it, the words behind it would be taken for it.
      saying.isBad ||= slot !== phrase.slots.at(-1) || phrase.indivisible === true;
      return;
    }
    saying.good.add(slot.name);
    saying.words.push(word);
    const earlier = saying.slots.get(slot.name);
    if (earlier === undefined) saying.slots.set(slot.name, [word]);
    else earlier.push(word);
  }

  private readOption(option: Keyword, word: Word, phrase: Phrase, saying: Saying): void {
    this.at += 1;
    tellStanding(option, { keyword: word }, this.reports);
    const outer = this.reports;
    if (option.effect === 'none') this.reports = outer.without('no-effect');
    const value = this.readValue(option, word);
    this.reports = outer;
    const name = nameOfMeaning(option);
    const isAgain = saying.stood.has(name);
    saying.stood.add(name);
    if (isAgain) tellRepeated(option, word.span, this.reports);
    if (value === null && phrase.indivisible) saying.isBad = true;
    if (value === null || (isAgain && option.repeats === 'first')) return;
    saying.words.push(word, ...value.words);
    saying.good.add(name);
    if (option.effect === 'none') return;
    saying.options.set(name, value);
    if (option.repeats === 'list') {
      saying.repeated.set(name, [...(saying.repeated.get(name) ?? []), value]);
    }
  }

  private readValue(option: Keyword, word: Word): Said | null {
    const { argument } = option;
    if (argument.is === 'flag') return NOTHING;
    if (argument.is === 'phrase') return this.readFrom(PHRASES[argument.of], option, word.span);
    const next = this.words[this.at];
    if (next === undefined) {
      this.tell({
        code: 'missing-argument',
        span: word.span,
        message: `"${option.name}" needs a value`,
        hint: `${option.name}: ${option.help}`,
      });
      return null;
    }
    this.at += 1;
    const good = isScalar(argument) && this.readWord(argument, next, option);
    return good ? { ...NOTHING, words: [next] } : null;
  }

  private readWord(scalar: Scalar, word: Word, owner: Owner, note?: string): boolean {
    const reading = readScalar(scalar, word.text, owner);
    if (!reading.good) {
      const hint = note === undefined ? reading.hint : `${reading.hint}; ${note}`;
      this.tell({ ...reading, hint, span: word.span });
    } else if (reading.adjusted !== undefined) {
      this.reports.add({ code: 'adjusted', span: word.span, message: reading.adjusted });
    }
    return reading.good;
  }

  private checkWhole(phrase: Phrase, owner: Owner, span: Word['span'], saying: Saying): void {
    const { needs, alternatives = [], neverBoth = [] } = phrase;
    const needed = needs?.map((name) => meaningOf(phrase, name));
    if (needed !== undefined && !needed.some((name) => saying.good.has(name))) {
      saying.isBad = true;
      if (!needed.some((name) => saying.stood.has(name))) this.missNeeds(phrase, owner, span);
    }
    const both = [alternatives, ...neverBoth]
      .map((names) => names.filter((name) => saying.stood.has(name)))
      .find((names) => names.length > 1);
    if (both === undefined) return;
    saying.isBad ||= phrase.indivisible === true;
    this.tell({
      code: 'contradiction',
      span,
      message: `"${owner.name}" is either ${both.join(' or ')}, and not both`,
      hint: 'remove one of them',
    });
  }

  private missNeeds(phrase: Phrase, owner: Owner, span: Word['span']): void {
    const names = phrase.needs ?? [];
    const one = names.length > 1 ? 'one of ' : '';
    this.unmet.push({
      code: 'missing-argument',
      span,
      message: `"${owner.name}" needs ${one}${names.slice(0, NAMED_MAX).join(', ')}`,
      hint: hintOf(phrase, owner),
    });
  }

  /** A word that nothing in the phrase takes. */
  private tellRest(phrase: Phrase, { text, span }: Word): void {
    if (this.hasTold) return;
    const { name, relation } = this.line;
    const inner = this.innermost ?? phrase;
    const known = new Map([...phrase.options, ...inner.options]);
    const stranger = this.name === null ? null : strangerIn(this.name, text);
    if (stranger !== null) {
      this.tell({ ...stranger, span });
      return;
    }
    if (known.size === 0) {
      this.tell({
        code: 'extra-argument',
        span,
        message: `"${name}" takes ${takes(phrase)}: the rest is ignored`,
      });
      return;
    }
    this.tell({ span, ...unknownOption(text, `${relation} ${name}`, known, phrase, this.line) });
  }

  private tell(report: Report): void {
    this.hasTold = true;
    this.reports.add(report);
  }
}

const NOTHING: Said = {
  words: [],
  slots: new Map(),
  options: new Map(),
  repeated: new Map(),
};

/** Files have them by the thousand: what says nothing takes no room. */
function saidIn({ words, slots, options, repeated }: Saying): Said {
  return {
    words: words.slice(),
    slots: slots.size === 0 ? NOTHING.slots : slots,
    options: options.size === 0 ? NOTHING.options : options,
    repeated: repeated.size === 0 ? NOTHING.repeated : repeated,
  };
}

const NAMED_MAX = 6;
const NUMBERS = ['no words here', 'no more than one word', 'no more than two words'];

function takes({ slots }: Phrase): string {
  return NUMBERS[slots.length] ?? `no more than ${slots.length} words`;
}

/** The present name of an option; a slot has but one. */
function meaningOf({ options }: Phrase, name: string): string {
  const option = options.get(name);
  return option === undefined ? name : nameOfMeaning(option);
}

function isScalar(argument: Keyword['argument']): argument is Scalar {
  return !['flag', 'boolean', 'script', 'phrase', 'entries', 'block'].includes(argument.is);
}

function optionOf({ options, anyCase }: Phrase, text: string): Keyword | null {
  return options.get(text) ?? (anyCase ? inAnyCase(options, text) : null);
}

function inAnyCase(options: KeywordTable, text: string): Keyword | null {
  const upper = text.toUpperCase();
  for (const option of options.values()) if (option.name.toUpperCase() === upper) return option;
  return null;
}

interface Unknown {
  readonly code: DiagnosticCode;
  readonly message: string;
  readonly hint: string;
  readonly suggestion?: string;
}

function unknownOption(
  text: string,
  place: string,
  known: KeywordTable,
  phrase: Phrase,
  line: Line,
): Unknown {
  const sameWord = inAnyCase(known, text);
  if (sameWord !== null) {
    const suggestion = sameWord.name;
    const message = `"${text}" is written "${suggestion}"`;
    return { code: 'bad-value', message, hint: 'capitals and small letters differ', suggestion };
  }
  const code = 'unknown-option';
  const message = `there is no "${text}" ${place}`;
  const nearest = nearestKeyword(text, known);
  if (nearest !== null) {
    return { code, message, hint: `did you mean "${nearest}"?`, suggestion: nearest };
  }
  const [first] = phrase.slots;
  const isNext =
    line.relation === 'in' && first?.argument.is !== 'word' && first && fits(first.argument, text);
  const hint = hintOf(phrase, line);
  const masked = isNext ? prefixLengthOf(text) : null;
  if (masked !== null && text.startsWith('255.')) {
    return { code, message, hint: `write the mask as a length behind the address: /${masked}` };
  }
  return { code, message, hint: isNext ? `each stands on a line of its own: ${hint}` : hint };
}

function hintOf(phrase: Phrase, { name }: Owner): string {
  return `${name}: ${formOf(phrase)}`;
}

const OPTIONS_SHOWN_MAX = 4;

/** `[VALUE] [overwrite]`: what stands behind a keyword, as a manual page writes it. */
export function formOf(phrase: Phrase): string {
  if (phrase.form !== undefined) return phrase.form;
  const slots = phrase.slots.map(({ name, optional, many }) => {
    const text = `${name}${many ? ' …' : ''}`;
    return optional ? `[${text}]` : text;
  });
  const names = [...phrase.options.values()].filter(({ sameAs }) => sameAs === null);
  if (names.length === 0) return slots.join(' ');
  const isChoice = phrase.alternatives?.length === names.length && phrase.slots.length === 0;
  const options = names.slice(0, OPTIONS_SHOWN_MAX).map((option) => {
    const text = [option.name, symbolOfOption(option)].filter((part) => part !== '').join(' ');
    return isChoice ? text : `[${text}]`;
  });
  const more = names.length > OPTIONS_SHOWN_MAX ? ['…'] : [];
  return [...slots, [...options, ...more].join(isChoice ? '|' : ' ')].join(' ');
}

/** Within another form: of more than two options none is shown. */
function shortFormOf(phrase: Phrase): string {
  if (phrase.options.size <= 2) return formOf(phrase);
  return [formOf({ slots: phrase.slots, options: new Map() }), '…'].join(' ').trim();
}

function symbolOfOption({ argument }: Keyword): string {
  if (argument.is === 'flag') return '';
  if (argument.is === 'phrase') return shortFormOf(PHRASES[argument.of]);
  return isScalar(argument) ? symbolOf(argument) : '';
}
