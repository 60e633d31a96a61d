// The commands of the stand-in for VBoxManage: arguments in, what it says and its status out.
import { Failure, lockedFailure, usage } from "./failure.ts";
import { cloneDisk, removeGuest, startGuest, stopGuest } from "./guests.ts";
import * as machines from "./machines.ts";
import * as media from "./media.ts";
import { modify, modifyUsage } from "./modifyvm.ts";
import { help, list } from "./lists.ts";
import { dhcpServer, hostOnlyIf } from "./networks.ts";
import { longText, machineReadable } from "./show.ts";
import { type Machine, type State, Store } from "./state.ts";
import * as storage from "./storage.ts";
import { parseLine, valueOf } from "./words.ts";

/** Machines that a command works on at the moment. */
const sessions = new Set<string>();

/** Works on a machine while no other command may. */
async function withSession(
  store: Store,
  name: string | undefined,
  context: string,
  work: (state: State, machine: Machine) => string | Promise<string>,
): Promise<string> {
  const { uuid, name: own } = machines.find(await store.read(), name);
  if (sessions.has(uuid)) throw lockedFailure(own, context);
  sessions.add(uuid);
  try {
    // Long enough for a second command to come in between, if there is one.
    await new Promise((resolve) => setTimeout(resolve, 5));
    return await store.change((state) => work(state, machines.find(state, uuid)));
  } finally {
    sessions.delete(uuid);
  }
}

async function startVm(store: Store, [name, ...words]: readonly string[]): Promise<string> {
  const type = valueOf(parseLine({ "--type": 1 }, words), "--type") ?? "gui";
  if (!["gui", "sdl", "headless", "separate"].includes(type)) throw usage(`Invalid session type '${type}'`);
  await withSession(store, name, "LaunchVMProcess(a->session, sessionType.raw(), ...)", (state, machine) => {
    machines.mustStart(state, machine);
    storage.writeToDisks(state, machine);
    machines.setState(machine, "starting");
    return "";
  });
  const machine = machines.find(await store.read(), name);
  let guest: Machine["guest"];
  try {
    guest = await startGuest(store.folder, await store.read(), machine);
  } catch (error) {
    await store.change((state) => machines.setState(machines.find(state, machine.uuid), "aborted"));
    throw new Failure(
      `The virtual machine '${machine.name}' has terminated unexpectedly: ${error}`,
      "E_FAIL",
    );
  }
  await store.change((state) => {
    const started = machines.find(state, machine.uuid);
    machines.setState(started, "running");
    if (guest !== undefined) started.guest = guest;
  });
  return `Waiting for VM "${name}" to power on...\nVM "${name}" has been successfully started.\n`;
}

const ENDINGS: Readonly<Record<string, string>> = {
  poweroff: "poweroff",
  acpipowerbutton: "poweroff",
  savestate: "saved",
};

async function controlVm(store: Store, [name, what = "", ...words]: readonly string[]): Promise<string> {
  const state = await store.read();
  const machine = machines.find(state, name);
  if (machine.state !== "running" && machine.state !== "paused") {
    throw new Failure(`Machine '${machine.name}' is not currently running.`, undefined);
  }
  const ending = ENDINGS[what];
  if (ending !== undefined) {
    await stopGuest(store.folder, state, machine);
    await store.change((state) => {
      const stopped = machines.find(state, machine.uuid);
      machines.setState(stopped, ending);
      delete stopped.guest;
    });
  } else if (what === "pause" || what === "resume") {
    await store.change((state) =>
      machines.setState(machines.find(state, machine.uuid), what === "pause" ? "paused" : "running")
    );
  } else if (what === "screenshotpng") {
    await Deno.writeFile(words[0] ?? "", Uint8Array.of(0x89, 0x50, 0x4e, 0x47));
  } else throw usage(`Invalid parameter '${what}'`);
  return "0%...10%...20%...100%\n";
}

async function unregisterVm(store: Store, [name, ...words]: readonly string[]): Promise<string> {
  const state = await store.read();
  const machine = machines.find(state, name);
  const said = await store.change((state) => machines.unregisterVm(state, machines.find(state, name), words));
  await removeGuest(store.folder, state, machine);
  return said;
}

