import { join } from "node:path";
import { PalletError } from "../../errors.ts";
import type { Content } from "../types.ts";
import { INDEX, readVendor, writeVendor } from "../vendor.ts";
import { type CratesOptions, open, readerOf, withGraph } from "./workspace.ts";

/** What was vendored. */
export interface VendorReport {
  readonly folder: string;
  readonly modules: number;
}

/**
 * Puts all modules of the web that a project needs into its folder `vendor`, from where they are read from then on.
 *
 * @throws {PalletError} when one cannot be had, or the folder is not Pallet's.
 */
export async function vendorCrates(options: CratesOptions): Promise<VendorReport> {
  return await withGraph({ ...options, unvendored: true }, async ({ project, lock }) => {
    const { vendorFolder, folder } = project;
    const there = await Deno.stat(vendorFolder).then(() => true, () => false);
    if (there && await readVendor(vendorFolder) === undefined) {
      throw new PalletError(`Cannot vendor into "${vendorFolder}": it is there, and has no ${INDEX}`, {
        kind: "usage",
        help: `What is in it is not Pallet's: move it, e.g. to ${join(folder, "third-party")}.`,
      });
    }
    await project.save();
    const reader = await readerOf(folder, { ...options, known: lock.merged, unvendored: true });
    const modules = new Map<string, Content>();
    try {
      for (const url of Object.keys(lock.used.modules)) {
        const found = await reader.read(url);
        if ("bytes" in found) modules.set(url, found);
        else {
          const refused = "refused" in found ? found.refused : `it is redirected to ${found.moved}`;
          throw new PalletError(`Cannot vendor "${url}": ${refused}`, { kind: "infra" });
        }
      }
    } finally {
      await reader.close();
    }
    if (there || modules.size > 0) await writeVendor(vendorFolder, modules);
    return { folder: vendorFolder, modules: modules.size };
  });
}

/** Vendors anew where a project has vendored modules; what is locked and what lies there must not part. */
export async function keepVendored(options: CratesOptions): Promise<void> {
  const { project: { vendorFolder } } = await open(options);
  if (await readVendor(vendorFolder) !== undefined) await vendorCrates(options);
}
