/** Reads and changes this host for DR mode: loopback addresses by rtnetlink, ARP settings by sysctl. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { familyOf } from '../base/address.ts';
import { invariant } from '../base/error.ts';
import { type Network, openNetwork } from '../kernel/network.ts';
import { readSysctl, writeSysctl } from '../kernel/sysctl.ts';
import type { ArpSettings, RealServerHost, Step } from './dr-mode.ts';

/** What a set-up changed, so that a removal can put it back. */
export type ChangedSettings = Readonly<
  Record<string, { readonly from: number; readonly to: number }>
>;

const STATE_FILE = 'realserver.json';

function readArpSettings(interfaceName: string): ArpSettings {
  const name = interfaceName.replace(/\./g, '/');
  return {
    arpIgnore: readSysctl(`net.ipv4.conf.${name}.arp_ignore`) ?? 0,
    arpAnnounce: readSysctl(`net.ipv4.conf.${name}.arp_announce`) ?? 0,
  };
}

async function readHost(network: Network): Promise<RealServerHost> {
  const [links, addresses] = await Promise.all([network.readLinks(), network.readAddresses()]);
  const nameOf = new Map(links.map((link) => [link.index, link.name]));
  const speakArp = links.filter((link) => !link.loopback && !link.noArp);
  return {
    addresses: addresses.map((held) => ({
      interface: nameOf.get(held.interfaceIndex) ?? String(held.interfaceIndex),
      address: held.address,
      prefixLength: held.prefixLength,
    })),
    all: readArpSettings('all'),
    interfaces: Object.fromEntries(speakArp.map(({ name }) => [name, readArpSettings(name)])),
  };
}

/** This host as it is now. */
export async function readThisHost(): Promise<RealServerHost> {
  const network = openNetwork();
  try {
    return await readHost(network);
  } finally {
    network.close();
  }
}

/** Does the steps in order; the first refusal ends it with a DirectorError, and a repeat goes on. */
export async function takeSteps(steps: readonly Step[]): Promise<void> {
  const network = openNetwork();
  try {
    const loopback = (await network.readLinks()).find((link) => link.loopback);
    invariant(loopback !== undefined, 'every network namespace has a loopback interface');
    for (const step of steps) await take(step, network, loopback.index);
  } finally {
    network.close();
  }
}

async function take(step: Step, network: Network, loopbackIndex: number): Promise<void> {
  if (step.do === 'set') {
    writeSysctl(step.sysctl, step.to);
    return;
  }
  const { address, prefixLength } = step;
  const entry = { interfaceIndex: loopbackIndex, family: familyOf(address), address, prefixLength };
  // Scope host: the kernel never chooses it as the source of a connection of its own.
  if (step.do === 'add-address') await network.addAddress({ ...entry, scope: 'host' });
  else await network.removeAddress(entry);
}

/** Settings that an earlier set-up changed; empty when there was none. */
export function readChanged(stateDir: string): ChangedSettings {
  try {
    return JSON.parse(readFileSync(join(stateDir, STATE_FILE), 'utf8')) as ChangedSettings;
  } catch {
    return {};
  }
}

/** Adds what these steps change to what is remembered; the oldest value of a setting is kept. */
export function rememberChanged(stateDir: string, steps: readonly Step[]): void {
  const changed: Record<string, { from: number; to: number }> = {};
  for (const step of steps) {
    if (step.do === 'set') changed[step.sysctl] = { from: step.from, to: step.to };
  }
  if (Object.keys(changed).length === 0) return;
  mkdirSync(stateDir, { recursive: true });
  const all = { ...changed, ...readChanged(stateDir) };
  writeFileSync(join(stateDir, STATE_FILE), `${JSON.stringify(all, null, 2)}\n`);
}

export function forgetChanged(stateDir: string): void {
  rmSync(join(stateDir, STATE_FILE), { force: true });
}
