import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { dirname } from "node:path";
import { messageOf, PalletError } from "../errors.ts";
import type { SettledRoute } from "./connection.ts";
import { type KnownHost, knownHostLine, knownHostName, parseKnownHosts, speaksOf } from "./known_hosts.ts";
import { HostKeyError, whereIs } from "./problems.ts";

/** Who says which keys hosts have. */
export interface HostKeyOptions {
  /** Pallet's own file: nodes by their ids. It may be appended to. */
  readonly ownKnownHosts: string;
  /** The user's files: hosts by their addresses. Only read. */
  readonly knownHosts: readonly string[];
  /** Takes the key of a host that nobody knows yet. */
  readonly acceptNew: boolean;
}

/** A key that a host may have, and who says so. */
interface Expected {
  readonly type: string;
  readonly key: string;
  readonly place: string;
}

/** What is known of a host's keys before it is spoken to. */
export interface HostKeys {
  /** In the order in which one is to be asked for; empty when any will do. */
  readonly types: readonly string[];
  /** @throws {HostKeyError} unless the key is one to trust. */
  check(key: Uint8Array): void;
}

/** `SHA256:...` as ssh-keygen prints it, of a key in base64. */
export function fingerprint(key: string): string {
  return `SHA256:${
    createHash("sha256").update(Buffer.from(key, "base64")).digest("base64").replace(/=+$/, "")
  }`;
}

/** The type that a public key's first field names. */
export function keyType(key: Uint8Array): string {
  const length = new DataView(key.buffer, key.byteOffset, key.byteLength).getUint32(0);
  return new TextDecoder().decode(key.subarray(4, 4 + length));
}

async function read(path: string): Promise<readonly KnownHost[]> {
  try {
    return parseKnownHosts(await Deno.readTextFile(path), path);
  } catch (thrown) {
    if (thrown instanceof Deno.errors.NotFound) return [];
    throw new PalletError(`Cannot read known hosts in "${path}": ${messageOf(thrown)}`, {
      kind: "config",
      cause: thrown,
    });
  }
}

/**
 * What is known of a host's keys: what its provider attests, and nothing else, where it does; otherwise Pallet's own
 * file by the node's id; otherwise the user's files by its address.
 */
export async function hostKeysOf(route: SettledRoute, options: HostKeyOptions): Promise<HostKeys> {
  if (route.hostKeys.length > 0) {
    const expected = route.hostKeys.map((line): Expected => {
      const [type = "", key = ""] = line.trim().split(/\s+/);
      return { type, key, place: "its provider" };
    });
    return { types: typesOf(expected), check: (key) => checkAgainst(expected, key, route) };
  }
  const own = await read(options.ownKnownHosts);
  const others = (await Promise.all(options.knownHosts.map(read))).flat();
  const ownNames = [knownHostName(route.hostKeyAlias, 22)];
  const names = [route.address, route.hostKeyAlias].map((host) => knownHostName(host, route.port));
  const mine = own.filter((entry) => speaksOf(entry, ownNames));
  const theirs = others.filter((entry) => speaksOf(entry, names));
  // Ours are by id, so they hold when an address has passed from one machine to another.
  const known = mine.some((entry) => entry.marker === "") ? mine : theirs;
  const expected = known.filter((entry) => entry.marker === "");
  const revoked = [...mine, ...theirs].filter((entry) => entry.marker === "revoked");
  return {
    types: typesOf(expected),
    check(key: Uint8Array): void {
      const encoded = Buffer.from(key).toString("base64");
      const bad = revoked.find((entry) => entry.key === encoded);
      if (bad !== undefined) throw refused(route, `${fingerprint(encoded)} is revoked by ${bad.place}`);
      if (expected.length > 0) return checkAgainst(expected, key, route);
      if (!options.acceptNew) throw unknown(route, encoded, options);
      remember(options.ownKnownHosts, route.hostKeyAlias, keyType(key), encoded);
    },
  };
}

/** Signatures that a key type can make; an RSA key makes newer ones than its name says. */
function typesOf(expected: readonly Expected[]): readonly string[] {
  const types = expected.flatMap(({ type }) =>
    type === "ssh-rsa" ? ["rsa-sha2-512", "rsa-sha2-256"] : [type]
  );
  return [...new Set(types)];
}

function checkAgainst(expected: readonly Expected[], key: Uint8Array, route: SettledRoute): void {
  const encoded = Buffer.from(key).toString("base64");
  if (expected.some((one) => one.key === encoded)) return;
  const type = keyType(key);
  const told = expected.find((one) => one.type === type) ?? expected[0];
  const should = told === undefined ? "another" : `${fingerprint(told.key)} by ${told.place}`;
  throw refused(route, `it should be ${should}, and is ${fingerprint(encoded)}`);
}

function refused(route: SettledRoute, why: string): HostKeyError {
  return new HostKeyError(`Refused to log in to ${whereIs(route)}: its host key is wrong: ${why}`, {
    kind: "unreachable",
    help: "Somebody may be in between, or the machine was made anew. Only if you know that it was, " +
      "remove the old key from where it is kept.",
  });
}

function unknown(route: SettledRoute, key: string, options: HostKeyOptions): HostKeyError {
  return new HostKeyError(
    `Refused to log in to ${whereIs(route)}: nobody has told of its host key ${fingerprint(key)}`,
    {
      kind: "unreachable",
      help: `Compare it with "ssh-keygen -lf" on the node, then pass --accept-new-host-keys, or add ` +
        `the key to ${options.knownHosts[0] ?? options.ownKnownHosts}.`,
    },
  );
}

/** Adds a line in one write, so that lines of connections that are made at once all stay. */
function remember(path: string, name: string, type: string, key: string): void {
  try {
    Deno.mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    const gap = endsInLine(path) ? "" : "\n";
    Deno.writeTextFileSync(path, gap + knownHostLine(name, type, key), { append: true, mode: 0o600 });
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
