/** Classic BPF as the kernel runs it on a packet: what of it the filters of VRRP use. */

/** SKF_NET_OFF: behind it offsets count from the network header. */
const NETWORK_HEADER = 0xfff00000;

/** How many octets of the packet come through. `data` is where the socket's filter begins. */
export function runFilter(
  program: readonly number[],
  { network, data }: { readonly network: Uint8Array; readonly data: Uint8Array },
): number {
  let [accumulator, index] = [0, 0];
  const memory: number[] = [];
  for (let at = 0; at < program.length / 4; at += 1) {
    const [code = 0, ifTrue = 0, ifFalse = 0, k = 0] = program.slice(at * 4, at * 4 + 4);
    switch (code) {
      case 0x30:
      case 0x50: {
        const from = code === 0x50 ? index + k : k;
        const octet = from >= NETWORK_HEADER ? network[from - NETWORK_HEADER] : data[from];
        // A load from behind the end drops the packet.
        if (octet === undefined) return 0;
        accumulator = octet;
        break;
      }
      case 0xb1:
        index = ((data[k] ?? 0) & 0x0f) * 4;
        break;
      case 0x00:
        accumulator = k;
        break;
      case 0x60:
        accumulator = memory[k] ?? 0;
        break;
      case 0x61:
        index = memory[k] ?? 0;
        break;
      case 0x02:
        memory[k] = accumulator;
        break;
      case 0x15:
        at += accumulator === k ? ifTrue : ifFalse;
        break;
      case 0x05:
        at += k;
        break;
      case 0x54:
        accumulator = (accumulator & k) >>> 0;
        break;
      case 0x74:
        accumulator >>>= k;
        break;
      case 0x7c:
        accumulator >>>= index;
        break;
      case 0x06:
        return k;
      default:
        throw new Error(`instruction ${code}`);
    }
  }
  throw new Error('the program has no end');
}
