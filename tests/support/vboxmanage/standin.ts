// A stand-in for VirtualBox in a folder of a test's own.
import { join } from "node:path";
import { type Fault, type Machine, type State, Store } from "./state.ts";

const MAIN = new URL("./main.ts", import.meta.url).pathname;
const CONFIG = new URL("../../../deno.json", import.meta.url).pathname;

/**
 * VBoxManage: hands its words to the service, and says what that says. Starts in a few milliseconds. It speaks the
 * language of who asks, and English alone can be read.
 */
const PROGRAM = `#!/bin/bash
shopt -s nocasematch
[[ $LC_ALL =~ ^(C|C\\.utf-?8|en_US\\.utf-?8)$ ]] || { echo "VBoxManage: Fehler: Diese Sprache liest niemand" >&2; exit 1; }
exec 3<>/dev/tcp/127.0.0.1/PORT
printf '%s\\0' "$#" "$@" >&3
read -r status out err <&3 || exit 1
head -c "$out" <&3
head -c "$err" <&3 >&2
exit "$status"
`;

/** What is different from a workstation with a 7.1, one Ethernet and one host-only interface. */
export type Setting = Partial<
  Pick<State, "version" | "bridged" | "hostOnly" | "dhcp" | "natNetworks" | "guests" | "tells" | "driver">
>;

/** A stand-in. */
export interface StandIn {
  readonly folder: string;
  /** Path of its VBoxManage. */
  readonly program: string;
  read(): Promise<State>;
  change(work: (state: State) => void): Promise<void>;
  fail(fault: Fault): Promise<void>;
  /** All commands so far, and none of them again. */
  calls(): Promise<readonly (readonly string[])[]>;
  /** Runs its VBoxManage. */
  run(...args: readonly string[]): Promise<string>;
  /** A disk of an image, of which no byte may change. */
  disk(name: string, type?: string): Promise<string>;
  machine(name: string): Promise<Machine | undefined>;
  /** Removes machines and their guests, whoever made them. */
  clear(): Promise<void>;
  /** Ends its service. */
  close(): Promise<void>;
}

/** Versions that the stand-in speaks as. */
export const versions = ["6.1.50r161033", "7.1.4r165100"] as const;

const HOST_ONLY = { name: "vboxnet0", address: "192.168.56.1", netmask: "255.255.255.0", up: true };

/** Makes a stand-in. */
export async function makeStandIn(folder: string, setting: Setting = {}): Promise<StandIn> {
  const own = join(folder, "virtualbox");
  await Deno.mkdir(own, { recursive: true });
  const state: State = {
    version: versions[1],
    machines: [],
    media: [],
    bridged: [
      { name: "eth0", address: "192.0.2.10", netmask: "255.255.255.0", up: true },
      { name: "wlan0", address: "0.0.0.0", netmask: "0.0.0.0", up: false },
    ],
    hostOnly: [HOST_ONLY],
    dhcp: [{
      interface: "vboxnet0",
      server: "192.168.56.100",
      netmask: "255.255.255.0",
      lower: "192.168.56.101",
      upper: "192.168.56.254",
      enabled: true,
    }],
    natNetworks: ["NatNetwork"],
    extra: {},
    faults: [],
    guests: "none",
    tells: ["additions"],
    driver: true,
    ...setting,
  };
  await Deno.writeTextFile(join(own, "state.json"), JSON.stringify(state));
  await Deno.writeTextFile(join(own, "calls"), "");
  const program = join(own, "VBoxManage");
  const service = new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--no-check", "--config", CONFIG, "-A", MAIN, own],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const said = service.stdout.getReader();
  const port = Number(new TextDecoder().decode((await said.read()).value));
  await Deno.writeTextFile(program, PROGRAM.replace("PORT", String(port)), { mode: 0o755 });
  const store = new Store(own);
  const run = async (...args: readonly string[]): Promise<string> => {
    const { stdout, stderr, success } = await new Deno.Command(program, {
      args: [...args],
      env: { LC_ALL: "C" },
    }).output();
    const text = new TextDecoder().decode(stdout);
    if (!success) throw new Error(new TextDecoder().decode(stderr));
    return text;
  };
  return {
    folder: own,
    program,
    read: () => store.read(),
    change: (work) => store.change(work),
    fail: (fault) => store.change((state) => void state.faults.push(fault)),
    async calls() {
      const text = await Deno.readTextFile(join(own, "calls"));
      await Deno.writeTextFile(join(own, "calls"), "");
      return text.split("\n").filter((line) => line !== "").map((line) => JSON.parse(line));
    },
    run,
    async clear() {
      for (const { uuid } of (await store.read()).machines) {
        await run("controlvm", uuid, "poweroff").catch(() => {});
        await run("unregistervm", uuid, "--delete").catch(() => {});
      }
    },
    async disk(name, type = "normal") {
      const path = join(own, name);
      const bytes = new TextEncoder().encode(`<<< Oracle VM VirtualBox Disk Image >>>\n${name}\n`.repeat(50));
      await Deno.writeFile(path, bytes);
      await store.change((state) => {
        if (type === "unknown") return;
        state.media.push({
          uuid: crypto.randomUUID(),
          kind: "disk",
          location: path,
          type,
          format: "VDI",
          capacity: 10240,
        });
      });
      return path;
    },
    machine: async (name) => (await store.read()).machines.find((one) => one.name === name),
    async close() {
      await said.cancel();
      await service.stdin.close();
      await service.status;
    },
  };
}
