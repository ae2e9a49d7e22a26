/** VRRP: priorities, addresses, advertisements, strict mode, leases and keys. */
import type { VrrpCode } from '../codes.ts';
import { type Explanation, trap } from './explanation.ts';

export const VRRP: Readonly<Record<VrrpCode, Explanation>> = {
  // Priorities and preemption.
  'nopreempt-ignored': trap(
    'nopreempt beside state MASTER',
    `keepalived drops nopreempt when the instance begins as MASTER, so a director that returns takes the
    addresses back, which is just what nopreempt should prevent. Write "state BACKUP" on both
    directors: the priority decides who becomes MASTER first.`,
  ),
  'preempt-delay-ignored': trap(
    'a preempt_delay that does not count',
    `keepalived drops preempt_delay beside state MASTER, which takes over without waiting, and beside
    nopreempt, which never takes over. The delay should give a returning director the time to be ready.
    Write "state BACKUP" and keep the delay, or keep nopreempt alone.`,
  ),
  'useless-weight': trap(
    'weights that can never fail over',
    `An effective priority is between 1 and 254, and 255 never moves. With these numbers the priority is
    the same whether the tracked thing works or not, so its failure moves nothing. Choose a priority
    from which the weights can lead below that of the other director.`,
  ),
  'lost-weight': trap(
    'a failure that the limit swallows',
    `Priority and weights together are beyond 254, or below 1, and everything beyond counts as the limit.
    So the failure of this one thing alone leaves the same number, and no takeover follows. Choose
    numbers whose sum stays within the limits.`,
  ),
  'clamped-weight': trap(
    'weights that reach below 1',
    `With all that is tracked down the sum is below 1, and counts as 1. That is harmless while the
    other director is well. When both are in the same trouble they are equal, and the higher
    address becomes MASTER, whatever you planned.`,
  ),
  'weight-in-group': trap(
    'weights of a member of a sync group',
    `Members of a sync group rise and fall together, so a weight that moves only one of them would tear
    them apart. keepalived therefore drops weighted trackers of members. Track the thing in the
    group, or write sync_group_tracking_weight there and give all members the same trackers.`,
  ),
  'unequal-priorities': trap(
    'members of a sync group with different priorities',
    `One member would become MASTER here and another one on the other director, and the group pulls them
    back and forth. Give all members of a group one priority.`,
  ),
  'single-member': trap(
    'a sync group of one',
    `A sync group keeps two or more instances together; with one it does nothing. Often the second name
    was forgotten or misspelled. Add the others, or remove the group.`,
  ),
  'own-interface': trap(
    'an instance that tracks its own interface',
    `An instance follows its interface anyhow: when that is down it is in FAULT. So the line adds
    nothing, and a weight on it never counts. Remove it, or write dont_track_primary to make the weight
    count instead.`,
  ),
  'not-the-owner': trap(
    'priority 255 without owning the address',
    `255 says that the virtual address is configured on this machine for good. Such a director becomes
    MASTER at once, never yields, and no weight moves it. Between directors that share an address the
    highest useful priority is 254.`,
  ),

  // Leases and keys.
  'signing-unusable': trap(
    'a key to sign with that is not there',
    `A director whose auth_hmac has no key would send advertisements that nobody believes, and believe those of
    everybody. So it does not start, not even with the file of keepalived. A key is 32 to 64 octets; in a file,
    only its owner may read it.`,
  ),
  'lease-unusable': trap(
    'a lease that cannot decide',
    `With split_brain_policy lease a director is MASTER only while more than half of the acceptors say so. Two
    cannot lose one, and an even number can be cut into halves of which none decides. Each director is an acceptor;
    a pair takes a third machine, which runs lvsctl witness and needs neither root nor a disk. The list is the same
    on all directors, and all of it is IPv4 or all of it IPv6.`,
  ),
  'lease-not-here': trap(
    'a director that is no acceptor',
    `Each director has a voice itself: its address stands in the list of acceptors, and it asks the others from
    there. When no address of the list is one of this host, it never gets a lease, and is never MASTER. Write an
    address that this host has and the others reach, and that is no virtual one.`,
  ),

  // Addresses and advertisements.
  'vip-outside-network': trap(
    'a virtual address outside the network',
    `The address lies in no network of the interface that will hold it. Neighbours there ask by ARP only
    for addresses of their own network, so nobody finds it unless a router has a route to it. Mend a
    mistyped digit, or the interface.`,
  ),
  'vip-only-address': trap(
    'the machine’s own address as a virtual one',
    `What an instance does not hold while it is BACKUP is taken off its interface, as keepalived does. Here all
    addresses of the interface are virtual ones, so it would have none left: the instance is in FAULT, and whoever
    works over that address is cut off. Write the address that the directors share, and give each of them one of
    its own. Who owns the address for good has priority 255.`,
  ),
  'vip-wide-network': trap(
    'a virtual address with a mask that is too wide',
    `The address brings a route to its network, on the director that is MASTER. When that is larger than the
    network of the interface, hosts that are reached through a router are looked for on the link, and are not
    found. Write the length of the interface’s own network, or /32.`,
  ),
  'vip-twice': trap(
    'one virtual address in two places',
    `Each instance holds the address while it is MASTER. Two of them may be MASTER on two directors, and then
    two machines answer; in keepalived the first that leaves takes it away from the other, too. Keep the address in
    one instance.`,
  ),
  'too-many-addresses': trap(
    'more virtual addresses than an advertisement holds',
    `An advertisement is one packet of the link and counts its addresses in one octet: 255 of IPv4, and 90
    of IPv6 where a packet has 1500 octets. What does not fit is held by the MASTER like an excluded address, and nobody
    compares it with what the other director has. keepalived does the same. Write in
    virtual_ipaddress_excluded what need not be advertised, in the same order on both directors.`,
  ),
  'link-local-first': trap(
    'the first virtual address of IPv6 is not link-local',
    `The standard has a virtual router of IPv6 begin its list with its link-local address, the one that
    hosts of the link may have as their gateway. Directors of ours and keepalived get along without it; another
    router that follows RFC 9568 may drop such advertisements. Put an address of fe80::/10 first, if hosts use
    the director as their router.`,
  ),
  'vip-without-prefix': trap(
    'a virtual address without prefix length',
    `keepalived adds such an address as a /32: it works for clients that come through a router or ask by
    ARP, and has no network of its own. Programs that choose their source by network may then choose
    another address. Write the length of the network, for example /24, if that is meant.`,
  ),
  'odd-broadcast': trap(
    'a broadcast address that is none',
    `The address behind brd is not the last one of the network. Often it is the gateway, copied from a
    form with three fields. Broadcasts then go to one machine, or nowhere; "brd +" lets the
    kernel compute the right one.`,
  ),
  'mixed-families': trap(
    'IPv4 and IPv6 in one instance',
    `An instance advertises one family, that of its first address; the others are held, but no
    advertisement names them. It works, and surprises whoever compares the two directors. Write them in
    virtual_ipaddress_excluded, or make an instance for each family.`,
  ),
  'no-vip': trap(
    'an instance without addresses',
    `Its MASTER holds nothing, so a takeover changes nothing but what the notify scripts do. keepalived
    warns. If that is meant, write no_virtual_ipaddress; else write the addresses.`,
  ),
  'two-sources': trap(
    'two sources of one instance',
    `mcast_src_ip and unicast_src_ip both set the address that advertisements come from, and they
    differ. Only one can be used, and the peers may expect the other. Keep unicast_src_ip beside
    unicast_peer, else mcast_src_ip.`,
  ),
  'unicast-family': trap(
    'a peer of another family',
    `An instance speaks IPv4 or IPv6, as its first virtual address does, and cannot send to a peer of
    the other family. keepalived refuses the peer, and a pair without peers has two masters. Name the
    peer by an address of the same family.`,
  ),
  'unicast-self': trap(
    'a director that is its own peer',
    `The address stands in unicast_peer and is the source of this director as well. It would send its
    advertisements to itself, and none to the other, which becomes MASTER, too. unicast_peer
    holds the addresses of the others.`,
  ),
  'peer-is-this-host': trap(
    'a peer that is this machine',
    `The interface of this machine has the address that is named as a peer. Either it is the file of the
    other director, or source and peer were interchanged. Each director names the other one.`,
  ),
  'unicast-no-peer': trap(
    'unicast without a peer',
    `Words of unicast stand here, and no peer is named, so advertisements go by multicast. Where the
    network passes no multicast, as in most clouds, both directors become MASTER. Name the other
    director in unicast_peer.`,
  ),
  'unicast-no-source': trap(
    'unicast from whatever address there is',
    `Without unicast_src_ip the first address of the interface is the source, and that may change when
    addresses are added. A peer that checks its sources then drops what it hears. Write the address that
    the peers have in their unicast_peer.`,
  ),

  // Strict mode.
  'strict-unicast': trap(
    'vrrp_strict forbids unicast',
    `Strict mode allows only what the standard of VRRP knows, and that is multicast. keepalived refuses
    the instance, so this director has none. Remove vrrp_strict, which many files have only because the
    sample has it.`,
  ),
  'strict-no-vip': trap(
    'vrrp_strict asks for addresses',
    `In strict mode an instance without virtual addresses is refused, also when it has excluded ones.
    Write at least one in virtual_ipaddress, or remove vrrp_strict.`,
  ),
  'strict-ignored': trap(
    'settings that vrrp_strict drops',
    `The standard has no authentication, no delay before preemption, and only the owner of the
    addresses begins as MASTER. In strict mode keepalived drops or refuses these settings. A peer without
    strict mode keeps its password, and the two no longer hear each other. Remove vrrp_strict, or the
    settings on both directors.`,
  ),
  'strict-link-local': trap(
    'vrrp_strict, and no link-local address first',
    `The standard has the list of an IPv6 instance begin with its link-local address, and vrrp_strict asks for the
    standard and nothing else. keepalived complains of it, too. Put an address of fe80::/10 first, the same on both
    directors, or remove vrrp_strict.`,
  ),
  'strict-unpingable': trap(
    'vrrp_strict makes the address unpingable',
    `By the standard a MASTER that does not own an address accepts no packets to it, and in strict mode
    keepalived adds firewall rules that drop them. The address then answers neither ping nor a service on
    this machine, which looks like a failure of everything else. Remove vrrp_strict; with version 3,
    "accept" is enough.`,
  ),
};
