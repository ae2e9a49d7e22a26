/** Where a value that is in force comes from: `lvsctl config show --origin` tells it. */
import type { BlockName } from '../keywords/keyword.ts';
import type { Span } from '../text/source.ts';

export type Origin =
  | { readonly from: 'file'; readonly span: Span }
  /** It stands at another keyword, in an outer block or in this one. */
  | {
      readonly from: 'elsewhere';
      readonly block: BlockName;
      readonly keyword: string;
      /** The keyword that has its value from there. */
      readonly asked: string;
      readonly span: Span;
    }
  | { readonly from: 'default' };
