// The files in which host keys are kept: reading them all, and adding to our own.
import { Buffer } from "node:buffer";
import { dirname } from "node:path";
import { messageOf, PalletError } from "../errors.ts";
import { isKrl, readKrl, type Revokes } from "./krl.ts";
import {
  type KnownHost,
  knownHostLine,
  type KnownHosts,
  parseKnownHosts,
  plainName,
  speaksOf,
} from "./known_hosts.ts";
import { keyType } from "./public_key.ts";

/** Reads a file of known hosts; one that is not there holds none. @throws {PalletError} of kind `config`. */
export async function readKnownHosts(path: string): Promise<KnownHosts> {
  try {
    return parseKnownHosts(await Deno.readTextFile(path), path);
  } catch (thrown) {
    if (thrown instanceof Deno.errors.NotFound) return { entries: [], problems: [] };
    throw new PalletError(`Cannot read known hosts in "${path}": ${messageOf(thrown)}`, {
      kind: "config",
      cause: thrown,
    });
  }
}

/** Keys that are to be refused whoever has them, and who says so. */
export interface Revocation {
  readonly place: string;
  readonly revokes: Revokes;
}

/** Reads a file of `RevokedHostKeys`: a public key a line, or a KRL. @throws {PalletError} when no one can tell what it holds. */
export async function readRevokedKeys(path: string): Promise<readonly Revocation[]> {
  try {
    const bytes = await Deno.readFile(path);
    return isKrl(bytes) ? [{ place: path, revokes: readKrl(bytes) }] : revokedLines(bytes, path);
  } catch (thrown) {
    throw new PalletError(`Cannot read the revoked host keys in "${path}": ${messageOf(thrown)}`, {
      kind: "config",
      help: "RevokedHostKeys must name a file of public keys, one a line, or one that ssh-keygen -k made. " +
        "Until it can be read no host is trusted.",
      cause: thrown,
    });
  }
}

function revokedLines(bytes: Uint8Array, path: string): readonly Revocation[] {
  return new TextDecoder().decode(bytes).split("\n").flatMap((line, index) => {
    if (/^\s*(#|$)/.test(line)) return [];
    const [, key = ""] = line.trim().split(/\s+/);
    return [revocation(key, `${path}:${index + 1}`)];
  });
}

/** That one key is revoked; `key` in base64. */
export function revocation(key: string, place: string): Revocation {
  return { place, revokes: (shown) => Buffer.from(shown).toString("base64") === key };
}

/** The keys that our own file has by now for a name. */
export function rememberedKeys(path: string, name: string): readonly KnownHost[] {
  try {
    const { entries } = parseKnownHosts(Deno.readTextFileSync(path), path);
    return entries.filter((entry) => entry.marker === "" && speaksOf(entry, [plainName(name)]));
  } catch (thrown) {
    if (thrown instanceof Deno.errors.NotFound) return [];
    throw thrown;
  }
}

/** Adds a line in one write, so that lines of connections and programs that are made at once all stay. */
export function remember(path: string, name: string, key: Uint8Array): void {
  try {
    Deno.mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    const gap = endsInLine(path) ? "" : "\n";
    const line = knownHostLine(name, keyType(key), Buffer.from(key).toString("base64"));
    const bytes = new TextEncoder().encode(gap + line);
    using file = Deno.openSync(path, { append: true, create: true, mode: 0o600 });
    const written = file.writeSync(bytes);
    if (written !== bytes.length) throw new Error("the disk is full");
  } catch (thrown) {
    throw new PalletError(`Cannot remember the host key of ${name} in "${path}": ${messageOf(thrown)}`, {
      kind: "config",
      cause: thrown,
    });
  }
}

function endsInLine(path: string): boolean {
  try {
    return /(^|\n)$/.test(Deno.readTextFileSync(path));
  } catch (thrown) {
    if (thrown instanceof Deno.errors.NotFound) return true;
    throw thrown;
  }
}
