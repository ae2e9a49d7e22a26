/** Keywords of `global_defs`: a file for each subject. */
import { DIRECTOR } from './global/director.ts';
import { IPVS } from './global/ipvs.ts';
import { NOTIFY } from './global/notify.ts';
import { OF_KEEPALIVED } from './global/of-keepalived.ts';
import { PROCESSES } from './global/processes.ts';
import { SCRIPTS } from './global/scripts.ts';
import { VRRP } from './global/vrrp-defaults.ts';
import { type KeywordTable, tableOf } from './keyword.ts';

export const GLOBAL_DEFS: KeywordTable = tableOf(
  ...DIRECTOR,
  ...VRRP,
  ...IPVS,
  ...NOTIFY,
  ...SCRIPTS,
  ...PROCESSES,
  ...OF_KEEPALIVED,
);
