/**
 * Names and the patterns of `include`: `*`, `?`, `[a-z]`, `[!a-z]`. Time grows with the
 * length of the name times that of the pattern, and never faster: a pattern may have a thousand stars.
 */

/** What one place of a pattern takes; null is a star. */
type Part = ((character: string) => boolean) | null;

/** A test for one part of a path, as glob(7) has it. A name that begins with a dot has to be asked for. */
export function nameMatcher(pattern: string): (name: string) => boolean {
  const isLike = globMatcher(pattern);
  return (name) => (!name.startsWith('.') || pattern.startsWith('.')) && isLike(name);
}

/** A test for names, without `/` in them. */
function globMatcher(pattern: string): (name: string) => boolean {
  const parts = partsOf(pattern);
  return (name) => matches(parts, name);
}

function partsOf(pattern: string): readonly Part[] {
  const parts: Part[] = [];
  const set = /\[([!^]?)(\]?[^\]]*)\]/y;
  for (let at = 0; at < pattern.length; at += 1) {
    const character = pattern[at] as string;
    if (character === '*') {
      if (parts.length === 0 || parts.at(-1) !== null) parts.push(null);
    } else if (character === '?') {
      parts.push(() => true);
    } else {
      set.lastIndex = at;
      // Without its end a bracket stands for itself, and no later one has an end either.
      const found = character === '[' && pattern.includes(']', at + 1) ? set.exec(pattern) : null;
      parts.push(found === null ? (one) => one === character : memberOf(found));
      if (found !== null) at += found[0].length - 1;
    }
  }
  return parts;
}

function memberOf([, not, members = '']: RegExpExecArray): (character: string) => boolean {
  const ranges = [...members.matchAll(/([\s\S])-([\s\S])|([\s\S])/g)].map(
    ([, first, last, only]) => [first ?? only, last ?? only] as readonly [string, string],
  );
  return (one) => ranges.some(([first, last]) => first <= one && one <= last) === (not === '');
}

/** Goes back to the last star only: what was matched before it needs no other try. */
function matches(parts: readonly Part[], name: string): boolean {
  let part = 0;
  let star = -1;
  let taken = 0;
  for (let at = 0; at < name.length; ) {
    const takes = parts[part];
    if (takes === null) {
      star = part;
      taken = at;
      part += 1;
    } else if (takes?.(name[at] as string)) {
      part += 1;
      at += 1;
    } else if (star >= 0) {
      taken += 1;
      at = taken;
      part = star + 1;
    } else {
      return false;
    }
  }
  while (parts[part] === null) part += 1;
  return part === parts.length;
}
