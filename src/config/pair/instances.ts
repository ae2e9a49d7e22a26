/** What makes the instances of a pair deaf to each other, or lets both of them hold the addresses, or neither. */
import type { Report } from '../diagnostics/diagnostic.ts';
import { OWNER_PRIORITY } from '../rules/priorities.ts';
import { isOn, nameSpan, numberOf, sectionsOf, textOf } from '../rules/written.ts';
import { addresses, peers, transports } from './addresses.ts';
import { comparePaths } from './paths.ts';
import { type Pair, placeOf, placeOfWord, type Side } from './side.ts';
import { compareSigning } from './signing.ts';

type Rule = (pair: Pair) => readonly Report[];

export const INSTANCE_RULES: readonly Rule[] = [
  bothMasters,
  equalPriorities,
  preemptions,
  intervals,
  versions,
  authentications,
  signatures,
  addresses,
  transports,
  peers,
  paths,
  weights,
];

function bothMasters({ here, there }: Pair): readonly Report[] {
  const owners = [here, there].every(({ reach }) => reach.priority === OWNER_PRIORITY);
  const masters = [here, there].every(({ instance }) => textOf(instance, 'state') === 'MASTER');
  if (!owners && !masters) return [];
  return [
    {
      code: 'pair-both-masters',
      span: placeOf(here, owners ? 'priority' : 'state'),
      message: owners
        ? 'both directors have priority 255: each is MASTER at once, and they fight'
        : 'both directors have "state MASTER": each takes the addresses as soon as it starts',
      hint: owners ? '254 or less on both' : 'write "state BACKUP" on one of them, or on both',
    },
  ];
}

function equalPriorities({ here, there }: Pair): readonly Report[] {
  const { priority } = here.reach;
  if (priority !== there.reach.priority || priority === OWNER_PRIORITY) return [];
  return [
    {
      code: 'pair-equal-priority',
      span: placeOf(here, 'priority'),
      message: `both directors have priority ${priority}: the higher address decides`,
      hint: 'the one that should be MASTER gets the higher priority',
    },
  ];
}

/** Who has the lower priority never preempts anyhow: nopreempt counts on the other director. */
function preemptions({ here, there }: Pair): readonly Report[] {
  const [better, lesser] =
    here.reach.priority > there.reach.priority ? [here, there] : [there, here];
  const stays = ({ instance }: Side): boolean => isOn(instance, 'nopreempt') === true;
  if (!stays(lesser) || stays(better) || better.reach.priority === lesser.reach.priority) return [];
  return [
    {
      code: 'pair-preempt',
      span: placeOfWord(lesser, 'nopreempt'),
      message: `nopreempt stands on the director of priority ${lesser.reach.priority} only: the other one, of ${better.reach.priority}, takes the addresses back all the same`,
      hint: 'write nopreempt, and "state BACKUP", in both files',
    },
  ];
}

/** Version 2 counts whole seconds, version 3 hundredths. */
function intervalMs({ instance, version }: Side): number {
  const seconds = numberOf(instance, 'advert_int') ?? 1;
  return version === 2
    ? Math.max(1, Math.round(seconds)) * 1000
    : Math.max(1, Math.round(seconds * 100)) * 10;
}

function intervals({ here, there }: Pair): readonly Report[] {
  const [own, other] = [intervalMs(here), intervalMs(there)];
  if (here.version !== there.version || own === other) return [];
  return [
    {
      code: 'pair-advert-interval',
      span: placeOf(here, 'advert_int'),
      message: `advert_int is ${own / 1000} s here and ${other / 1000} s in the other file`,
      hint:
        here.version === 2
          ? 'version 2 drops what comes at another interval: both would be MASTER'
          : 'a backup follows the interval of the master: takeover takes longer one way',
    },
  ];
}

function versions({ here, there }: Pair): readonly Report[] {
  if (here.version === there.version) return [];
  return [
    {
      code: 'pair-version',
      span: placeOf(here, 'version'),
      message: `this director speaks version ${here.version} of VRRP, the other version ${there.version}`,
      hint: 'write the same "version", or vrrp_version in global_defs, in both files',
    },
  ];
}

const PASSWORD_OCTETS = 8;

/** Type and password; nothing where version 3 has no authentication. */
function authenticationOf({ instance, version }: Side): {
  readonly type: string;
  readonly password: string;
} {
  const [block] = version === 3 ? [] : sectionsOf(instance, 'authentication');
  const type = block === undefined ? null : textOf(block, 'auth_type');
  const password = (block === undefined ? null : textOf(block, 'auth_pass')) ?? '';
  const counted = Buffer.from(password).subarray(0, PASSWORD_OCTETS).toString();
  return { type: type ?? 'none', password: counted };
}

function authentications({ here, there }: Pair): readonly Report[] {
  const [own, other] = [authenticationOf(here), authenticationOf(there)];
  if (here.version !== there.version) return [];
  if (own.type === other.type && own.password === other.password) return [];
  const [block] = sectionsOf(here.instance, 'authentication');
  const what =
    own.type === other.type
      ? 'the passwords of the two files differ'
      : `authentication is ${own.type} here and ${other.type} in the other file`;
  return [
    {
      code: 'pair-authentication',
      span: block?.span ?? nameSpan(here.instance),
      message: `${what}: each drops what the other says`,
      hint: 'the same auth_type and auth_pass in both files; 8 characters count',
    },
  ];
}

function signatures({ here, there }: Pair): readonly Report[] {
  return compareSigning(here.instance, there.instance);
}

function paths({ here, there }: Pair): readonly Report[] {
  return comparePaths(here.instance, there.instance);
}

/** With everything down that it tracks the better one must fall below the other, which is whole. */
function weights({ here, there }: Pair): readonly Report[] {
  const [better, other] = here.reach.healthy > there.reach.healthy ? [here, there] : [there, here];
  const [shift] = better.reach.shifts;
  const movable = better.reach.lowest < better.reach.highest;
  if (shift === undefined || !movable || better.reach.lowest < other.reach.healthy) return [];
  if (better.reach.healthy === other.reach.healthy) return [];
  return [
    {
      code: 'pair-weights',
      span: shift.word.span,
      message: `with all that it tracks down this director still has ${better.reach.lowest}, and the other ${other.reach.healthy}: no failure ever moves the addresses`,
      hint: `the weights must outweigh ${better.reach.healthy} - ${other.reach.healthy} = ${better.reach.healthy - other.reach.healthy}`,
    },
  ];
}
