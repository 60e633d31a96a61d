// What the stand-in remembers: one file, changed by one process at a time.

/** A network adapter. */
export interface Nic {
  attach: string;
  target: string;
  mac: string;
  type: string;
  cable: boolean;
  forwards: string[];
}

/** What is at a place of a controller. */
export interface Attachment {
  port: number;
  device: number;
  type: "hdd" | "dvddrive" | "fdd";
  /** Id of a medium, or `emptydrive`. */
  medium: string;
}

/** A storage controller. */
export interface Controller {
  name: string;
  bus: string;
  type: string;
  ports: number;
  attachments: Attachment[];
}

/** A machine. */
export interface Machine {
  uuid: string;
  name: string;
  groups: string;
  osType: string;
  folder: string;
  settingsFile: string;
  state: string;
  since: string;
  attributes: Record<string, string>;
  nics: Record<string, Nic>;
  controllers: Controller[];
  extra: Record<string, string>;
  sharedFolders: { name: string; path: string; writable: boolean }[];
  uart?: { mode: string; file: string };
  snapshot?: string;
  /** Its guest, while there is one. */
  guest?: { address: string; relays: number[] };
}

/** A disk, a disc or a floppy disk. */
export interface Medium {
  uuid: string;
  kind: "disk" | "dvd" | "floppy";
  location: string;
  parent?: string;
  type: string;
  format: string;
  /** Megabytes. */
  capacity: number;
}

/** An interface of the host. */
export interface HostInterface {
  name: string;
  address: string;
  netmask: string;
  up: boolean;
}

/** A failure that is to happen. */
export interface Fault {
  /** The first words of the command. */
  command: string[];
  /** A word that has to be somewhere behind. */
  word?: string;
  times: number;
  /** What goes to standard error; nothing: it succeeds after the pause. */
  stderr?: string;
  status?: number;
  /** Seconds that it takes. */
  pause?: number;
}

/** Everything. */
export interface State {
  version: string;
  machines: Machine[];
  media: Medium[];
  bridged: HostInterface[];
  hostOnly: HostInterface[];
  dhcp: {
    interface: string;
    server: string;
    netmask: string;
    lower: string;
    upper: string;
    enabled: boolean;
  }[];
  natNetworks: string[];
  /** Extra data of VirtualBox itself. */
  extra: Record<string, string>;
  faults: Fault[];
  /** Whether machines that run are lab nodes. */
  guests: "lab" | "none";
  /** By which ways a guest's address gets known. */
  tells: ("additions" | "console" | "lease")[];
  /** Whether the kernel driver is loaded. */
  driver: boolean;
}

/** Folder of the state. */
export class Store {
  constructor(readonly folder: string) {}

  get #file(): string {
    return `${this.folder}/state.json`;
  }

  /** Looks at the state. */
  async read(): Promise<State> {
    return JSON.parse(await Deno.readTextFile(this.#file));
  }

  /** Changes the state, alone. */
  async change<T>(work: (state: State) => T | Promise<T>): Promise<T> {
    const lock = await Deno.open(`${this.folder}/lock`, { create: true, write: true });
    try {
      await lock.lock(true);
      const state = await this.read();
      const result = await work(state);
      await Deno.writeTextFile(`${this.#file}.part`, JSON.stringify(state, null, 1));
      await Deno.rename(`${this.#file}.part`, this.#file);
      return result;
    } finally {
      lock.close();
    }
  }
}