async function cloneMedium(store: Store, words: readonly string[]): Promise<string> {
  const said = await store.change((state) => media.cloneMedium(state, words));
  const state = await store.read();
  const [from, to = ""] = words.filter((word) => word.startsWith("/"));
  const source = state.media.find(({ location }) => location === from);
  const [machine] = source === undefined ? [] : media.usersOf(state, source.uuid);
  if (machine !== undefined) await cloneDisk(store.folder, state, machine, to);
  return said;
}

/**
 * Does what a command line says.
 *
 * @throws {Failure} as VBoxManage fails.
 */
export async function run(store: Store, [command = "", ...words]: readonly string[]): Promise<string> {
  const [name, ...rest] = words;
  const look = async (work: (state: State) => string) => work(await store.read());
  const change = (work: (state: State) => string) => store.change(work);
  switch (command) {
    case "--version":
    case "-v": {
      const { version, driver } = await store.read();
      const warning =
        "WARNING: The vboxdrv kernel module is not loaded. Either there is no module\n         available for the current kernel or it failed to load.\n";
      return `${driver ? "" : warning}${version}\n`;
    }
    case "help":
      return await look((state) => help(state, name));
    case "list":
      return await look((state) => list(state, words));
    case "createvm":
      if (words.length === 0) {
        throw usage(`Parameter --name is required\n${machines.createUsage((await store.read()).version)}`);
      }
      return await change((state) => machines.createVm(state, words));
    case "modifyvm":
      if (words.length === 0) {
        throw usage(`Not enough parameters\n${modifyUsage((await store.read()).version)}`);
      }
      return await withSession(store, name, "LockMachine(a->session, LockType_Write)", (state, machine) => {
        modify(state.version, machine, rest);
        return "";
      });
    case "storagectl":
      return await withSession(
        store,
        name,
        "LockMachine(a->session, LockType_Write)",
        (_, machine) => storage.storageCtl(machine, rest),
      );
    case "storageattach":
      return await withSession(
        store,
        name,
        "LockMachine(a->session, LockType_Shared)",
        (state, machine) => storage.storageAttach(state, machine, rest),
      );
    case "setextradata":
      return await withSession(
        store,
        name,
        "LockMachine(a->session, LockType_Shared)",
        (_, machine) => machines.setExtraData(machine, rest),
      );
    case "snapshot":
      return await withSession(
        store,
        name,
        "LockMachine(a->session, LockType_Shared)",
        (state, machine) => storage.snapshot(state, machine, rest),
      );
    case "discardstate":
      return await withSession(store, name, "LockMachine(a->session, LockType_Write)", (_, machine) => {
        if (machine.state !== "saved") {
          throw new Failure("Invalid machine state", "VBOX_E_INVALID_VM_STATE", "DiscardSavedState(true)");
        }
        machines.setState(machine, "poweroff");
        return "";
      });
    case "sharedfolder":
      return await change((state) => machines.sharedFolder(state, words));
    case "showvminfo":
      return await look((state) => {
        const machine = machines.find(state, name);
        return rest.includes("--machinereadable")
          ? machineReadable(state, machine)
          : longText(state, machine);
      });
    case "getextradata":
      return await look((state) => machines.getExtraData(state, words));
    case "guestproperty":
      return await look((state) => machines.guestProperty(state, words));
    case "startvm":
      return await startVm(store, words);
    case "controlvm":
      return await controlVm(store, words);
    case "unregistervm":
      return await unregisterVm(store, words);
    case "showmediuminfo":
      return await change((state) => media.showMedium(state, words));
    case "modifymedium":
      return await change((state) => media.modifyMedium(state, words));
    case "closemedium":
      return await change((state) => media.closeMedium(state, words));
    case "createmedium":
      return await change((state) => media.createMedium(state, words));
    case "clonemedium":
      return await cloneMedium(store, words);
    case "convertfromraw":
      return media.convertFromRaw(words);
    case "hostonlyif":
      return await change((state) => hostOnlyIf(state, words));
    case "dhcpserver":
      return await change((state) => dhcpServer(state, words));
    default:
      throw usage(`Invalid command '${command}'`);
  }
}
