/**
 * What changes of the IPVS table are likely to cost the kernel (pace.ts). A destination of a service that is bound to `mh`
 * costs it a table of 4093 entries each time, so it is remembered which services are.
 */
import { nameOfService } from '../model/names.ts';
import type { IpvsChange } from '../wire/ipvs/request.ts';
import type { Service, ServiceKey } from '../wire/ipvs/service.ts';
import type { MessageCost } from './pace.ts';

const MH = 'mh';
const NO_SCHEDULER = 'none';

interface ServiceEdit {
  readonly service: Service;
  readonly before?: Service;
}

export class ChangeCosts {
  /** Names of the services that are bound to `mh`, as far as we know. */
  private readonly mh = new Set<string>();

  /** All that the kernel holds. */
  hasRead(services: readonly Service[]): void {
    this.mh.clear();
    for (const service of services) this.note(service);
  }

  /** Of changes that are made now, in this order. */
  of(changes: readonly IpvsChange[]): (at: number) => MessageCost {
    const dear = new Map<number, MessageCost>();
    let key: ServiceKey | null = null;
    let isMh = false;
    changes.forEach((change, at) => {
      switch (change.do) {
        case 'add-service':
          this.note(change.service);
          key = null;
          break;
        case 'edit-service':
          dear.set(at, costOfEdit(change));
          this.note(change.service);
          key = null;
          break;
        case 'remove-service':
          this.mh.delete(nameOfService(change.key));
          break;
        default:
          if (this.mh.size === 0) break;
          // The changes of one service share its key object.
          if (change.key !== key) isMh = this.mh.has(nameOfService(change.key));
          key = change.key;
          if (isMh) dear.set(at, 'bind');
      }
    });
    return (at) => dear.get(at) ?? 'plain';
  }

  private note({ key, scheduler }: Service): void {
    if (scheduler === MH) this.mh.add(nameOfService(key));
    else if (this.mh.size > 0) this.mh.delete(nameOfService(key));
  }
}

/** What a service was before is known where a comparison has found the change. */
function costOfEdit({ service, before }: ServiceEdit): MessageCost {
  if (before?.scheduler === service.scheduler) return 'plain';
  return before?.scheduler === NO_SCHEDULER ? 'bind' : 'rebind';
}
