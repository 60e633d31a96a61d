import { createHash } from "node:crypto";
import { join } from "node:path";

/** Lower-case hexadecimal SHA-256. */
export function sha256(...parts: readonly (string | Uint8Array)[]): string {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return hash.digest("hex");
}

/** `$XDG_CACHE_HOME/pallet`, or nothing when there is no home. */
export function defaultCacheDir(): string | undefined {
  const [given, home] = [Deno.env.get("XDG_CACHE_HOME"), Deno.env.get("HOME")];
  if (given?.startsWith("/")) return join(given, "pallet");
  return home ? join(home, ".cache", "pallet") : undefined;
}

/** Texts by name; one that is damaged, unreadable or unwritable is as if it had never been kept. */
export interface Cache {
  get(name: string): Promise<string | undefined>;
  put(name: string, text: string): Promise<void>;
}

/** A cache in a folder, safe for several processes at once; without a folder it keeps nothing. */
export function openCache(folder: string | undefined): Cache {
  const pathOf = (name: string): string => join(folder ?? "", name.slice(0, 2), name.slice(2));
  return {
    get: async (name) => {
      if (folder === undefined) return undefined;
      const kept = await Deno.readTextFile(pathOf(name)).catch(() => undefined);
      const text = kept?.slice(65);
      return text !== undefined && kept?.startsWith(sha256(text)) ? text : undefined;
    },
    put: async (name, text) => {
      if (folder === undefined) return;
      const path = pathOf(name);
      const temporary = `${path}.${crypto.randomUUID()}`;
      try {
        await Deno.mkdir(join(path, ".."), { recursive: true, mode: 0o700 });
        await Deno.writeTextFile(temporary, `${sha256(text)}\n${text}`);
        await Deno.rename(temporary, path);
      } catch {
        // A cache that cannot be written costs time, nothing else.
        await Deno.remove(temporary).catch(() => undefined);
      }
    },
  };
}
