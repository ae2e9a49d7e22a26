/** The schedulers that come with the kernel: net/netfilter/ipvs/. A module may bring others. */
export const SCHEDULERS: readonly string[] =
  'rr wrr lc wlc lblc lblcr dh sh mh sed nq fo ovf twos'.split(' ');

/** IP_VS_SCHEDNAME_MAXLEN, less the NUL at its end. */
export const SCHEDULER_OCTETS_MAX = 15;
