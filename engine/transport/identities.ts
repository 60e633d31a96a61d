import type { Buffer } from "node:buffer";
import { join } from "node:path";
import { messageOf } from "../errors.ts";
import { preparePrivateKey } from "./private_key.ts";

/** Keys that a login may try, and those that it cannot use. */
export interface Identities {
  readonly keys: readonly { readonly path: string; readonly key: Buffer }[];
  /** Sentences: `~/.ssh/id_rsa: it is protected by a passphrase`. */
  readonly problems: readonly string[];
}

/** What ssh tries when nothing is told. */
const DEFAULTS = ["id_ed25519", "id_ecdsa", "id_rsa"];

/** Reads private keys; without any named, those of the user's `~/.ssh` that exist. */
export async function loadIdentities(paths: readonly string[], home: string): Promise<Identities> {
  const named = paths.length > 0;
  const candidates = named ? paths : DEFAULTS.map((name) => join(home, ".ssh", name));
  const keys: { path: string; key: Buffer }[] = [];
  const problems: string[] = [];
  for (const path of candidates) {
    try {
      keys.push({ path, key: preparePrivateKey(await Deno.readFile(path)) });
    } catch (thrown) {
      const missing = thrown instanceof Deno.errors.NotFound;
      if (missing && !named) continue;
      problems.push(`${path}: ${missing ? "there is no such file" : messageOf(thrown)}`);
    }
  }
  return { keys, problems };
}
