/**
 * The whole story of every finding: what happens, why, and what to do. `lvsctl lint` prints it, and
 * docs/traps.md is made of it. One entry a code; the type sees to it that none is missing.
 */
import type { DiagnosticCode } from './diagnostic.ts';

export interface Explanation {
  /** The trap in a few words. */
  readonly title: string;
  /** Two to five sentences, without line breaks. */
  readonly text: string;
}

function trap(title: string, text: string): Explanation {
  return { title, text: text.replace(/\s+/g, ' ').trim() };
}

export const EXPLANATIONS: Readonly<Record<DiagnosticCode, Explanation>> = {
  // Files and text.
  'unreadable-file': trap(
    'the file cannot be read',
    `Nothing was checked, because the file is missing, is a folder, or may not be read by you. keepalived
    calls a missing file good and starts with nothing. Give the right path, or make the file readable.`,
  ),
  'not-text': trap(
    'a file that is no text',
    `The file is full of NULs, as a program, an archive or an image is. Nothing of it is read. Give the path
    of the configuration.`,
  ),
  'too-many': trap(
    'more mistakes than anybody reads',
    `After ten thousand mistakes of one severity no more are told, so that a broken file of millions of lines ends in
    time. Most of them have one cause. Mend the first ones, and check again.`,
  ),
  'include-missing': trap(
    'an include that finds nothing',
    `The pattern behind include matches no file, so whatever should stand there is absent. Folders and
    files with an execute bit are passed over, as in keepalived. Mend the pattern, or remove the line
    when the files are optional.`,
  ),
  'include-required': trap(
    'an include that must find something',
    `This kind of include, or an include_check above it, says that a missing file is an error. The pattern
    matches no file that can be read. Mend it, or write a plain include when the files are
    optional.`,
  ),
  'include-cycle': trap(
    'files that include each other',
    `A file includes itself, directly or through others, and reading it would never end. keepalived stops
    only when it has no open files left. Remove one of the includes.`,
  ),
  'too-large': trap(
    'more text than any configuration has',
    `The limit that the message names keeps a mistyped sequence or a definition of definitions from
    eating all memory. Nothing of the file is used. Split the file, or shorten the sequence.`,
  ),
  'odd-character': trap(
    'a character that only looks right',
    `Typographic quotes, no-break spaces and the like come from word processors and web pages. They look
    like the characters of the language and are none of them, so a word gets another meaning. Write the
    plain character from your keyboard.`,
  ),
  'odd-blank': trap(
    'a tab inside quotes',
    `Outside quotes a tab is a blank like any other; inside them it becomes part of the value. Names and
    passwords with a tab look the same and are different. Write a blank.`,
  ),
  'comment-sign': trap(
    'a comment sign of another language',
    `Here a comment begins with # or !. keepalived takes //, /* and ; for words, logs them as unknown, and a
    brace in such a remark opens or closes a block. Write # in front of the remark.`,
  ),
  'unmatched-quote': trap(
    'a quote that is never closed',
    `A quoted text ends on its line, and this one does not. keepalived drops the value and goes on. Add
    the second quote; there is no escape for a quote inside a quoted text.`,
  ),
  'missing-open-brace': trap(
    'a block without its opening brace',
    `The word needs a block, and none follows. keepalived applies what was meant to stand inside to the
    level outside, or drops it. Write { behind the word or on the next line.`,
  ),
  'missing-close-brace': trap(
    'a block that is never closed',
    `The file ends before the block does. All that follows belongs to the block, and is probably not
    meant to. Look at the line that the message names, and write the } where the block should end.`,
  ),
  'unexpected-brace': trap(
    'a brace where none belongs',
    `It opens a block for a word that has none, or closes one that was never opened. Often a brace too
    many stands above, or a line between was lost. Remove it, or write the word that it belongs to.`,
  ),
  'undefined-name': trap(
    'a definition that is not there',
    `$NAME is used, and nothing above defines it. keepalived then takes the text as it stands, dollar
    and all. Define it above its use, with $NAME=VALUE at the beginning of a line.`,
  ),
  'not-replaced': trap(
    'a use that keepalived does not replace',
    `$NAME is replaced where a blank, a comma, a closing parenthesis or the end of the line follows it, and
    never inside quotes. Everywhere else it stays as it is, without a word. \${NAME} is replaced
    everywhere.`,
  ),
  'bad-condition': trap(
    'a condition that does not do what it looks like',
    `A line takes one condition, and the first line of a definition takes none: a second one becomes a
    keyword that nobody knows. A condition on only one brace of a block leaves the other one alone on
    other hosts. Write the condition before each line that it is meant for.`,
  ),
  'bad-definition': trap(
    'a definition that cannot be read',
    `A definition is $NAME=VALUE, at the beginning of a line and without a blank before the equals sign.
    Anything else is taken for a keyword. The hint shows the form.`,
  ),
  'bad-generator': trap(
    'a sequence that cannot be read',
    `~SEQ and ~LST write one line several times, with a variable that counts or takes values from a
    list. This one cannot be read, so none of its lines exists. The hint shows the form.`,
  ),
  'fill-in': trap(
    'a fill-in was left',
    `xxx.xxx.xxx.xxx, ** or a word in angle brackets is what an example, a form or a copy without
    secrets has in place of a value. It was never replaced, so there is no address, name or password
    here. Write the value of this machine.`,
  ),
  'cut-by-comment': trap(
    'a comment that nobody meant',
    `# and ! begin a comment wherever they stand, also in the middle of a word. The password ends before
    that character, and a director whose file has it in quotes has another password. Put the value in
    double quotes, or write a backslash before the character.`,
  ),
  'empty-block': trap(
    'a list with nothing in it',
    `The block stands there, and has no entries. Whatever was to be listed is not: nobody is mailed,
    nothing is tracked, no address is held. Write the entries, one a line, or remove the block.`,
  ),

  // Words and values.
  'unknown-keyword': trap(
    'a word that does not exist',
    `keepalived logs such a word and goes on without it, so the setting that was meant keeps its default.
    When it is the name of a block, all that the block holds is lost or applied outside. The nearest
    word of the same block is proposed.`,
  ),
  'unknown-option': trap(
    'a word that the line does not know',
    `Lines of addresses, routes, tracked things and some keywords take options by name, and this word is none
    of them. keepalived ignores it with what follows, or takes it for something else. The option that was
    probably meant is named, or the form of the line is shown.`,
  ),
  'misplaced-keyword': trap(
    'a word in the wrong block',
    `The word exists, but not in this block, and keepalived ignores it here. The message names the blocks
    that know it. Move the line there.`,
  ),
  'missing-argument': trap(
    'a word without its value',
    `The word needs a value, and its line ends. keepalived stops at such a line at once, and tells no
    other mistake. Write the value.`,
  ),
  'extra-argument': trap(
    'more words than are read',
    `What stands behind the value is ignored without a word by keepalived. It may be a remark without #,
    a second value where one is possible, or a command whose arguments need quotes. Remove it, or quote
    the whole.`,
  ),
  'bad-value': trap(
    'a value that is none',
    `The value is not of the kind that the word takes: a number, an address, or one of a few words. keepalived
    keeps the default and goes on. The hint says what is possible; most words are lower case, methods
    and states are capitals.`,
  ),
  'out-of-range': trap(
    'a number outside its range',
    `keepalived ignores such a number and keeps the default. A 0 that was meant as "off" is the most
    common one: leave the line out instead. The message names the range.`,
  ),
  'no-effect': trap(
    'a word that does nothing here',
    `The word is one of keepalived's, and lvsd accepts it so that the file loads. What it asks for does
    not happen in this version. Remove the line, or make sure that you can live without it.`,
  ),
  'not-keepalived': trap(
    'a word of lvs-director',
    `keepalived does not know this word and refuses its line. It does what docs/keywords.md says here. Remove
    it before the file goes back to keepalived.`,
  ),
  deprecated: trap(
    'an old word',
    `It still works, and a newer word has replaced it. A later release may drop the old one. lvsctl check
    --fix writes the new word in its place.`,
  ),
  repeated: trap(
    'a setting given twice',
    `Only one of them counts: of scripts and some names the first, of most others the last; the message tells. The same notify word
    several times often means that notify_master, notify_backup and notify_fault were meant. Keep one.`,
  ),
  'off-ignored': trap(
    'a flag that cannot be switched off',
    `In this block keepalived looks only whether the word stands there, and not at the "off" behind it:
    it is switched on. lvsd takes the word as it is written, so the two programs do opposite things.
    Remove the line: what does not stand there is off.`,
  ),

  // The whole file.
  'missing-keyword': trap(
    'something that cannot be left out',
    `The block does not work without it, or works with a default that is seldom what is meant: UDP
    where no protocol is named, NAT where no method is. keepalived takes the default, or drops the whole
    block. Write the word.`,
  ),
  duplicate: trap(
    'one name or address twice',
    `Two things cannot share what tells them apart. keepalived drops one of them, or runs both into each
    other, mostly without a word. Rename one, or put both into one block.`,
  ),
  'unknown-reference': trap(
    'a name that nothing has',
    `A script, an instance or a list is named, and the file has none of that name that can be used.
    keepalived goes on without it, so what should be tracked is not. Mend the name, or declare it.`,
  ),
  contradiction: trap(
    'two settings that cannot both hold',
    `Each is good by itself, and together they mean nothing that can be done. keepalived silently drops
    or changes one of them. The hint says which one to change.`,
  ),
  adjusted: trap(
    'a value that is changed to what is possible',
    `The value cannot be used as it stands, and the message says what is used in its place. Write that
    value, so that the file says what happens.`,
  ),

  // This machine.
  'unknown-interface': trap(
    'an interface that is not there',
    `There is no interface of that name on this machine now. The instance is in FAULT until one appears,
    and holds no address. Mend the name, or ignore this when the interface is made later or the file is
    for another machine.`,
  ),
  'bad-interface-name': trap(
    'a name that no interface can have',
    `The kernel takes up to 15 characters without blank, slash, colon or @. "eth0@if2" is how ip link
    shows an interface and what it is bound to; its name is what stands before the @. An address does
    not name an interface either.`,
  ),
  'unknown-account': trap(
    'an account that is not there',
    `The user or group does not exist on this machine, so the script could not be run as that. Create
    it, or name another. Behind a notify script, words without quotes are taken for user and group:
    quote a command together with its arguments.`,
  ),
  'script-missing': trap(
    'a script that is not there',
    `The file does not exist on this machine. keepalived disables such a script: what tracks it, goes on
    as if nothing were tracked. Mend the path, or install the script before you start the daemon.`,
  ),
  'script-not-executable': trap(
    'a script that may not be run',
    `The file exists, and has no execute bit, or is no file. keepalived disables it. chmod +x makes it
    a program; its first line must name an interpreter.`,
  ),
  'script-unsafe': trap(
    'a script that others can change, run as root',
    `Somebody else than root owns the file or a folder on its way, or may write to one of them: he can have
    anything done as root. keepalived runs such a script unless enable_script_security is on. Here it is refused,
    at each run too. Make it root's alone, let it run as somebody else, or write "script_security warn".`,
  ),
  'no-script-user': trap(
    'script security without an account',
    `enable_script_security is on, no script_user is named, and the account keepalived_script, which
    keepalived would take then, does not exist here. keepalived removes the scripts, and goes on
    without what they watch. Name an account with script_user, even if it is root.`,
  ),

  // Scripts.
  'shell-syntax': trap(
    'shell syntax without a shell',
    `A command is split into words and started directly. Pipes, redirections, && and ; reach the
    program as arguments, which it ignores or trips over, and the script seems to succeed or fail for
    ever. Put the line into a script of its own, or write "/bin/sh -c '...'".`,
  ),
  'not-tracked': trap(
    'a script that nobody tracks',
    `A vrrp_script does nothing by itself: an instance or a sync group must name it in track_script.
    Often the name is spelled differently in the two places. Track it, or remove it.`,
  ),
  unused: trap(
    'a group that nobody uses',
    `A virtual_server_group holds addresses and firewall marks, and no real servers: a virtual_server must name
    it. Often the name is spelled differently in the two places. Use it, or remove it.`,
  ),
  'declared-late': trap(
    'declared below its use',
    `keepalived reads from top to bottom, and ignores the tracking of a script, file or process that it
    has not read yet. The instance then starts without what it should follow. Move the declaration above
    the instances; sync groups may name instances that follow, scripts may not.`,
  ),
  'script-too-slow': trap(
    'a script timeout longer than its interval',
    `A script that hangs is found out only after its timeout, and no new run begins meanwhile. So the
    interval that the file promises does not hold when it matters. Make timeout at most interval, or
    leave it out: then it is the interval.`,
  ),
  'script-security': trap(
    'scripts that anybody might change',
    `The scripts run as the daemon does, as root, and keepalived does not look at who may write to them. With
    enable_script_security it refuses a script when it or a folder above it can be changed by others; here that
    is so without being asked for. Switch it on, and name an account without privileges with script_user.`,
  ),
  'fault-by-script': trap(
    'a script that can stop both directors',
    `A tracked script without weight puts the instance in FAULT while it fails, and an instance in FAULT
    holds no address. When the cause is common, a dead database for instance, both directors are in FAULT
    and nobody answers. With a weight the priority falls instead, and one of them stays MASTER.`,
  ),

  // VRRP: priorities and preemption.
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
  empty: trap(
    'a file that says nothing',
    `A text without a statement configures nothing: the daemon would let go of every address and every virtual server.
    That is what a full disk, a template that failed or an include that matches no file leaves behind. At a start it is a
    warning. A running daemon that has something in force refuses it at a reload and goes on; who means it says
    lvsctl reload --allow-empty.`,
  ),
  'single-member': trap(
    'a sync group of one',
    `A sync group keeps two or more instances together; with one it does nothing. Often the second name
    was forgotten or misspelled. Add the others, or remove the group.`,
  ),
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

  // VRRP: addresses and advertisements.
  'vip-outside-network': trap(
    'a virtual address outside the network',
    `The address lies in no network of the interface that will hold it. Neighbours there ask by ARP only
    for addresses of their own network, so nobody finds it unless a router has a route to it. Mend a
    mistyped digit, or the interface.`,
  ),
  'vip-twice': trap(
    'one virtual address in two places',
    `Both instances hold the address while they are MASTER, and the first that leaves takes it away from
    the other. Two instances may even be MASTER on two directors, and then two machines answer. Keep the
    address in one instance.`,
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

  // VRRP: strict mode.
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

  // Mail, samples, passwords.
  'mail-never-sent': trap(
    'mail that is never sent',
    `Instances and groups mail their changes only with smtp_alert, and mail goes out only when recipients
    and a relay are named. One half stands here, and the other does not, so the silence will look like
    health. Write the other half, or remove this one.`,
  ),
  'mail-by-name': trap(
    'a relay that must be looked up',
    `The name is looked up once, when the file is read. At boot the daemon often starts before name service
    works, and no mail is sent until the next reload. An address needs no name service.`,
  ),
  'sample-value': trap(
    'the password of the sample',
    `A third of all published files has kept the 1111 of the sample. The password is there to keep two
    pairs on one network from taking each other for a peer, and a stranger's pair has this one, too.
    Choose one of your own, of up to 8 characters, the same on both directors.`,
  ),
  'sample-vrid': trap(
    'the virtual router id of the sample',
    `51 and 1111 are what the sample has, and what two strangers on one network both have when neither
    has changed them. They would be one virtual router, and only one of them MASTER. Choose a number
    from 1 to 255 that is free on this network.`,
  ),
  'sample-router-id': trap(
    'the router id of the sample',
    `LVS_DEVEL names this director in mails and logs, and is in every copy of the sample. You will not
    know which machine speaks. Write the machine's name, or nothing: then it is the host name.`,
  ),
  'sample-mail': trap(
    'mail addresses of the sample',
    `The recipient or relay comes from the sample and does not exist at your site. Nobody is told when
    something fails, and each attempt waits for a timeout. Write your own, or remove the lines.`,
  ),
  'weak-password': trap(
    'a password that everybody tries',
    `It is a short number, or a word that comes to everybody's mind. It goes over the network in clear, so it
    is no protection against an attacker; it keeps neighbouring pairs apart, and for that it should be
    unlike theirs. Eight random characters cost nothing.`,
  ),

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

  // The pair.
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

/** Whether the text is a code that can be explained. */
export function isCode(text: string): text is DiagnosticCode {
  return Object.hasOwn(EXPLANATIONS, text);
}

export const ALL_CODES: readonly DiagnosticCode[] = Object.keys(EXPLANATIONS).filter(isCode);
