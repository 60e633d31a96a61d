// The disk that nodes of an image share. Nothing is ever written to it: it is attached as multi-attach, or not at all.
import { PalletError } from "../../engine/errors.ts";
import { VBoxManageError } from "./errors.ts";
import { type Medium, parseMedium } from "./parse.ts";
import type { VBoxManage } from "./vboxmanage.ts";

/** What VirtualBox knows of a disk; it learns of it by this, where it does not know it yet. */
export async function mediumAt(vbox: VBoxManage, path: string, signal?: AbortSignal): Promise<Medium> {
  const medium = parseMedium(await vbox.look(["showmediuminfo", "disk", path], { signal }));
  if (medium !== undefined) return medium;
  throw new PalletError(`Cannot tell what disk "${path}" is: VirtualBox says nothing of it`, {
    kind: "provider",
  });
}

/** Disks on VirtualBox's own list, and not on that of a machine, are of other types alone; when it forgets one, it is on none. */
const ON_OWN_LIST = /can only be used on media registered with a machine/;

async function setMultiAttach(
  vbox: VBoxManage,
  { children }: Medium,
  path: string,
  signal?: AbortSignal,
): Promise<void> {
  const set = () => vbox.change(path, ["modifymedium", "disk", path, "--type", "multiattach"], { signal });
  try {
    await set();
  } catch (error) {
    const isListed = error instanceof VBoxManageError && ON_OWN_LIST.test(error.message);
    if (!isListed || children.length > 0) throw error;
    await vbox.change(path, ["closemedium", "disk", path], { signal });
    await set();
  }
}

/**
 * Makes sure that a disk is multi-attach, and looks again whether it is: only then it may be attached.
 *
 * @throws {PalletError} when it is not and cannot be made so, because a machine has it attached as it is, say.
 */
export async function ensureMultiAttach(
  vbox: VBoxManage,
  path: string,
  signal?: AbortSignal,
): Promise<Medium> {
  const medium = await mediumAt(vbox, path, signal);
  if (medium.type === "multiattach") return medium;
  if (medium.parent !== undefined) {
    throw new PalletError(`Cannot make nodes of disk "${path}": it is a difference to another disk`, {
      kind: "provider",
      help: "Clone it to a whole disk: pallet image create NAME --from-vm MACHINE.",
    });
  }
  if (medium.usedBy.length > 0) {
    throw new PalletError(
      `Cannot make nodes of disk "${path}": it is attached as ${medium.type} to ${
        medium.usedBy.join(", ")
      }, which writes to it`,
      {
        kind: "provider",
        help: "Detach it there; or make an image of a copy: pallet image create NAME --from-vm MACHINE.",
      },
    );
  }
  try {
    await setMultiAttach(vbox, medium, path, signal);
  } catch (error) {
    if (!(error instanceof VBoxManageError)) throw error;
    throw new PalletError(
      `Cannot make disk "${path}" multi-attach, and never attaches it otherwise: ${error.message}`,
      {
        kind: "provider",
        help: error.help ?? "Detach it from all machines, then try again.",
        cause: error,
      },
    );
  }
  const after = await mediumAt(vbox, path, signal);
  if (after.type === "multiattach") return after;
  throw new PalletError(
    `Disk "${path}" is ${after.type} although VirtualBox was told to make it multi-attach; it is not attached`,
    { kind: "provider", help: `Look at it: VBoxManage showmediuminfo disk ${path}` },
  );
}
