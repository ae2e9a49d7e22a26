/**
 * The client: asks an address for an echo every 2 ms, before all else that the machine has to do. Its packets are
 * looked at in a capture. `node vrrp-prober.js ADDRESS`
 */
import { applyProcessSettings } from '../../src/kernel/scheduling.ts';
import { observe } from '../lab/observe.ts';

const PRIORITY = 60;

applyProcessSettings({ realtimePriority: PRIORITY, niceness: null, lockMemory: false });
await observe(process.argv[2] as string, 'eth0');
