/** What there is to say of advertisements that are heard: what is odd about one that is taken, why one is not. */

import type { Log } from '../../base/log.ts';
import type { Clock } from '../../base/time.ts';
import { Trouble } from '../../base/trouble.ts';
import type { AlarmSnapshot } from '../../model/snapshot-vrrp.ts';
import type { VrrpInstance } from '../../model/vrrp.ts';
import { type Advert, addressesIn } from '../../wire/vrrp.ts';
import type { ChecksumForm } from '../../wire/vrrp-checksum.ts';
import type { Counters } from '../counters.ts';
import { Alarms } from '../evidence/alarms.ts';
import type { Admitted, DropReason, ReceivedPacket } from './admit.ts';

/** Peers whose form of the checksum is known, and those that are told of at once. */
const PEERS_REMEMBERED_MAX = 64;
const PEERS_TOLD_MAX = 16;
const ADDRESSES_SHOWN = 4;

/** What whoever is not believed has otherwise, for who looks for the difference between two directors. */
const NOT_AUTHENTIC = {
  authentication: 'its auth_type or auth_pass is not ours: neither believes the other',
  replay: 'it sends what was signed and sent before',
  'unknown-key': 'it signs with a key that stands in no auth_hmac of ours',
  unsigned: 'it does not sign, and we have auth_hmac',
} as const;

export class Remarks {
  private readonly ports: { readonly clock: Clock; readonly log: Log };
  private readonly counters: Counters;
  private readonly alarms: Alarms;
  private readonly formsOfPeers = new Map<string, ChecksumForm>();
  private readonly unusualForms: Trouble;

  constructor(ports: { readonly clock: Clock; readonly log: Log }, counters: Counters) {
    this.ports = ports;
    this.counters = counters;
    this.alarms = new Alarms(ports);
    this.unusualForms = new Trouble(ports, {
      level: 'info',
      message: 'form of a checksum',
      over: null,
      newsMax: PEERS_TOLD_MAX,
    });
  }

  lastingAlarms(instance: VrrpInstance): readonly AlarmSnapshot[] {
    return this.alarms.lasting(instance.advertIntervalMs);
  }

  onForm(instance: VrrpInstance, { checksumForm }: Advert, source: string): void {
    this.counters.form(checksumForm);
    if (this.formsOfPeers.get(source) === checksumForm) return;
    if (this.formsOfPeers.size < PEERS_REMEMBERED_MAX) this.formsOfPeers.set(source, checksumForm);
    const isUsual = checksumForm === (instance.version === 2 ? 'message' : 'pseudo-header');
    const fields = { instance: instance.name, source, checksumForm };
    if (isUsual) this.ports.log.debug(fields, 'form of a checksum');
    else this.unusualForms.happened(fields, `${source} ${checksumForm}`);
  }

  onOddities(instance: VrrpInstance, { advert, notes, sender }: Admitted): void {
    if (notes.includes('interval')) this.once(instance, sender, 'interval-differs');
    if (notes.includes('link-local')) this.once(instance, sender, 'first-address-not-link-local');
    if (!notes.includes('addresses')) return;
    this.counters.add('addressMismatches');
    const all = addressesIn(advert.addressList, instance.family);
    const more = all.length > ADDRESSES_SHOWN ? ` and ${all.length - ADDRESSES_SHOWN} more` : '';
    const list = `${all.slice(0, ADDRESSES_SHOWN).join(', ') || 'no address'}${more}`;
    this.raise(instance, 'address-list-mismatch', sender, `it advertises ${list}`);
  }

  /** Something odd that is no reason to drop: counted, and logged the first time. */
  private once(instance: VrrpInstance, source: string, oddity: string): void {
    const level = this.counters.odd(oddity) === 1 ? 'warn' : 'debug';
    this.ports.log[level]({ instance: instance.name, source, oddity }, 'odd advertisement');
  }

  /** `count`: how many there are now for this reason; `path`: the further one that it came by. */
  onDrop(
    instance: VrrpInstance,
    { reason, count, path }: { reason: DropReason; count: number; path: string | null },
    { source, payload }: ReceivedPacket,
  ): void {
    // Once by name; a flood must not fill the log.
    const level = count === 1 ? 'warn' : 'debug';
    const where = path === null ? {} : { path };
    const fields = { instance: instance.name, ...where, reason, source };
    this.ports.log[level](fields, 'packet dropped');
    switch (reason) {
      case 'interval':
        if (instance.version === 2) {
          const theirs = `its advert_int is ${payload[5]} s, ours ${instance.advertIntervalMs / 1000} s`;
          this.raise(instance, 'peer-interval-mismatch', source, theirs);
        }
        break;
      case 'own-address':
        this.raise(instance, 'duplicate-address', source, 'somebody else sends from it');
        break;
      case 'clock':
        this.raise(
          instance,
          'peer-clock',
          source,
          'its clock and ours differ by more than time_window',
        );
        break;
      case 'authentication':
      case 'replay':
      case 'unknown-key':
      case 'unsigned':
        this.raise(instance, 'not-authentic', source, NOT_AUTHENTIC[reason]);
        break;
      case 'addresses':
        this.raise(instance, 'address-list-mismatch', source, 'dropped: vrrp_strict');
        break;
      default:
    }
  }

  raise(
    { name }: VrrpInstance,
    alarm: AlarmSnapshot['name'],
    source: string,
    detail: string,
  ): void {
    this.alarms.raise(name, alarm, source, detail);
  }
}
