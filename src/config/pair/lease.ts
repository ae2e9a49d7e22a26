/** The leases of two directors of one pair: what makes each deaf to the other, though each file is good. */
import { parseEndpoint } from '../../base/address.ts';
import { formatEndpoint } from '../../base/endpoint.ts';
import { LEASE_PORT } from '../../model/lease.ts';
import { parseEtcdAcceptor } from '../build/etcd-acceptor.ts';
import type { Report } from '../diagnostics/diagnostic.ts';
import type { Span } from '../text/source.ts';
import { merged, type Section } from '../values/section.ts';

interface File {
  readonly root: Section;
  readonly globals: Section;
}

interface Lease {
  readonly span: Span;
  readonly acceptors: ReadonlySet<string>;
  readonly keys: readonly string[];
}

export function compareLeases(here: File, there: File): readonly Report[] {
  const [own, other] = [leaseOf(here), leaseOf(there)];
  if (own === null || other === null) return oneSided(own, other);
  const reports: Omit<Report, 'code'>[] = [];
  const missing = [...own.acceptors].filter((one) => !other.acceptors.has(one));
  const added = [...other.acceptors].filter((one) => !own.acceptors.has(one));
  if (missing.length + added.length > 0) {
    const lists = [
      ...missing.map((one) => `${one} here only`),
      ...added.map((one) => `${one} in the other file only`),
    ];
    reports.push({
      span: own.span,
      message: `the lists of acceptors differ: ${lists.join(', ')}`,
      hint: 'the same list on both: acceptors refuse whoever has another one',
    });
  }
  // Keys are never shown; who signs with one that the other does not have is not heard by him.
  const isHeard = own.keys[0] === undefined || other.keys.includes(own.keys[0]);
  const hears = other.keys[0] === undefined || own.keys.includes(other.keys[0]);
  if (!(isHeard && hears)) {
    reports.push({
      span: own.span,
      message: 'the first key of one file is no key of the other',
      hint: 'the first key signs: write it into both',
    });
  }
  return reports.map((one) => ({ code: 'pair-lease', ...one }));
}

function oneSided(own: Lease | null, other: Lease | null): readonly Report[] {
  const only = own ?? other;
  if (only === null) return [];
  const message = `a lease is in ${own === null ? 'the other file' : 'this file'} only`;
  const hint =
    'write it into both: whoever waits for no lease is a second master when the link is cut';
  return [{ code: 'pair-lease', span: only.span, message, hint }];
}

function leaseOf({ root }: File): Lease | null {
  const block = merged(root.sections('lease'));
  if (block === null) return null;
  const endpoints = block.words('acceptor').flatMap(({ text }) => {
    const endpoint = parseEndpoint(text, LEASE_PORT);
    // Its port is that of a process of this director, and is part of no name.
    if (parseEtcdAcceptor(text) !== null) return ['etcd'];
    return endpoint === null ? [] : [formatEndpoint(endpoint.address, endpoint.port)];
  });
  return {
    span: block.words('acceptor')[0]?.span ?? block.span,
    acceptors: new Set(endpoints),
    keys: block.words('key').map(({ text }) => text),
  };
}
