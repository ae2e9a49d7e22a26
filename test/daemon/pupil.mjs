// A process under supervision for child.test.ts: its configuration tells it how to behave.
let config = {};
process.on('message', (order) => {
  switch (order.type) {
    case 'configure':
      config = order.config;
      if (config.refuse) {
        const error = { code: 'IPVS_UNAVAILABLE', message: 'no IPVS', hint: 'modprobe ip_vs' };
        process.send({ type: 'refused', error }, () => process.exit(2));
        return;
      }
      if (config.dies) process.exit(1);
      if (config.fail) {
        const error = { code: 'NETLINK_TIMEOUT', message: 'the kernel did not answer' };
        process.send({ type: 'failed', revision: order.revision, error });
      } else if (!config.deaf) {
        process.send({
          type: 'ready',
          revision: config.answersLate ? order.revision - 1 : order.revision,
        });
      }
      break;
    case 'request':
      if (!config.deaf)
        process.send({ type: 'reply', id: order.id, body: { pid: process.pid, config } });
      break;
    case 'ping':
      process.send({ type: 'pong' });
      break;
    case 'stop':
      if (!config.deaf) process.exit(0);
      break;
  }
});
process.on('disconnect', () => process.exit(0));
