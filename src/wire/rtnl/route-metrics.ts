/** What a route tells TCP and the path to it: RTAX_* of include/uapi/linux/rtnetlink.h. */
import { AttributeWriter } from '../nlattr.ts';

/** RTA_METRICS. */
const METRICS = 8;
const LOCK = 1;

/** RTAX_*; `congestionControl` is a name, all others are numbers in the kernel's units. */
const Metric = {
  mtu: 2,
  window: 3,
  rtt: 4,
  rttVariation: 5,
  slowStartThreshold: 6,
  congestionWindow: 7,
  advertisedMss: 8,
  reordering: 9,
  hopLimit: 10,
  initialCongestionWindow: 11,
  features: 12,
  rtoMin: 13,
  initialReceiveWindow: 14,
  quickAck: 15,
  congestionControl: 16,
  fastOpenNoCookie: 17,
} as const;

export interface RouteMetric {
  readonly name: keyof typeof Metric;
  readonly value: number | string;
  /** The kernel does not change it by what it learns. */
  readonly locked: boolean;
}

/** Nothing is written where there is nothing to tell. */
export function writeMetrics(attributes: AttributeWriter, metrics: readonly RouteMetric[]): void {
  if (metrics.length === 0) return;
  const inner = new AttributeWriter();
  for (const { name, value } of metrics) {
    // Without a NUL, as ip(8) has it.
    if (typeof value === 'string') inner.bytes(Metric[name], utf8(value));
    else inner.u32Host(Metric[name], value);
  }
  const locks = metrics.filter(({ locked }) => locked).map(({ name }) => 1 << Metric[name]);
  if (locks.length > 0) {
    inner.u32Host(
      LOCK,
      locks.reduce((sum, bit) => sum | bit, 0),
    );
  }
  attributes.nest(METRICS, inner);
}

function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
