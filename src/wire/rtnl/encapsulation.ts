/** Lightweight tunnels of routes: include/uapi/linux/lwtunnel.h, mpls_iptunnel.h and ila.h. */
import { addressBytes } from '../../base/address.ts';
import { ByteWriter, fromHex } from '../../base/bytes.ts';
import { AttributeWriter } from '../nlattr.ts';

/** LWTUNNEL_ENCAP_*. */
const TYPE = { mpls: 1, ip: 2, ila: 3, ip6: 4 } as const;

/** LWTUNNEL_IP_*; those of IPv6 have the same numbers. */
const Tunnel = { id: 1, destination: 2, source: 3, ttl: 4, tos: 5, flags: 6 } as const;

/** MPLS_IPTUNNEL_DST, and ILA_ATTR_LOCATOR. */
const MPLS_LABELS = 1;
const ILA_LOCATOR = 1;

/** RFC 3032 §2.1: label 20 bits, traffic class 3, bottom of the stack 1, TTL 8. */
const BOTTOM = 0x100;

export type Encapsulation =
  | {
      readonly type: 'ip' | 'ip6';
      readonly id: number | null;
      readonly destination: string | null;
      readonly source: string | null;
      /** Type of service or traffic class. */
      readonly tos: number | null;
      /** Hops. */
      readonly ttl: number | null;
      /** TUNNEL_* of the kernel's ip_tunnels.h, as it counts them: 16 bits. */
      readonly flags: number | null;
    }
  /** The outermost label first. */
  | { readonly type: 'mpls'; readonly labels: readonly number[] }
  /** 16 hexadecimal digits. */
  | { readonly type: 'ila'; readonly locator: string };

/** `as`: the attributes that hold the type and the body. */
export function writeEncapsulation(
  attributes: AttributeWriter,
  encapsulation: Encapsulation,
  as: { readonly type: number; readonly body: number },
): void {
  attributes.u16Host(as.type, TYPE[encapsulation.type]);
  attributes.nest(as.body, bodyOf(encapsulation));
}

function bodyOf(encapsulation: Encapsulation): AttributeWriter {
  const body = new AttributeWriter();
  switch (encapsulation.type) {
    case 'mpls':
      return body.bytes(MPLS_LABELS, labelStack(encapsulation.labels));
    case 'ila':
      return body.bytes(ILA_LOCATOR, fromHex(encapsulation.locator));
    default: {
      const { id, destination, source, tos, ttl, flags } = encapsulation;
      if (id !== null) body.bytes(Tunnel.id, new ByteWriter(8).u32Be(0).u32Be(id).finish());
      if (destination !== null) body.bytes(Tunnel.destination, addressBytes(destination));
      if (source !== null) body.bytes(Tunnel.source, addressBytes(source));
      if (ttl !== null) body.u8(Tunnel.ttl, ttl);
      if (tos !== null) body.u8(Tunnel.tos, tos);
      if (flags !== null) body.u16Be(Tunnel.flags, flags);
      return body;
    }
  }
}

function labelStack(labels: readonly number[]): Uint8Array {
  const stack = new ByteWriter(4 * labels.length);
  for (const [at, label] of labels.entries()) {
    stack.u32Be(label * 0x1000 + (at === labels.length - 1 ? BOTTOM : 0));
  }
  return stack.finish();
}
