/**
 * What holds where a keyword is absent: another setting that is asked first, then a value that could be
 * written down. The only place that derives both from the tables.
 */
import { parseAddress } from '../../base/address.ts';
import type { BlockName, Keyword } from './keyword.ts';
import { LANGUAGE } from './table.ts';

/** Where a value is looked for that does not stand in its own block. */
export interface Source {
  readonly block: BlockName;
  readonly keyword: string;
}

const from = (block: BlockName, keyword: string): Source => ({ block, keyword });

const PACING = ['alpha', 'connect_timeout', 'delay_loop', 'delay_before_retry', 'retry'] as const;

/** Keywords of an instance and the global ones that are asked when they are absent. */
const OF_INSTANCE: Readonly<Record<string, readonly Source[]>> = {
  interface: [from('global_defs', 'default_interface')],
  version: [from('global_defs', 'vrrp_version')],
  down_timer_adverts: [from('global_defs', 'vrrp_down_timer_adverts')],
  lower_prio_no_advert: [from('global_defs', 'vrrp_lower_prio_no_advert')],
  higher_prio_send_advert: [from('global_defs', 'vrrp_higher_prio_send_advert')],
  garp_master_delay: [from('global_defs', 'vrrp_garp_master_delay')],
  garp_master_repeat: [from('global_defs', 'vrrp_garp_master_repeat')],
  garp_master_refresh: [from('global_defs', 'vrrp_garp_master_refresh')],
  garp_master_refresh_repeat: [from('global_defs', 'vrrp_garp_master_refresh_repeat')],
  garp_lower_prio_delay: [
    from('global_defs', 'vrrp_garp_lower_prio_delay'),
    from('vrrp_instance', 'garp_master_delay'),
    from('global_defs', 'vrrp_garp_master_delay'),
  ],
  garp_lower_prio_repeat: [
    from('global_defs', 'vrrp_garp_lower_prio_repeat'),
    from('vrrp_instance', 'garp_master_repeat'),
    from('global_defs', 'vrrp_garp_master_repeat'),
  ],
};

const OF_REAL_SERVER: Readonly<Record<string, readonly Source[]>> = Object.fromEntries(
  [...PACING, 'warmup', 'virtualhost', 'weight', 'lvs_method', 'inhibit_on_failure'].map(
    (keyword) => [keyword, [from('virtual_server', keyword)]],
  ),
);

function ofChecker(block: BlockName): Readonly<Record<string, readonly Source[]>> {
  const outer = (keyword: string): Source[] => [
    from('real_server', keyword),
    from('virtual_server', keyword),
  ];
  return {
    ...Object.fromEntries(PACING.map((keyword) => [keyword, outer(keyword)])),
    warmup: [...outer('warmup'), from(block, 'delay_loop'), ...outer('delay_loop')],
    virtualhost: outer('virtualhost'),
    log_all_failures: [from('global_defs', 'checker_log_all_failures')],
  };
}

function sourcesOfBlock(block: BlockName): Readonly<Record<string, readonly Source[]>> {
  switch (block) {
    case 'vrrp_instance':
      return OF_INSTANCE;
    case 'vrrp_script':
      return {
        user: [from('global_defs', 'script_user')],
        timeout: [from('vrrp_script', 'interval')],
      };
    case 'virtual_server':
      return { sorry_server_lvs_method: [from('virtual_server', 'lvs_method')] };
    case 'real_server':
      return OF_REAL_SERVER;
    default:
      return LANGUAGE[block].has('connect_timeout') ? ofChecker(block) : {};
  }
}

const BLOCKS = Object.keys(LANGUAGE) as BlockName[];
const SOURCES = new Map(BLOCKS.map((block) => [block, sourcesOfBlock(block)]));

/** Asked in this order; a keyword that is absent there too is passed over. */
export function sourcesOf(block: BlockName, keyword: string): readonly Source[] {
  return SOURCES.get(block)?.[keyword] ?? [];
}

/** Keywords that other blocks ask: what they say acts there. */
const HANDED_DOWN: ReadonlySet<string> = new Set(
  [...SOURCES].flatMap(([block, sources]) =>
    Object.values(sources)
      .flat()
      .filter((source) => source.block !== block)
      .map((source) => `${source.block} ${source.keyword}`),
  ),
);

export function isHandedDown(block: BlockName, keyword: string): boolean {
  return HANDED_DOWN.has(`${block} ${keyword}`);
}

/** Defaults that the tables tell in prose only. */
const SPOKEN: Readonly<Record<string, string>> = {
  'virtual_server protocol': 'UDP',
  'real_server uthreshold': '0',
  'vrrp_script timeout': '1',
  'vrrp_instance interface': 'eth0',
  'vrrp_instance garp_lower_prio_delay': '5',
  'vrrp_instance garp_lower_prio_repeat': '5',
  'vrrp_instance version': '2',
};

/**
 * Of what these do when they are absent no value says the same: a nice value is left as it is, and
 * keepalived takes no delay of 0.
 */
const UNSPOKEN: ReadonlySet<string> = new Set([
  'vrrp_priority',
  'checker_priority',
  'vrrp_startup_delay',
]);

const HTTP_RETRY_DELAY = '3';
const RETRY_DELAY = '1';
const WARMUP = '60';

/** What could be written instead of leaving the keyword out, or null when nothing can. */
export function literalDefault(block: BlockName, keyword: Keyword): string | null {
  const { name } = keyword;
  const spoken = SPOKEN[`${block} ${name}`];
  if (spoken !== undefined) return spoken;
  if (name === 'delay_before_retry') {
    return block === 'HTTP_GET' || block === 'SSL_GET' ? HTTP_RETRY_DELAY : RETRY_DELAY;
  }
  if (name === 'warmup') return WARMUP;
  if (UNSPOKEN.has(name)) return null;
  return fits(keyword) ? keyword.default : null;
}

/** Whether the default is a value of the keyword, and no explanation. */
function fits({ argument, default: text }: Keyword): boolean {
  switch (argument.is) {
    case 'integer':
    case 'seconds':
    case 'milliseconds':
      return /^-?\d+(\.\d+)?$/.test(text);
    case 'boolean':
      return text === 'on' || text === 'off';
    case 'choice':
      return argument.of.includes(text);
    case 'address':
      return parseAddress(text) !== null;
    case 'word':
    case 'words':
      return text !== '-' && /^\S+$/.test(text) && !namesKeyword(text);
    default:
      return false;
  }
}

function namesKeyword(text: string): boolean {
  return Object.values(LANGUAGE).some((table) => table.has(text));
}
