/**
 * One word × what it may be → its value, or what is wrong with it. Pure; who reports it knows where the
 * word stands and what it belongs to.
 */

import { addressBits, familyOf, parseAddress, prefixLengthOf } from '../../base/address.ts';
import type { DiagnosticCode } from '../diagnostics/codes.ts';
import { FORMS } from '../keywords/forms.ts';
import type {
  AddressScalar,
  DecimalScalar,
  IntegerScalar,
  Range,
  Scalar,
  Unit,
  WordScalar,
} from '../keywords/keyword.ts';
import { numberOfC } from './c-number.ts';

/** What the value belongs to: a keyword, an option, a slot. */
export interface Owner {
  readonly name: string;
  readonly help: string;
}

export type Reading =
  /** `adjusted`: the value is not quite what was asked for, and why. */
  | { readonly good: true; readonly value: number | string; readonly adjusted?: string }
  | {
      readonly good: false;
      readonly code: DiagnosticCode;
      readonly message: string;
      readonly hint: string;
      readonly suggestion?: string;
    };

export function readScalar(scalar: Scalar, text: string, owner: Owner): Reading {
  switch (scalar.is) {
    case 'integer':
      return readInteger(scalar, text, owner);
    case 'seconds':
      return readDecimal(scalar, text, owner, 6);
    case 'milliseconds':
      return readDecimal(scalar, text, owner, 3);
    case 'word':
      return readName(scalar, text, owner);
    case 'choice':
      return readChoice(scalar, text, owner);
    case 'address':
      return readAddress(scalar, text, owner);
    case 'form': {
      const { accepts, what, hint, refuse } = FORMS[scalar.form];
      if (accepts(text)) return { good: true, value: text };
      return refuse === undefined
        ? bad(`"${text}" is no ${what}`, hint)
        : { good: false, ...refuse(text) };
    }
    case 'either':
      return readEither(scalar.of, text, owner);
  }
}

export function fits(scalar: Scalar, text: string): boolean {
  return readScalar(scalar, text, { name: '', help: '' }).good;
}

function bad(message: string, hint: string, suggestion?: string): Reading {
  const reading = { good: false, code: 'bad-value', message, hint } as const;
  return suggestion === undefined ? reading : { ...reading, suggestion };
}

const SIGNS: Readonly<Record<Unit, string>> = {
  seconds: ' s',
  milliseconds: ' ms',
  microseconds: ' µs',
  octets: ' octets',
  hops: ' hops',
};

/** The unit behind a number, with its blank; none: nothing. */
export function signOf(scalar: Scalar): string {
  if (scalar.is === 'seconds' || scalar.is === 'milliseconds') return SIGNS[scalar.is];
  return scalar.is === 'integer' && scalar.unit !== undefined ? SIGNS[scalar.unit] : '';
}

/** `from 0.01 s to 255 s`, but `from 0 to 255 hops`. */
function rangeText({ min, max }: Range, sign: string): string {
  const first = sign.length > ' ms'.length ? '' : sign;
  return `from ${min}${first} to ${max}${sign}`;
}

const DECIMAL = /^[+-]?\d+$/;
const ANY_BASE = /^\+?(0[xX][0-9a-fA-F]+|0[0-7]*|[1-9]\d*)$/;
const TABLE_NAME = /^[A-Za-z_][\w.-]*$/;

function readInteger(scalar: IntegerScalar, text: string, { name }: Owner): Reading {
  const sign = signOf(scalar);
  if (scalar.named && TABLE_NAME.test(text)) return { good: true, value: text };
  const isNumber = (scalar.anyBase && ANY_BASE.test(text)) || DECIMAL.test(text);
  const hint = `${name} is ${rangeText(scalar, sign)}${scalar.named ? ', or a name' : ''}`;
  if (!isNumber) return bad(`"${text}" is no ${scalar.anyBase ? '' : 'decimal '}number`, hint);
  return within(scalar.anyBase ? numberOfC(text) : Number(text), text, scalar, hint);
}

function within(
  number: number,
  text: string,
  scalar: IntegerScalar | DecimalScalar,
  hint: string,
): Reading {
  const { min, max, tolerated } = scalar;
  const sign = signOf(scalar);
  if (number >= min && number <= max) return { good: true, value: number };
  if (tolerated !== undefined && number >= tolerated.min && number <= tolerated.max) {
    const value = Math.min(max, Math.max(min, number));
    return { good: true, value, adjusted: `${text}${sign} is taken as ${value}${sign}` };
  }
  return outOfRange(text, sign, hint);
}

function outOfRange(text: string, sign: string, hint: string): Reading {
  return { good: false, code: 'out-of-range', message: `${text}${sign} is out of range`, hint };
}

function readDecimal(
  scalar: DecimalScalar,
  text: string,
  { name }: Owner,
  decimalsMax: number,
): Reading {
  const sign = SIGNS[scalar.is];
  const hint = `${name} is ${rangeText(scalar, sign)}`;
  if (!/^[+-]?(\d+(\.\d*)?|\.\d+)$/.test(text)) {
    const unit = /^\d+(\.\d+)?[a-z]+$/i.test(text) ? '; units are never written' : '';
    return bad(`"${text}" is no number of ${scalar.is}`, hint + unit);
  }
  const number = Number(text);
  const reading = within(number, text, scalar, hint);
  const [, decimals = ''] = text.split('.');
  if (!reading.good || decimals.length <= decimalsMax) return reading;
  const value = Number(number.toFixed(decimalsMax));
  return {
    good: true,
    value,
    adjusted: `${decimalsMax} decimals count: ${text}${sign} is taken as ${value}${sign}`,
  };
}

