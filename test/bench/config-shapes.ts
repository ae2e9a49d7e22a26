/**
 * Configurations to measure, in shapes that grow in one direction each. All words are such that neither
 * program has anything to say about them. What they ask of the machine are links: `link0`, `link1` and so on.
 */

export interface Shape {
  /** `N × 10`: what N is the number of. */
  readonly name: string;
  /** Rising. */
  readonly sizes: readonly number[];
  /** Sizes at which keepalived may not be faster. */
  readonly compared: readonly number[];
  textOf(size: number): string;
  /** Lines that the text has once its generators and definitions have been filled in. */
  linesOf(size: number): number;
}

/** Each with 250 instances: a link has 255 numbers for virtual routers. */
export const LINKS = 16;
const INSTANCES_OF_LINK = 250;

/** The least that both programs take for a configuration. */
export const MINIMAL = `global_defs {
    router_id bench
}
`;

/** `10.0.4.1` for the number 1025. */
function address(network: number, number: number): string {
  return `${network}.${(number >> 16) & 255}.${(number >> 8) & 255}.${number & 255}`;
}

function numbers(count: number): readonly number[] {
  return Array.from({ length: count }, (_, number) => number);
}

function realServer(where: string): string {
  return `    real_server ${where} {
        TCP_CHECK {
            connect_timeout 3
        }
    }`;
}

function virtualServer(where: string, realServers: readonly string[]): string {
  return `virtual_server ${where} {
    delay_loop 6
    lvs_sched rr
    lvs_method DR
    protocol TCP
${realServers.join('\n')}
}
`;
}

function servers(virtual: number, real: number): string {
  const blocks = numbers(virtual).map((one) =>
    virtualServer(
      `${address(10, one)} 80`,
      numbers(real).map((other) => realServer(`${address(172, one * real + other)} 80`)),
    ),
  );
  return MINIMAL + blocks.join('');
}

/** One line, and a definition of some more, make all real servers. */
function generated(real: number): string {
  const [outer, inner] = [real / 250, 250];
  const made = `~SEQ(A, 0, 1, ${outer - 1}) ~SEQ(B, 0, 1, ${inner - 1}) $REAL_SERVER`;
  const definition = realServer(`172.16.\${A}.$B 80`).replaceAll('\n', ' \\\n');
  return `${MINIMAL}$REAL_SERVER= \\\n${definition}\n${virtualServer('10.0.0.1 80', [made])}`;
}

/** Each address has a name of its own, and each value one that all share. */
function defined(virtual: number): string {
  const shared = '$PORT=80\n$LOOP=6\n$SCHEDULER=rr\n$METHOD=DR\n$PROTOCOL=TCP\n$TIMEOUT=3\n';
  const blocks = numbers(virtual).map((one) => {
    const others = numbers(10).map((other) => one * 10 + other);
    const names = others.map((other) => `$R${other}=${address(172, other)}\n`);
    const realServers = others.map((other) =>
      realServer(`$R${other} $PORT`).replace('connect_timeout 3', 'connect_timeout $TIMEOUT'),
    );
    const block = virtualServer(`$V${one} $PORT`, realServers)
      .replace('delay_loop 6', 'delay_loop $LOOP')
      .replace('lvs_sched rr', 'lvs_sched $SCHEDULER')
      .replace('lvs_method DR', 'lvs_method $METHOD')
      .replace('protocol TCP', 'protocol $PROTOCOL');
    return `$V${one}=${address(10, one)}\n${names.join('')}${block}`;
  });
  return MINIMAL + shared + blocks.join('');
}

function vrrpInstances(count: number): string {
  const blocks = numbers(count).map(
    (one) => `vrrp_instance VI_${one} {
    state BACKUP
    interface link${Math.floor(one / INSTANCES_OF_LINK)}
    virtual_router_id ${(one % INSTANCES_OF_LINK) + 1}
    priority 100
    advert_int 1
    virtual_ipaddress {
        ${address(10, 2 * one)}/24
        ${address(10, 2 * one + 1)}/24
    }
}
`,
  );
  return MINIMAL + blocks.join('');
}

function linesIn(text: string): number {
  return text.split('\n').length - 1;
}

function shape(
  name: string,
  sizes: readonly number[],
  compared: readonly number[],
  textOf: (size: number) => string,
): Shape {
  return { name, sizes, compared, textOf, linesOf: (size) => linesIn(textOf(size)) };
}

export const SHAPES: readonly Shape[] = [
  shape('N × 10', [1_000, 2_000, 5_000, 10_000], [1_000, 10_000], (size) => servers(size, 10)),
  shape('N × 100', [250, 500, 1_000], [1_000], (size) => servers(size, 100)),
  shape('1 × N', [2_500, 5_000, 10_000], [10_000], (size) => servers(1, size)),
  {
    ...shape('1 × N, generated', [2_500, 5_000, 10_000], [], generated),
    linesOf: (size) => linesIn(servers(1, size)),
  },
  // No more: on 4000 keepalived takes a minute and a half.
  shape('N × 10, defined', [250, 500, 1_000], [], defined),
  shape('N VRRP instances', [1_000, 2_000, LINKS * INSTANCES_OF_LINK], [], vrrpInstances),
];
