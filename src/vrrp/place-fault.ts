/** Whether an instance can serve where it is: by its interface, its addresses and its peers. Pure. */
import type { VrrpInstance } from '../model/vrrp.ts';
import type { LinkFacts } from './ports.ts';

export interface Place {
  /** Of its interface; null: there is none. */
  readonly facts: LinkFacts | null;
  /** Whether its interface is running, when that has lasted. */
  readonly isRunning: boolean;
  /** What is wrong with the virtual links that it needs; null: nothing. */
  readonly linkFault: string | null;
}

/** Where its advertisements come from; null: nowhere. */
export function sourceOf(instance: VrrpInstance, facts: LinkFacts | null): string | null {
  return instance.sourceAddress ?? facts?.primaryAddress ?? null;
}

/** Null: it can. */
export function placeFaultOf(
  instance: VrrpInstance,
  { facts, isRunning, linkFault }: Place,
): string | null {
  const { interface: link, links, trackPrimaryInterface, trackSourceAddress, unicast } = instance;
  if (facts === null) return `there is no interface ${link}`;
  if (trackPrimaryInterface && !isRunning) return `interface ${link} is down`;
  if (linkFault !== null) return linkFault;
  const source = sourceOf(instance, facts);
  if (source === null) return `interface ${link} has no address`;
  if (unicast?.peers.length === 0) return 'there is no unicast peer';
  const isElsewhere = source === links.ownAddress?.address;
  if (trackSourceAddress && !isElsewhere && !facts.addresses.has(source)) {
    return `interface ${link} does not have the source address ${source}`;
  }
  return null;
}
