/** What an explanation is. */

export interface Explanation {
  /** The trap in a few words. */
  readonly title: string;
  /** Two to five sentences, without line breaks. */
  readonly text: string;
}

export function trap(title: string, text: string): Explanation {
  return { title, text: text.replace(/\s+/g, ' ').trim() };
}
