/** The native addon: its types, where it is found, and what is said when it is missing. */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DirectorError } from '../base/error.ts';

/** Something that is going on natively and can be ended. */
export type NativeHandle = { readonly native: unique symbol };

/** Contracts: native/README.md. */
export interface Addon {
  openPacketSocket(interfaceIndex: number, etherType: number): number;
  sendFrame(fd: number, frame: Uint8Array): void;
  attachFilter(fd: number, program: readonly number[]): void;
  joinEthernetGroup(fd: number, interfaceIndex: number, mac: Uint8Array): void;
  openRawSocket6(
    protocol: number,
    interfaceName: string,
    interfaceIndex: number,
    group: string,
  ): number;
  sendDatagram6(
    fd: number,
    octets: Uint8Array,
    addresses: Uint8Array,
    interfaceIndex: number,
    hopLimit: number,
  ): void;
  openRawSocket4(
    protocol: number,
    interfaceName: string,
    interfaceIndex: number,
    group: string,
  ): number;
  sendPacket4(fd: number, packet: Uint8Array): void;
  openDatagramSocket(address: string, port: number, hopLimit: number): number;
  openLinkSocket(
    source: string,
    port: number,
    interfaceName: string,
    interfaceIndex: number,
    group: string,
  ): number;
  sendDatagram(fd: number, octets: Uint8Array, destination: string, port: number): void;
  openNetlinkWatch(protocol: number, groups: readonly number[]): number;
  openNetlinkRequests(protocol: number): number;
  sendNetlink(fd: number, octets: Uint8Array): void;
  receiveNetlink(fd: number, buffer: Uint8Array, sequence: number): number;
  awaitReadable(fd: number, onReadable: () => void): NativeHandle;
  endAwait(handle: NativeHandle): void;
  receive(
    fd: number,
    onDatagram: (
      octets: Buffer,
      source: string,
      destination: string,
      hopLimit: number,
      interfaceIndex: number,
    ) => void,
    onError: (errnoName: string) => void,
  ): NativeHandle;
  stopReceiving(handle: NativeHandle): void;
  closeDescriptor(fd: number): void;
  dial(
    address: string,
    port: number,
    interfaceName: string,
    mark: number,
    bindAddress: string,
    bindPort: number,
    onDone: (fd: number, errnoName: string) => void,
  ): NativeHandle;
  cancelDial(handle: NativeHandle): void;
  setRealtime(priority: number): void;
  /** Of all threads of this process. */
  setCpus(cpus: readonly number[]): void;
  setNiceness(value: number): void;
  lockMemory(): void;
  notify(path: string, state: string): void;
  enterNetwork(fd: number): void;
  closeDescriptorsOnExec(): void;
  makeFifo(path: string, mode: number): void;
  onRealtimeSignal(offset: number, onSignal: () => void): number;
  openAlarm(onTime: () => void): NativeHandle;
  setAlarm(handle: NativeHandle, afterMs: number): void;
  closeAlarm(handle: NativeHandle): void;
  peerCredentials(fd: number): { readonly pid: number; readonly uid: number; readonly gid: number };
}

const BUILT_AT = join('native', 'build', 'Release', 'lvs_native.node');

let loaded: Addon | null = null;

/** @throws DirectorError ADDON_MISSING when it is not built, or built for another machine. */
export function loadAddon(): Addon {
  loaded ??= load();
  return loaded;
}

function load(): Addon {
  const path = find(dirname(fileURLToPath(import.meta.url)));
  const hint = 'npm rebuild lvs-director, or npm run build:native in its folder';
  if (path === null)
    throw new DirectorError('ADDON_MISSING', 'the native addon is not built', { hint });
  try {
    return createRequire(import.meta.url)(path) as Addon;
  } catch (cause) {
    throw new DirectorError('ADDON_MISSING', `the native addon cannot be loaded: ${path}`, {
      hint,
      cause,
    });
  }
}

/** Upwards from here: src/kernel and dist/src/kernel are not equally deep. */
function find(folder: string): string | null {
  const path = join(folder, BUILT_AT);
  if (existsSync(path)) return path;
  const parent = dirname(folder);
  return parent === folder ? null : find(parent);
}
