import { PalletError } from "../../errors.ts";
import { EMPTY_LOCK, readLock } from "../lock.ts";
import { openProject } from "../project.ts";
import { INDEX, readVendor, writeVendor } from "../vendor.ts";
import type { Content } from "../types.ts";
import { type CratesOptions, open, withGraph } from "./workspace.ts";
import { join } from "node:path";

/** What was found of a locked module. */
export interface Verified {
  readonly url: string;
  readonly ok: boolean;
  /** What is wrong. */
  readonly problem?: string;
}

/** How a module is read. */
async function readerOf(folder: string, options: CratesOptions) {
  const project = await openProject(folder, options);
  return {
    read: async (url: string) =>
      await project.sources.find((source) => source.owns(url))?.read(url) ??
        { refused: "no source knows it", help: "" },
    close: project.close,
  };
}

/**
 * Holds all that is locked to what the hosts have now, or offline to what is vendored and cached; and the project to
 * being locked.
 */
export async function verifyCrates(options: CratesOptions): Promise<readonly Verified[]> {
  const { project: { folder, lockFile }, entry } = await open(options);
  const { modules } = await readLock(lockFile);
  const reader = await readerOf(folder, {
    ...options,
    known: { ...EMPTY_LOCK, modules },
    // What lies here says nothing of what the hosts have.
    ...(options.offline === true ? {} : { cacheDir: "", unvendored: true }),
  });
  const rows: Verified[] = [];
  try {
    rows.push(
      ...await Promise.all(
        Object.keys(modules).sort().map(async (url): Promise<Verified> => {
          const found = await reader.read(url);
          if ("bytes" in found) return { url, ok: true };
          return {
            url,
            ok: false,
            problem: "refused" in found ? found.refused : `it is redirected to ${found.moved}`,
          };
        }),
      ),
    );
  } finally {
    await reader.close();
  }
  if (rows.some((row) => !row.ok) || entry === undefined) return rows;
  // All that is locked is good; is all that is needed locked?
  return await withGraph({ ...options, frozen: true }, () => Promise.resolve(rows)).catch((error) => {
    if (!(error instanceof PalletError)) throw error;
    return [...rows, { url: options.infra, ok: false, problem: error.message }];
  });
}

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
    await writeVendor(vendorFolder, modules);
    return { folder: vendorFolder, modules: modules.size };
  });
}