function readName({ octetsMax, isCut }: WordScalar, text: string, { name }: Owner): Reading {
  const octets = Buffer.from(text);
  if (octetsMax === undefined || octets.length <= octetsMax) return { good: true, value: text };
  const value = octets.subarray(0, octetsMax).toString();
  if (isCut) return { good: true, value, adjusted: `"${text}" is cut to "${value}"` };
  return bad(
    `"${text}" is too long: ${octets.length} characters`,
    `${name} has at most ${octetsMax} characters`,
  );
}

function readChoice(
  { of, anyCase }: { readonly of: readonly string[]; readonly anyCase?: boolean },
  text: string,
  { name }: Owner,
): Reading {
  const upper = text.toUpperCase();
  const value = of.find((one) => one === text || (anyCase && one.toUpperCase() === upper));
  if (value !== undefined) return { good: true, value };
  const meant = of.find((one) => one.toUpperCase() === upper);
  return bad(`"${name}" cannot be "${text}"`, `one of ${of.join(', ')}`, meant);
}

function readAddress(scalar: AddressScalar, text: string, owner: Owner): Reading {
  const [start = '', length, ...more] = scalar.prefix ? text.split('/') : [text];
  const address = parseAddress(start);
  const family = address === null ? null : familyOf(address);
  const isOfFamily = scalar.family === undefined || scalar.family === family;
  if (address === null || family === null || more.length > 0 || !isOfFamily) {
    return bad(`"${text}" is no ${addressKind(scalar)}`, addressHint(scalar, owner));
  }
  if (scalar.multicast && !/^(22[4-9]|23\d)\.|^ff/.test(address)) {
    return bad(`${address} is no multicast address`, `${owner.name}: ${owner.help}`);
  }
  if (length === undefined) return { good: true, value: address };
  if (!/^\d{1,3}$/.test(length) || Number(length) > addressBits(family)) {
    return bad(`"${text}" has no prefix length that it could have`, lengthHint(address, length));
  }
  return { good: true, value: `${address}/${Number(length)}` };
}

/** `length`: what stands behind the /, and is no length. */
function lengthHint(address: string, length: string): string {
  const family = familyOf(address);
  const masked = family === 'ipv4' ? prefixLengthOf(length) : null;
  if (masked !== null) return `write the mask as a length: ${address}/${masked}`;
  if (length.endsWith(',')) return 'no comma stands between addresses: each has a line of its own';
  return `a length from 0 to ${addressBits(family)} stands behind the /`;
}

function addressKind({ family, prefix }: AddressScalar): string {
  if (family !== undefined) return family === 'ipv4' ? 'IPv4 address' : 'IPv6 address';
  return prefix ? 'address' : 'IP address';
}

function addressHint({ prefix }: AddressScalar, { name, help }: Owner): string {
  return prefix ? 'ADDRESS[/PREFIX LENGTH], for example 192.0.2.10/24' : `${name}: ${help}`;
}

/** The first that fits; of those that do not, what is told is the nearest miss. */
function readEither(of: readonly Scalar[], text: string, owner: Owner): Reading {
  const readings = of.map((one) => readScalar(one, text, owner));
  const good = readings.find((reading) => reading.good);
  if (good !== undefined) return good;
  const miss = readings.find((reading) => !reading.good && reading.code === 'out-of-range');
  if (miss !== undefined) return miss;
  const suggestion = readings.flatMap((one) => (one.good ? [] : (one.suggestion ?? [])))[0];
  return bad(
    `"${owner.name}" cannot be "${text}"`,
    of.map((one) => describeScalar(one)).join(', or '),
    suggestion,
  );
}

/** In words: `a number from 1 to 255`. */
export function describeScalar(scalar: Scalar): string {
  switch (scalar.is) {
    case 'integer': {
      const named = scalar.named ? ', or a name' : '';
      return `a number ${rangeText(scalar, signOf(scalar))}${named}`;
    }
    case 'seconds':
    case 'milliseconds':
      return `a number ${rangeText(scalar, signOf(scalar))}, decimals allowed`;
    case 'word':
      return scalar.octetsMax === undefined
        ? 'a word'
        : `a word of up to ${scalar.octetsMax} characters`;
    case 'choice':
      return scalar.of.join(', ');
    case 'address':
      return scalar.prefix
        ? `an ${addressKind({ ...scalar, prefix: false })}, perhaps with /LENGTH`
        : `an ${addressKind(scalar)}${scalar.multicast ? ' of a multicast group' : ''}`;
    case 'form':
      return FORMS[scalar.form].hint;
    case 'either':
      return scalar.of.map((one) => describeScalar(one)).join(', or ');
  }
}

/** As a form shows it: `PATH`, `A|B`, `NUMBER`. */
export function symbolOf(scalar: Scalar): string {
  switch (scalar.is) {
    case 'integer':
      return scalar.unit === undefined ? 'NUMBER' : scalar.unit.toUpperCase();
    case 'seconds':
    case 'milliseconds':
      return scalar.is.toUpperCase();
    case 'word':
      return scalar.called ?? 'WORD';
    case 'choice':
      return scalar.of.join('|');
    case 'address':
      return scalar.prefix ? 'ADDRESS[/LENGTH]' : 'ADDRESS';
    case 'form':
      return FORMS[scalar.form].called;
    case 'either':
      return scalar.of.map((one) => symbolOf(one)).join('|');
  }
}
