/** What is not on this machine, and scripts. */
import type { HostCode } from '../codes.ts';
import { type Explanation, trap } from './explanation.ts';

export const HOST: Readonly<Record<HostCode, Explanation>> = {
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
};
