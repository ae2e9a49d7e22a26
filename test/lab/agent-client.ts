/** The test's end of the helper in a host. */
import type { ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import type {
  EchoAttempt,
  EchoReport,
  Observation,
  Order,
  ProbeReport,
  WatchReport,
} from './agent-protocol.ts';

export class Agent {
  private readonly process: ChildProcess;
  private readonly waiting: ((reply: unknown) => void)[] = [];

  constructor(process: ChildProcess) {
    this.process = process;
    if (process.stdout === null) throw new Error('the agent has no output');
    createInterface({ input: process.stdout }).on('line', (line) =>
      this.waiting.shift()?.(JSON.parse(line)),
    );
  }

  async serve(port: number, body: string): Promise<void> {
    await this.ask({ do: 'serve', port, body });
  }

  async stopServing(): Promise<void> {
    await this.ask({ do: 'stop-serving' });
  }

  async serveEcho(name: string, port: number): Promise<void> {
    await this.ask({ do: 'serve-echo', name, port });
  }

  async echo(attempt: EchoAttempt): Promise<EchoReport> {
    return (await this.ask({ do: 'echo', attempt })) as EchoReport;
  }

  /** How often each body came; failures are counted by their reason. */
  async fetch(url: string, times: number): Promise<Readonly<Record<string, number>>> {
    return (await this.ask({ do: 'fetch', url, times })) as Record<string, number>;
  }

  /** From the MAC address that the frame names. */
  async sendFrame(hex: string, link = 'eth0'): Promise<void> {
    await this.ask({ do: 'send-frame', interface: link, hex });
  }

  async watch(url: string): Promise<void> {
    await this.ask({ do: 'watch', url });
  }

  async endWatch(): Promise<WatchReport> {
    return (await this.ask({ do: 'end-watch' })) as WatchReport;
  }

  async probe(address: string, from: string, link = 'eth0'): Promise<void> {
    await this.ask({ do: 'probe', address, from, interface: link });
  }

  async endProbe(): Promise<ProbeReport> {
    return (await this.ask({ do: 'end-probe' })) as ProbeReport;
  }

  async observe(address: string, link = 'eth0'): Promise<void> {
    await this.ask({ do: 'observe', address, interface: link });
  }

  async endObserve(): Promise<Observation> {
    return (await this.ask({ do: 'end-observe' })) as Observation;
  }

  close(): void {
    this.process.kill('SIGKILL');
  }

  private ask(order: Order): Promise<unknown> {
    return new Promise((resolve) => {
      this.waiting.push(resolve);
      this.process.stdin?.write(`${JSON.stringify(order)}\n`);
    });
  }
}
