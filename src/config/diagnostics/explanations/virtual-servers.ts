/** Virtual servers and their checkers. */
import type { VirtualServerCode } from '../codes.ts';
import { type Explanation, trap } from './explanation.ts';

export const VIRTUAL_SERVERS: Readonly<Record<VirtualServerCode, Explanation>> = {
  // Virtual servers.
  'port-ignored': trap(
    'DR or TUN with another port',
    `In DR and TUN mode the real server gets the client's packet as it was sent, so it must listen on
    the port of the virtual server. Another port in real_server is ignored, by the kernel and by
    keepalived. Write the same port, or use NAT, which can change it.`,
  ),
  'unknown-scheduler': trap(
    'a scheduler that is not of the kernel',
    `The kernel is asked for the module of that name, and refuses the virtual server if there is none.
    Mistyped names look the same. Mend the name, or see that the module is installed. keepalived takes its own
    list only, and wlc in place of any other name.`,
  ),
  'flag-before-scheduler': trap(
    'a scheduler flag above its scheduler',
    `keepalived reads sh-port, mh-port and the fallback flags only after lvs_sched, and ignores them above
    it. The scheduler then works without them: with sh, a dead server's share of the clients is lost.
    Move the line below lvs_sched.`,
  ),
  'flag-of-other-scheduler': trap(
    'a flag of another scheduler',
    `The flag belongs to sh or mh, and this virtual server uses another scheduler, which does not look at
    it. Remove it, or use the scheduler it was written for.`,
  ),
  'all-weights-zero': trap(
    'only weights of 0',
    `A real server of weight 0 takes no new connection and adds nothing to the quorum. When all have 0
    nobody serves, and keepalived computes a quorum of 0 and a hysteresis of four thousand millions. For
    maintenance leave one server its weight, or have a sorry_server.`,
  ),
  'weights-ignored': trap(
    'weights that the scheduler does not count',
    `rr takes real servers in turn and lc the one with the fewest connections; neither looks at a weight
    other than 0. The weights in the file differ, so a share was meant. wrr and wlc are the ones that
    count it.`,
  ),
  'hash-without-fallback': trap(
    'a hash that chooses dead servers',
    `sh and mh give each client a server by its address. A server that stays in the table with weight 0,
    because it failed under inhibit_on_failure or is in maintenance, keeps its share, and these clients
    get no connection. With the fallback flag the next server takes them.`,
  ),
  'quorum-alone': trap(
    'a quorum that nothing waits for',
    `When the quorum is lost a sorry server takes over, and the scripts run. Without any of them the real
    servers that are up go on serving, and the number changes nothing. Add a sorry_server, or remove
    the quorum.`,
  ),
  'persistence-alone': trap(
    'persistence for single addresses',
    `Each client address stays with its real server. Clients behind several proxies of one provider come
    from changing addresses of one network, and lose their session. persistence_granularity
    255.255.255.0 keeps such a network together, at the price of a coarser balance.`,
  ),
  'service-not-vip': trap(
    'a service on an address that nobody brings',
    `The file has virtual addresses, and this virtual server is on another one. If no other program puts
    it on this machine, packets to it never arrive here. Often a digit is mistyped, or the address was
    changed in one place only.`,
  ),
  unused: trap(
    'a group that nobody uses',
    `A virtual_server_group holds addresses and firewall marks, and no real servers: a virtual_server must name
    it. Often the name is spelled differently in the two places. Use it, or remove it.`,
  ),

  // Checkers.
  'timeout-too-long': trap(
    'a check that outlasts its period',
    `The check may wait longer for a connection than the time between two checks. A dead server is then
    found later than delay_loop promises, by the difference and once more for each retry. Make
    connect_timeout clearly shorter than delay_loop.`,
  ),
  'unchecked-server': trap(
    'one real server without a checker',
    `The others of this virtual server are checked, and this one is not. It counts as up for ever, and
    gets its share of the connections also when it is dead. Give it the same checker.`,
  ),
  'no-checkers': trap(
    'real servers that nobody checks',
    `Without a checker a real server is always up. The kernel sends it connections whether it answers or
    not, and clients see every second or third one fail. TCP_CHECK { } is the least; HTTP_GET with a page
    that needs what clients need is better.`,
  ),
  'retry-default': trap(
    'retries that nobody has chosen',
    `TCP_CHECK, HTTP_GET, SSL_GET and SMTP_CHECK forgive one failure, DNS_CHECK three, MISC_CHECK none.
    The first is little for a server that pauses for a second, and takes it out under load, which makes
    the load of the others worse. Write retry and delay_before_retry, so that the file says how
    patient it is.`,
  ),
  'other-port-checked': trap(
    'a check of another port',
    `The checker connects to another port than clients do. It finds a dead machine, and not a service that
    hangs on its own port. That is right for a health page on a port of its own, and wrong
    after a copy from another real server.`,
  ),
  'stacked-checkers': trap(
    'several kinds of checkers together',
    `A real server is up while all of its checkers succeed, so each one more is one more reason to take
    it out. TCP_CHECK beside HTTP_GET on the same port finds nothing that HTTP_GET does not find. Keep the
    one that tells most.`,
  ),
};
