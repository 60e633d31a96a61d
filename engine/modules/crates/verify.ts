import { PalletError } from "../../errors.ts";
import { EMPTY_LOCK } from "../lock.ts";
import { readLock } from "../lock_file.ts";
import { type CratesOptions, open, readerOf, withGraph } from "./workspace.ts";

/** What was found of a locked module. */
export interface Verified {
  readonly url: string;
  readonly ok: boolean;
  /** What is wrong. */
  readonly problem?: string;
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
