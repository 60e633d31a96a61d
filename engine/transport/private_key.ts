// Private keys from files, as ssh-keygen and openssl write them. The library that speaks ssh reads only some of these
// and, on this platform, signs with still fewer (ECDSA scalars with a leading zero, P-521): so none is read by it.
import { Buffer } from "node:buffer";
import { openOpenssh, openPem, openPkcs8, WrongPassphrase } from "./private_key_ciphers.ts";
import { fromOpenssh, fromPkcs1, fromPkcs8, fromSec1 } from "./private_key_formats.ts";
import type { PrivateKey } from "./private_key_material.ts";
import { FieldReader } from "./wire.ts";

export { WrongPassphrase } from "./private_key_ciphers.ts";
export type { PrivateKey } from "./private_key_material.ts";

const MAGIC = "openssh-key-v1\0";

/** What a file holds: a key, one under a passphrase, one inside a piece of hardware, or a public half alone. */
export type KeyFile =
  | { readonly state: "open"; readonly key: PrivateKey }
  | {
    readonly state: "locked";
    /** Its public half, where that can be read without the passphrase. */
    readonly publicKey?: Uint8Array;
    /** @throws {WrongPassphrase} */
    unlock(passphrase: string): Promise<PrivateKey>;
  }
  | { readonly state: "hardware" | "public"; readonly publicKey: Uint8Array };

/**
 * Reads a private key.
 *
 * @throws {Error} that says why it cannot be used.
 *
 * @example
 * ```ts
 * import { readPrivateKey } from "./private_key.ts";
 * import assert from "node:assert/strict";
 *
 * assert.throws(() => readPrivateKey(new TextEncoder().encode("a letter")), /no private key/);
 * ```
 */
export function readPrivateKey(bytes: Uint8Array): KeyFile {
  const text = Buffer.from(bytes).toString("latin1");
  const [, label = "", block = ""] = /-----BEGIN ([A-Z0-9 ]+)-----([\s\S]+?)-----END \1-----/.exec(text) ??
    [];
  if (label === "") return withoutLabel(text);
  const [, headers = "", body = ""] = /^((?:[\r\n]*[\w-]+:[^\r\n]*)*)([\s\S]*)$/.exec(block) ?? [];
  const content = Buffer.from(body, "base64");
  const dekInfo = /DEK-Info:\s*(\S+)/.exec(headers)?.[1];
  switch (label) {
    case "OPENSSH PRIVATE KEY":
      return openssh(content);
    case "RSA PRIVATE KEY":
      return maybeLocked(content, dekInfo, fromPkcs1);
    case "EC PRIVATE KEY":
      return maybeLocked(content, dekInfo, (plain) => fromSec1(plain));
    case "PRIVATE KEY":
      return { state: "open", key: fromPkcs8(content) };
    case "ENCRYPTED PRIVATE KEY":
      return locked((passphrase) => openPkcs8(content, passphrase), fromPkcs8);
    case "DSA PRIVATE KEY":
      throw new Error("it is a DSA key, which no current server takes; make one with: ssh-keygen -t ed25519");
    default:
      throw new Error(`it is a ${label.toLowerCase()}, and no private key`);
  }
}

function withoutLabel(text: string): KeyFile {
  const [type = "", encoded = ""] = text.trim().split(/\s+/);
  if (/^(ssh|ecdsa|sk)-/.test(type)) return { state: "public", publicKey: Buffer.from(encoded, "base64") };
  if (type.startsWith("PuTTY-User-Key-File")) {
    throw new Error("it is a key of PuTTY; convert it with: puttygen FILE -O private-openssh -o NEW-FILE");
  }
  throw new Error("it is no private key in PEM");
}

function maybeLocked(
  content: Uint8Array,
  dekInfo: string | undefined,
  read: (plain: Uint8Array) => PrivateKey,
): KeyFile {
  if (dekInfo === undefined) return { state: "open", key: read(content) };
  return locked((passphrase) => openPem(dekInfo, content, passphrase), read);
}

function locked(
  open: (passphrase: string) => Uint8Array,
  read: (plain: Uint8Array) => PrivateKey,
): KeyFile {
  return {
    state: "locked",
    unlock: (passphrase) =>
      Promise.resolve().then(() => {
        const plain = open(passphrase);
        try {
          return read(plain);
        } catch (cause) {
          // What a wrong passphrase opens is rubbish, with a small chance that its end looks right.
          throw new WrongPassphrase(cause);
        }
      }),
  };
}

function openssh(content: Uint8Array): KeyFile {
  if (Buffer.from(content.subarray(0, MAGIC.length)).toString("latin1") !== MAGIC) {
    throw new Error("it is damaged");
  }
  const reader = new FieldReader(content.subarray(MAGIC.length));
  const [cipher, kdf, kdfOptions] = [reader.text(), reader.text(), reader.string()];
  if (reader.uint32() !== 1) throw new Error("it is a file of several keys");
  const publicKey = reader.string();
  const [bytes, tag] = [reader.string(), reader.rest()];
  if (new FieldReader(publicKey).text().startsWith("sk-")) return { state: "hardware", publicKey };
  if (cipher === "none") return { state: "open", key: fromOpenssh(bytes) };
  return {
    state: "locked",
    publicKey,
    async unlock(passphrase) {
      const plain = await openOpenssh({ cipher, kdf, kdfOptions, bytes, tag }, passphrase);
      try {
        return fromOpenssh(plain);
      } catch (thrown) {
        throw thrown instanceof RangeError ? new WrongPassphrase(thrown) : thrown;
      }
    },
  };
}
