/** Places that an example or a form leaves for the reader to fill in, and that the reader has left. */
import type { Span } from '../text/source.ts';
import type { Report } from './diagnostic.ts';

const FORMS: readonly RegExp[] = [
  /^[xX]{1,3}([.:][xX]{1,4}){2,7}(\/\d+)?$/,
  /^\d{1,3}(\.(\d{1,3}|[xX]{1,3})){0,2}\.[xX]{1,3}(\.[xX]{1,3})*(\/\d+)?$/,
  /^\*{2,}$/,
  /^[xX]{3,}$/,
  /^<[^<>]*>?$/,
  /^\[\.{2,}\]$/,
  /^(\.{3}|…)$/,
];

/** `xxx.xxx.xxx.xxx`, `10.0.0.x`, `**`, `<address>`, `[...]`. */
export function isFillIn(text: string): boolean {
  return FORMS.some((form) => form.test(text));
}

export function fillIn(span: Span): Report {
  return {
    code: 'fill-in',
    span,
    message: 'a fill-in was left here',
    hint: 'write the value of this machine in its place',
  };
}
