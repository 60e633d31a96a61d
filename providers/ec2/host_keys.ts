// Host keys that consoles have told, a file for each instance: what was seen once needs no second look.
import { join } from "node:path";

/** Host keys by the ids of instances. */
export interface HostKeys {
  of(id: string): Promise<readonly string[]>;
  keep(id: string, keys: readonly string[]): Promise<void>;
  forget(id: string): Promise<void>;
}

/** Opens the host keys in a folder, which is made with the first. */
export function openHostKeys(folder: string): HostKeys {
  const path = (id: string) => join(folder, "host-keys", encodeURIComponent(id));
  return {
    async of(id) {
      try {
        return (await Deno.readTextFile(path(id))).split("\n").filter((line) => line !== "");
      } catch (error) {
        if (error instanceof Deno.errors.NotFound) return [];
        throw error;
      }
    },
    async keep(id, keys) {
      await Deno.mkdir(join(folder, "host-keys"), { recursive: true, mode: 0o700 });
      const part = `${path(id)}.${crypto.randomUUID()}`;
      await Deno.writeTextFile(part, `${keys.join("\n")}\n`, { mode: 0o600 });
      await Deno.rename(part, path(id));
    },
    async forget(id) {
      try {
        await Deno.remove(path(id));
      } catch (error) {
        if (!(error instanceof Deno.errors.NotFound)) throw error;
      }
    },
  };
}
