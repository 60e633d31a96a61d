// What is missing on this machine for VirtualBox, and what to do.
import { messageOf, PalletError } from "../../engine/errors.ts";
import type { Problem } from "../../engine/provider/provider.ts";
import { rangeProblems } from "./host_networks.ts";
import type { BoxOptions } from "./options.ts";
import type { Storeroom } from "./stock.ts";
import type { VBoxManage } from "./vboxmanage.ts";

/** A check's failure as a problem. */
function problemOf(path: string, error: unknown): Problem {
  const help = error instanceof PalletError ? error.help : undefined;
  return { path, message: messageOf(error), ...(help === undefined ? {} : { help }) };
}

/** The kernel driver: VirtualBox itself warns where it is not loaded. */
async function driver(vbox: VBoxManage, signal?: AbortSignal): Promise<readonly Problem[]> {
  const said = await vbox.said(["--version"], { signal });
  if (!/WARNING: The (?:vboxdrv|character device)/i.test(said)) return [];
  return [{
    path: "driver",
    message: "VirtualBox's kernel driver is not loaded, so that no machine can start",
    help: "Load it: sudo modprobe vboxdrv; where that fails, build it: sudo /sbin/vboxconfig",
  }];
}

/** What its window was told to speak VBoxManage speaks too since 7.0, whatever the locale; its words are read. */
async function language(vbox: VBoxManage, signal?: AbortSignal): Promise<readonly Problem[]> {
  const said = await vbox.said(["getextradata", "global", "GUI/LanguageID"], { signal });
  const told = /: ([a-z]{2}(?:_[A-Z]{2})?)$/.exec(said.trim())?.[1];
  if (told === undefined || told.startsWith("en")) return [];
  return [{
    path: "language",
    message:
      `VirtualBox was told to speak "${told}", and VBoxManage with it, whose words Pallet reads in English`,
    help: "Let it go by the system's language again: VBoxManage setextradata global GUI/LanguageID",
  }];
}

async function networks(storeroom: Storeroom, options: BoxOptions): Promise<readonly Problem[]> {
  const { hostOnly, hostOnlyNetworks, bridged } = await storeroom.networks();
  const { network, bridgedInterface } = options;
  if (network === "bridged" && bridgedInterface !== undefined) {
    return bridged.some(({ name, up }) => name === bridgedInterface && up) ? [] : [{
      path: "bridged-interface",
      message: `this machine has no interface "${bridgedInterface}" that is up`,
      help: `There is ${bridged.map(({ name }) => name).join(", ") || "none"}.`,
    }];
  }
  if (network !== "local" || hostOnly.length > 0 || hostOnlyNetworks !== undefined) return [];
  return await rangeProblems(options.localRange);
}

async function rights({ nodePath }: BoxOptions): Promise<readonly Problem[]> {
  try {
    await Deno.mkdir(nodePath, { recursive: true, mode: 0o700 });
    const file = await Deno.makeTempFile({ dir: nodePath });
    await Deno.remove(file);
    return [];
  } catch (error) {
    return [{
      path: "node-path",
      message: `cannot write to the nodes' folder ${nodePath}: ${messageOf(error)}`,
      help: "Choose another by option node-path.",
    }];
  }
}

/** Folders of models that were told, and are not there. */
export async function missingModels({ modelPaths }: BoxOptions): Promise<readonly Problem[]> {
  // The last one is the provider's own, which the first image makes.
  const told = await Promise.all(
    modelPaths.slice(0, -1).map(async (path) => {
      const isFolder = await Deno.stat(path).then((info) => info.isDirectory, () => false);
      return isFolder ? [] : [{
        path: "model-path",
        message: `there is no folder ${path}`,
        help: "Paths of a service are relative to the file that tells them; ~/ is your home.",
      }];
    }),
  );
  return told.flat();
}

/**
 * Checks the program, its kernel driver and language, the range of a host-only network that would have to be made, the rights to the
 * nodes' folder, and the folders of models. Neither the extension pack is needed nor membership in vboxusers, which is about USB.
 */
export async function checkBox(
  storeroom: Storeroom,
  options: BoxOptions,
  signal?: AbortSignal,
): Promise<readonly Problem[]> {
  let vbox: VBoxManage;
  try {
    ({ vbox } = await storeroom.box());
  } catch (error) {
    signal?.throwIfAborted();
    return [problemOf("vboxmanage", error)];
  }
  const checks = [
    driver(vbox, signal),
    language(vbox, signal),
    networks(storeroom, options),
    rights(options),
    missingModels(options),
  ];
  const done = await Promise.allSettled(checks);
  return done.flatMap((one) =>
    one.status === "fulfilled" ? one.value : [problemOf("virtualbox", one.reason)]
  );
}
