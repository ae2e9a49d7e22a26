// Stands in for the vrrp and the health process in supervisor.test.ts. Words in the configuration that it
// is given (names, say) tell it how to behave; each order that it gets is a line in a file.
import { appendFileSync, existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const runDir = process.env.LVSD_RUN_DIR;
let text = '';
let name = '';

function configure({ revision, config }) {
  text = JSON.stringify(config);
  name = 'instances' in config ? 'vrrp' : 'health';
  appendFileSync(join(runDir, 'orders'), `${name} ${revision}\n`);
  if (text.includes('finds-alive')) process.send({ type: 'servers-up', up: true });
  if (text.includes('refuses')) {
    const error = { code: 'IPVS_UNAVAILABLE', message: 'no IPVS', hint: 'modprobe ip_vs' };
    process.send({ type: 'refused', error }, () => process.exit(2));
  } else if (text.includes('fails')) {
    const error = { code: 'NETLINK_TIMEOUT', message: 'the kernel did not answer' };
    process.send({ type: 'failed', revision, error });
  } else if (text.includes('dies-once') && !existsSync(join(runDir, 'died'))) {
    writeFileSync(join(runDir, 'died'), '');
    process.exit(1);
  } else if (text.includes('waits')) {
    whenThere(join(runDir, 'go'), () => process.send({ type: 'ready', revision }));
  } else if (!text.includes('silent')) {
    process.send({ type: 'ready', revision });
  }
}

function whenThere(path, run) {
  if (existsSync(path)) run();
  else setTimeout(() => whenThere(path, run), 5);
}

process.on('message', (order) => {
  switch (order.type) {
    case 'configure':
      configure(order);
      break;
    case 'servers-up':
      appendFileSync(join(runDir, 'servers-up'), `${order.up}\n`);
      break;
    case 'request':
      process.send({ type: 'reply', id: order.id, body: { told: text } });
      break;
    case 'stop':
      if (order.keep) writeFileSync(join(runDir, `kept-${name}`), '');
      process.exit(0);
  }
});
process.on('disconnect', () => process.exit(0));
for (const signal of ['SIGINT', 'SIGTERM', 'SIGQUIT', 'SIGHUP']) process.on(signal, () => {});
