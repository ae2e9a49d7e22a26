/**
 * The few expressions of nf_tables that rules of ours are made of (nf_tables.h, NFTA_PAYLOAD_*, NFTA_LOOKUP_*
 * and so on): load something of the packet, look it up or compare it, end with a verdict. All of them work
 * on one register.
 */
import type { AttributeWriter } from '../nlattr.ts';

const NAME = 1;
const DATA = 2;
const NESTED = 0x8000;

/** NFT_REG_VERDICT and NFT_REG_1, of 16 octets. */
const VERDICT_REGISTER = 0;
const REGISTER = 1;

/** NFT_PAYLOAD_NETWORK_HEADER, _TRANSPORT_HEADER. */
const HEADER = { network: 1, transport: 2 } as const;
/** NFT_META_*. */
const META = { family: 15, protocol: 16 } as const;
/** NF_DROP, NF_ACCEPT. */
const VERDICT = { drop: 0, accept: 1 } as const;
/** NFT_LOOKUP_F_INV. */
const INVERTED = 1;
const COMPARE_EQUAL = 0;

export type Expression =
  /** Octets of a header. */
  | {
      readonly load: keyof typeof HEADER;
      readonly offset: number;
      readonly octets: number;
    }
  /** NFPROTO_* of the packet, or its transport protocol: an octet. */
  | { readonly meta: keyof typeof META }
  /** Goes on if the octet loaded is this. */
  | { readonly equals: number }
  /** Goes on if what is loaded is in the set, or is not. */
  | { readonly lookup: { readonly name: string; readonly id: number }; readonly absent: boolean }
  | { readonly verdict: keyof typeof VERDICT };

export function writeExpression(to: AttributeWriter, expression: Expression): void {
  if ('load' in expression) {
    const { load, offset, octets } = expression;
    named(to, 'payload', () => {
      to.u32Be(1, REGISTER).u32Be(2, HEADER[load]).u32Be(3, offset).u32Be(4, octets);
    });
  } else if ('meta' in expression) {
    named(to, 'meta', () => to.u32Be(2, META[expression.meta]).u32Be(1, REGISTER));
  } else if ('equals' in expression) {
    named(to, 'cmp', () => {
      to.u32Be(1, REGISTER).u32Be(2, COMPARE_EQUAL);
      const data = to.open(3 | NESTED);
      to.bytes(1, Uint8Array.of(expression.equals)).close(data);
    });
  } else if ('lookup' in expression) {
    const { name, id } = expression.lookup;
    named(to, 'lookup', () => {
      to.u32Be(2, REGISTER).text(1, name).u32Be(4, id);
      if (expression.absent) to.u32Be(5, INVERTED);
    });
  } else {
    named(to, 'immediate', () => {
      to.u32Be(1, VERDICT_REGISTER);
      const data = to.open(2 | NESTED);
      const verdict = to.open(2 | NESTED);
      to.u32Be(1, VERDICT[expression.verdict]).close(verdict).close(data);
    });
  }
}

function named(to: AttributeWriter, name: string, write: () => void): void {
  to.text(NAME, name);
  const data = to.open(DATA | NESTED);
  write();
  to.close(data);
}
