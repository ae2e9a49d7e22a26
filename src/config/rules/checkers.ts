/** Checkers: whether there are any, how long they take, and what they look at. */

import type { PlacedServers } from '../build/placed.ts';
import type { Reports } from '../diagnostics/reports.ts';
import type { Section, Setting } from '../values/section.ts';
import type { RealServerParts, ServerParts } from './parts.ts';
import { lastWritten, nameIn, nameSpan, numberIn, valueSpan } from './written.ts';

const DELAY_LOOP_SECONDS = 60;

/** The setting that counts: the innermost. */
function innermost(name: string, sections: readonly Section[]): Setting | null {
  for (const section of sections) {
    const setting = lastWritten(section, name);
    if (setting !== null) return setting;
  }
  return null;
}

export function tellLongTimeouts(
  { section: real, checkers }: RealServerParts,
  virtual: Section,
  reports: Reports,
): void {
  for (const checker of checkers) {
    const chain = [checker, real, virtual];
    const timeout = innermost('connect_timeout', chain);
    const timeoutSeconds = numberIn(timeout);
    if (timeout === null || timeoutSeconds === null) continue;
    const loopSeconds = numberIn(innermost('delay_loop', chain)) ?? DELAY_LOOP_SECONDS;
    if (timeoutSeconds <= loopSeconds) continue;
    reports.add({
      code: 'timeout-too-long',
      span: timeout.span,
      message: `a check may take ${timeoutSeconds} s, and the next one is due after ${loopSeconds} s`,
      hint: 'connect_timeout should be shorter than delay_loop: failures are found later than you think',
    });
  }
}

/** Where some are checked and one is not, it was forgotten; where none is, that may be meant. */
export function tellUnchecked(section: Section, placed: PlacedServers, reports: Reports): void {
  const { servers, isChecked } = placed;
  if (!isChecked.includes(0)) return;
  if (!isChecked.includes(1)) {
    reports.add({
      code: 'no-checkers',
      span: nameSpan(section),
      message: 'none of the real servers has a checker: a dead one goes on getting connections',
      hint: 'TCP_CHECK { } in each real_server is the least',
    });
    return;
  }
  for (const [at, { address }] of servers.entries()) {
    if (isChecked[at] === 1) continue;
    reports.add({
      code: 'unchecked-server',
      span: placed.placeOf(at),
      message: `${address} has no checker, and others here have: it is up for ever`,
      hint: 'TCP_CHECK { } is the least; a server in maintenance has weight 0',
    });
  }
}

const RETRIED: ReadonlySet<string> = new Set(['TCP_CHECK', 'HTTP_GET', 'SSL_GET', 'SMTP_CHECK']);

/** Once a virtual server: what nobody has decided. */
export function adviseOnRetry({ section, realServers }: ServerParts, reports: Reports): void {
  for (const { section: realServer, checkers } of realServers) {
    const checker = checkers.find(
      (one) =>
        RETRIED.has(one.block) &&
        innermost('retry', [one, realServer, section]) === null &&
        lastWritten(one, 'nb_get_retry') === null,
    );
    if (checker === undefined) continue;
    const pause = innermost('delay_before_retry', [checker, realServer, section]);
    const seconds = numberIn(pause) ?? (/_GET$/.test(checker.block) ? 3 : 1);
    reports.add({
      code: 'retry-default',
      span: checker.span,
      message: `no retry is written: two failures ${seconds} s apart take a real server out`,
      hint: 'retry N and delay_before_retry SECONDS in the virtual_server hold for all of them',
    });
    return;
  }
}

export function adviseOnPorts({ section, realServers }: ServerParts, reports: Reports): void {
  const [first, second] = section.label;
  if (first?.text === 'fwmark') return;
  const portOfService = first?.text === 'group' ? undefined : second?.text;
  for (const { section: realServer, checkers } of realServers) {
    const port = realServer.label[1]?.text ?? portOfService;
    for (const checker of checkers) {
      const setting = lastWritten(checker, 'connect_port');
      const checked = numberIn(setting);
      if (setting === null || checked === null || String(checked) === port) continue;
      if (port === undefined || port === '0') continue;
      reports.add({
        code: 'other-port-checked',
        span: valueSpan(setting),
        message: `port ${checked} is checked, and ${port} is what clients use`,
        hint: 'a service that hangs on its own port stays in: check that one too',
      });
    }
  }
}

export function adviseOnStacks({ realServers }: ServerParts, reports: Reports): void {
  for (const { section: realServer, checkers } of realServers) {
    const [first, ...others] = checkers;
    const other = others.find(({ block }) => block !== first?.block);
    if (first === undefined || other === undefined) continue;
    reports.add({
      code: 'stacked-checkers',
      span: other.span,
      message: `${nameIn(realServer)} is up only while ${first.block} and ${other.block} both succeed`,
      hint: 'keep the one that tells most, unless all of them are needed',
    });
    return;
  }
}
