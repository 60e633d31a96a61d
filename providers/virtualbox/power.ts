// Takes machines off, by asking them or by cutting their power, and waits until they are.
import { PalletError } from "../../engine/errors.ts";
import { parseMachineReadable } from "./parse.ts";
import type { VBoxManage } from "./vboxmanage.ts";

/** States in which a machine has no process. */
const OFF: ReadonlySet<string> = new Set(["poweroff", "aborted", "saved", "aborted-saved", "teleported"]);

/** States that pass by themselves, and in which a machine takes no orders. */
const PASSING: ReadonlySet<string> = new Set(["starting", "restoring", "stopping", "saving", "settingup"]);

/** Seconds that a machine may take to be off once its power was cut. */
const POWER_OFF_SECONDS = 30;

/** Milliseconds between two looks at a state. */
const INTERVAL = 300;

/** All that VirtualBox tells of a machine, by its own keys. */
export async function valuesOf(vbox: VBoxManage, uuid: string): Promise<ReadonlyMap<string, string>> {
  return parseMachineReadable(await vbox.look(["showvminfo", uuid, "--machinereadable"]));
}

async function stateOf(vbox: VBoxManage, uuid: string): Promise<string> {
  return (await valuesOf(vbox, uuid)).get("VMState") ?? "";
}

/** Waits until the state of a machine is as wanted; whether it is within some seconds. */
async function waitFor(
  vbox: VBoxManage,
  uuid: string,
  seconds: number,
  wanted: (state: string) => boolean,
): Promise<boolean> {
  const until = performance.now() + seconds * 1000;
  while (!wanted(await stateOf(vbox, uuid))) {
    if (performance.now() > until) return false;
    await new Promise((resolve) => setTimeout(resolve, INTERVAL));
  }
  return true;
}

async function waitUntilOff(vbox: VBoxManage, uuid: string, seconds: number): Promise<boolean> {
  return await waitFor(vbox, uuid, seconds, (state) => OFF.has(state));
}

/**
 * Cuts the power of a machine.
 *
 * @throws {PalletError} when it is not off soon after.
 */
export async function powerOff(
  vbox: VBoxManage,
  { uuid, name }: { readonly uuid: string; readonly name: string },
): Promise<void> {
  // A command that was ended may have asked for its start.
  await waitFor(vbox, uuid, POWER_OFF_SECONDS, (state) => !PASSING.has(state));
  if (OFF.has(await stateOf(vbox, uuid))) return;
  try {
    await vbox.change(uuid, ["controlvm", uuid, "poweroff"]);
  } catch (error) {
    // It may have gone off by itself meanwhile.
    if (!OFF.has(await stateOf(vbox, uuid))) throw error;
  }
  if (await waitUntilOff(vbox, uuid, POWER_OFF_SECONDS)) return;
  throw new PalletError(`Machine "${name}" is not off ${POWER_OFF_SECONDS} seconds after its power was cut`, {
    kind: "provider",
    help: `End its process (VBoxHeadless --startvm ${uuid}), then try again.`,
  });
}

/** Asks a machine that runs to power off, and cuts its power where it does not in some seconds. */
export async function shutDown(
  vbox: VBoxManage,
  machine: { readonly uuid: string; readonly name: string },
  seconds: number,
  signal?: AbortSignal,
): Promise<void> {
  const { uuid } = machine;
  await vbox.change(uuid, ["controlvm", uuid, "acpipowerbutton"], { signal });
  if (!await waitUntilOff(vbox, uuid, seconds)) await powerOff(vbox, machine);
}
