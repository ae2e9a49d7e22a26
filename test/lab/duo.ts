/** Two directors and a client on one link, as the VRRP examples of conf/ describe it. */
import { Lab, type Running } from './lab.ts';

export type DuoHost = 'director1' | 'director2';

export class Duo {
  readonly lab: Lab;
  private readonly folder: string;
  private readonly daemons = new Map<DuoHost, Running>();

  private constructor(lab: Lab, folder: string) {
    this.lab = lab;
    this.folder = folder;
  }

  /** `folder` of conf/: director1 runs its master.conf, director2 its backup.conf. */
  static async layOut(folder: string): Promise<Duo> {
    const lab = new Lab(folder);
    await lab.bridge('link');
    const on = (part: number) => ({ eth0: { bridge: 'link', address: `192.0.2.${part}/24` } });
    await lab.host('director1', on(2));
    await lab.host('director2', on(3));
    await lab.host('client', on(100));
    return new Duo(lab, folder);
  }

  start(host: DuoHost): void {
    const file = `conf/${this.folder}/${host === 'director1' ? 'master' : 'backup'}.conf`;
    const args = ['dist/src/lvsd.js', '-n', '-f', file, '--run-dir', this.runDir(host)];
    this.daemons.set(host, this.lab.start(host, host, process.execPath, ...args));
  }

  async stop(host: DuoHost): Promise<void> {
    const daemon = this.daemons.get(host);
    daemon?.kill('SIGTERM');
    await daemon?.ended;
  }

  /** The power fails: processes gone, cable dead, addresses forgotten. */
  async powerOff(host: DuoHost): Promise<void> {
    this.daemons.get(host)?.kill('SIGKILL');
    await this.lab.plug(host, 'eth0', false);
    await this.lab.run(host, 'ip', 'addr', 'del', '192.0.2.10/24', 'dev', 'eth0');
  }

  async powerOn(host: DuoHost): Promise<void> {
    await this.lab.plug(host, 'eth0', true);
    this.start(host);
  }

  async holds(host: DuoHost): Promise<boolean> {
    return (await this.lab.ip(host, 'addr', 'show', 'dev', 'eth0')).stdout.includes('192.0.2.10/');
  }

  async show(host: DuoHost): Promise<string> {
    return (await this.lab.lvsctl(host, '--run-dir', this.runDir(host), 'show')).stdout;
  }

  close(): Promise<void> {
    return this.lab.close();
  }

  private runDir(host: DuoHost): string {
    return `/run/${this.folder}-${host}`;
  }
}
