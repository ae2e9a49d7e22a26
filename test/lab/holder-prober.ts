/**
 * Asks, all the time, each of some hosts by ARP and by TCP whether it has an address, before all else that the machine
 * has to do. It listens to no answer: those are looked at in a capture. `node holder-prober.js ADDRESS FROM MAC…`
 */
import { parseMac } from '../../src/base/address.ts';
import { loadAddon } from '../../src/kernel/addon.ts';
import { openNetwork } from '../../src/kernel/network.ts';
import { applyProcessSettings } from '../../src/kernel/scheduling.ts';
import { arpQuestion, tcpQuestion } from './questions.ts';

const ASK_EVERY_MS = 4;
const PRIORITY = 60;
/** It hears nothing by its socket. */
const NO_ETHERTYPE = 0;

const [address = '', from = '', ...asked] = process.argv.slice(2);
const network = openNetwork();
const link = await network.readLink('eth0');
network.close();
const own = parseMac(link?.mac ?? '');
const macs = asked.flatMap((mac) => parseMac(mac) ?? []);
if (link === null || own === null || macs.length !== asked.length) {
  throw new Error('there is no eth0, or an argument is no MAC');
}
applyProcessSettings({ realtimePriority: PRIORITY, niceness: null, lockMemory: false });
const addon = loadAddon();
const fd = addon.openPacketSocket(link.index, NO_ETHERTYPE);
let number = 0;
setInterval(() => {
  number += 1;
  addon.sendFrame(fd, arpQuestion(number, own, address));
  for (const mac of macs) {
    addon.sendFrame(fd, tcpQuestion(number, { from: { mac: own, address: from }, mac, address }));
  }
}, ASK_EVERY_MS);
