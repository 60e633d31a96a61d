// Waits until a node answers, by trying; tells which step it waits for, and at its end what there is to see.
import { join } from "node:path";
import { messageOf, PalletError } from "../../engine/errors.ts";
import { greeting } from "../../engine/provider/greeting.ts";
import type { Readiness } from "../../engine/provider/provider.ts";
import { addressOf, consoleText } from "./address.ts";
import { parseMachineReadable } from "./parse.ts";
import type { NodeRecord } from "./plan.ts";
import type { VBoxManage } from "./vboxmanage.ts";

/** What waiting takes. */
export interface Waiting {
  readonly vbox: VBoxManage;
  readonly record: NodeRecord;
  /** Seconds for all of it. */
  readonly bootTimeout: number;
  /** Folder for a picture of the screen. */
  readonly pictures: string;
  /** Milliseconds between two looks. */
  readonly interval?: number;
  readonly signal?: AbortSignal | undefined;
}

/** Seconds in which sshd says its first line, once it answers. */
const GREETING = 3;
/** The last lines of a console that a message shows. */
const LINES = 12;

/** State of a machine, as `--machinereadable` has it. */
export async function machineState(vbox: VBoxManage, uuid: string, signal?: AbortSignal): Promise<string> {
  const text = await vbox.look(["showvminfo", uuid, "--machinereadable"], { signal });
  return parseMachineReadable(text).get("VMState") ?? "unknown";
}

/** A picture of the screen: what a machine that does not boot has to say. */
async function picture({ vbox, record, pictures }: Waiting): Promise<string> {
  const file = join(pictures, `${record.name}-${record.uuid.slice(0, 8)}.png`);
  try {
    await Deno.mkdir(pictures, { recursive: true });
    await vbox.change(record.uuid, ["controlvm", record.uuid, "screenshotpng", file]);
    return `Its screen is in ${file}`;
  } catch (error) {
    return `Its screen cannot be shown (${messageOf(error)})`;
  }
}

async function failure(waiting: Waiting, what: string, running: boolean): Promise<PalletError> {
  const said = (await consoleText(waiting.record.folder)).trim().split(/\r*\n/).slice(-LINES).join("\n");
  const screen = running ? `${await picture(waiting)}. ` : "";
  return new PalletError(`Node "${waiting.record.name}" is not ready: ${what}`, {
    kind: "provider",
    help: `${screen}${
      said === "" ? "It has written nothing on its console." : `The last on its console:\n${said}`
    }`,
  });
}

function noAddress({ record, bootTimeout }: Waiting): string {
  const { attach, target, mac } = record.management;
  const where = target === undefined ? attach : `${attach} ${target}`;
  return `its adapter ${mac} (${where}) had no address within ${bootTimeout} seconds`;
}

/**
 * Steps until sshd of a node answers. Its host key needs no waiting: a seed carries it, and sshd starts after cloud-init
 * has laid keys and users.
 *
 * @throws {PalletError} when the machine stops meanwhile or the time limit ends.
 */
export async function* readiness(waiting: Waiting): AsyncGenerator<Readiness> {
  const { vbox, record, bootTimeout, interval = 500, signal } = waiting;
  const until = performance.now() + bootTimeout * 1000;
  const late = () => performance.now() > until;
  const pause = async () => {
    await new Promise((resolve) => setTimeout(resolve, interval));
    signal?.throwIfAborted();
  };
  const mustRun = async () => {
    const state = await machineState(vbox, record.uuid, signal);
    if (state !== "running" && state !== "starting") {
      throw await failure(waiting, `the machine is ${state}`, false);
    }
  };
  await mustRun();
  yield { step: "running", message: "the machine runs" };
  yield { step: "address", message: `waiting for the address of its adapter ${record.management.mac}` };
  let address = await addressOf(vbox, record, signal);
  while (address === undefined) {
    if (late()) throw await failure(waiting, noAddress(waiting), true);
    await pause();
    await mustRun();
    address = await addressOf(vbox, record, signal);
  }
  yield { step: "port", message: `waiting for sshd on ${address.address} port ${address.port}` };
  while ((await greeting(address.address, address.port, GREETING))?.startsWith("SSH-") !== true) {
    signal?.throwIfAborted();
    if (late()) {
      const what =
        `sshd did not answer on ${address.address} port ${address.port} within ${bootTimeout} seconds`;
      throw await failure(waiting, what, true);
    }
    await pause();
    await mustRun();
    // The first address may have been one of an earlier boot.
    address = await addressOf(vbox, record, signal) ?? address;
  }
  yield {
    step: "host-key",
    message: record.hostKey === undefined ? "not known, it is the image's" : "attested by its seed",
  };
  yield { step: "login", message: `as ${record.user}` };
  yield { step: "done", message: "ready" };
}
