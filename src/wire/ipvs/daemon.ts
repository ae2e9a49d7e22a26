/**
 * The sync daemon: threads of the kernel that tell another director of our connections (master), or learn
 * of its connections (backup), over multicast. Its port, unlike every other in IPVS, is in host order.
 */
import { addressBytes, addressFromBytes, familyOf, ipv4Number } from '../../base/address.ts';
import type { Attributes, AttributeWriter } from '../nlattr.ts';
import { DaemonAttribute, nameOf, SYNC_STATE } from './numbers.ts';

export type SyncRole = keyof typeof SYNC_STATE;

/** Null leaves a value to the kernel, which tells all that it knows when it is asked. */
export interface SyncDaemon {
  readonly role: SyncRole;
  /** 1 to 15 characters. */
  readonly interface: string;
  /** 0 to 255; a backup hears only masters of its own. The kernel does not check it. */
  readonly syncId: number;
  /** Octets of a sync message: 1 to 65507 for a master, from 1024 for a backup. */
  readonly maxlen: number | null;
  /** Multicast address of either family; the kernel's is 224.0.0.81. */
  readonly group: string | null;
  /** The kernel's is 8848. */
  readonly port: number | null;
  /** The kernel's is 1. */
  readonly ttl: number | null;
}

export function writeDaemon(attributes: AttributeWriter, daemon: SyncDaemon): void {
  attributes
    .u32Host(DaemonAttribute.state, SYNC_STATE[daemon.role])
    .text(DaemonAttribute.interface, daemon.interface)
    .u32Host(DaemonAttribute.syncId, daemon.syncId);
  if (daemon.maxlen !== null) attributes.u16Host(DaemonAttribute.maxlen, daemon.maxlen);
  writeGroup(attributes, daemon.group);
  if (daemon.port !== null) attributes.u16Host(DaemonAttribute.port, daemon.port);
  if (daemon.ttl !== null) attributes.u8(DaemonAttribute.ttl, daemon.ttl);
}

/** As the kernel tells of it: the group comes last. */
export function writeToldDaemon(attributes: AttributeWriter, daemon: SyncDaemon): void {
  writeDaemon(attributes, { ...daemon, group: null });
  writeGroup(attributes, daemon.group);
}

/** Which of the two is to be stopped. */
export function writeDaemonRole(attributes: AttributeWriter, role: SyncRole): void {
  attributes.u32Host(DaemonAttribute.state, SYNC_STATE[role]);
}

function writeGroup(attributes: AttributeWriter, group: string | null): void {
  if (group === null) return;
  if (familyOf(group) === 'ipv4') attributes.u32Be(DaemonAttribute.group, ipv4Number(group));
  else attributes.bytes(DaemonAttribute.group6, addressBytes(group));
}

/** These throw `Truncated` or `AttributeMissing`. Null for a role that does not exist. */
export function readDaemonRole(attributes: Attributes): SyncRole | null {
  return nameOf(SYNC_STATE, attributes.u32Host(DaemonAttribute.state));
}

export function readDaemon(attributes: Attributes): SyncDaemon | null {
  const role = readDaemonRole(attributes);
  if (role === null) return null;
  return {
    role,
    interface: attributes.text(DaemonAttribute.interface, ''),
    syncId: attributes.u32Host(DaemonAttribute.syncId),
    maxlen: numberOrNull(attributes, DaemonAttribute.maxlen, 'u16Host'),
    group: readGroup(attributes),
    port: numberOrNull(attributes, DaemonAttribute.port, 'u16Host'),
    ttl: numberOrNull(attributes, DaemonAttribute.ttl, 'u8'),
  };
}

/** Kernels before 4.3 tell neither group nor what follows from it. */
function readGroup(attributes: Attributes): string | null {
  const { group, group6 } = DaemonAttribute;
  if (attributes.has(group)) return addressFromBytes(attributes.bytes(group, 4).subarray(0, 4));
  if (!attributes.has(group6)) return null;
  return addressFromBytes(attributes.bytes(group6, 16).subarray(0, 16));
}

function numberOrNull(
  attributes: Attributes,
  type: number,
  width: 'u8' | 'u16Host',
): number | null {
  return attributes.has(type) ? attributes[width](type) : null;
}
