/** What only the files of both directors show. */
import type { PairCode } from '../codes.ts';
import { type Explanation, trap } from './explanation.ts';

export const PAIR: Readonly<Record<PairCode, Explanation>> = {
  'pair-missing-instance': trap(
    'an instance that only one director has',
    `Two directors share an instance when VRID and family are the same. This one has no counterpart, so
    when its director fails nobody holds its addresses; with two different VRIDs both are MASTER all the
    time. Write the instance into both files.`,
  ),
  'pair-both-masters': trap(
    'two directors that both begin as MASTER',
    `state MASTER makes a director take the addresses as soon as it starts, before it has listened for
    long. When both do, every start of the lesser one moves the addresses to and fro; with
    priority 255 on both neither yields. Write "state BACKUP" on one, or on both: the priority decides.`,
  ),
  'pair-equal-priority': trap(
    'two directors with one priority',
    `The higher source address decides who is MASTER, which is no decision of yours, and changes when
    addresses do. Give the one that should be MASTER a higher priority, by more than a few when weights
    are tracked.`,
  ),
  'pair-preempt': trap(
    'nopreempt on the wrong director',
    `nopreempt keeps a director from taking over from one of lower priority. On the one that has the lower
    priority it does nothing, and the other one takes the addresses back when it returns. Write it in
    both files, with "state BACKUP".`,
  ),
  'pair-advert-interval': trap(
    'different intervals',
    `In version 2 a director drops advertisements whose interval is not its own, so each is alone and both
    are MASTER. In version 3 a backup follows the interval of the master, and takes over sooner or later
    than its file says. Write one advert_int in both files.`,
  ),
  'pair-version': trap(
    'different versions of VRRP',
    `The directors do not understand each other's packets, drop them, and are both MASTER. Write the same
    version in both files; version 3 has shorter intervals and IPv6, and no passwords.`,
  ),
  'pair-authentication': trap(
    'different passwords or keys',
    `A director drops what comes with another type of authentication, another password or the signature of
    a key that it has not, so both are MASTER. Of a password only the first 8 characters count, and
    version 3 has none. Write the same lines into both files; docs/vrrp.md tells how keys are changed.`,
  ),
  'pair-addresses': trap(
    'different virtual addresses',
    `The backup hears that the list is another, logs it, and goes on. After a takeover the address that it
    lacks is held by nobody. Write the same list into both files, excluded addresses too.`,
  ),
  'pair-address-order': trap(
    'the same addresses in another order',
    `Lists are compared as they stand, so each advertisement is logged as different. The first address
    also decides the family. Write both lists in one order.`,
  ),
  'pair-transport': trap(
    'unicast on one side, multicast on the other',
    `One sends to its peer alone, the other to the group. Each drops or never gets what the other sends,
    and both are MASTER. Name peers in both files, or in none.`,
  ),
  'pair-peers': trap(
    'peers that do not name each other',
    `An advertisement reaches the address in unicast_peer, and the other director speaks from a different
    one. It hears nothing, or drops what comes from a stranger, and becomes MASTER, too. Each
    file has its own address in unicast_src_ip and the other's in unicast_peer.`,
  ),
  'pair-advert-paths': trap(
    'a path of advertisements on one side only',
    `What one director sends on it nobody hears, and what it should hear nobody sends: when the main path is cut
    both are MASTER, as without it. A path by multicast is on an interface of each, one to peers names on
    each side the address that the other speaks from. Write it into both files.`,
  ),
  'pair-peer-link': trap(
    'directors that prepare hand-overs on different ports',
    `Each listens where the other does not speak. Nothing is lost but speed: who leaves on purpose says so by the
    priority 0, and its peer waits for its skew time instead of taking over at once. Write the same
    peer_link_port into both files, or none.`,
  ),
  'pair-sync-daemon': trap(
    'sync daemons that do not hear each other',
    `A backup learns connections only from messages of its own id, to its own group and port, that are
    no longer than its maxlen. Whatever differs is not noticed until a failover ends every connection. Write
    the same lvs_sync_daemon into both files; the interface may differ.`,
  ),
  'pair-lease': trap(
    'leases that know nothing of each other',
    `A lease keeps a second MASTER away only if both directors ask the same acceptors for it. An acceptor refuses who
    has another list, and does not hear who signs with a key that it does not have: then nobody has a majority, or
    only one director ever. A director without a lease asks nobody, and is a second MASTER when the link is cut.
    Write the same block into both files.`,
  ),
  'pair-sync-group': trap(
    'sync groups that differ',
    `On one director these instances move together, on the other they do not. After a takeover one
    network may be here and the other there, which is what the group should prevent. Write the same
    groups into both files.`,
  ),
  'pair-weights': trap(
    'weights too small to fail over',
    `With everything down that it tracks the better director still has at least the priority of the
    other. So its failures are counted, shown, and change nothing. The weights together must
    be more than the distance of the two priorities.`,
  ),
  'pair-virtual-servers': trap(
    'virtual servers that differ',
    `After a takeover clients get another set of real servers, or other shares, than before. That may be
    meant while a change is rolled out, and is forgotten easily afterwards. Bring both files to the same
    state.`,
  ),
};
