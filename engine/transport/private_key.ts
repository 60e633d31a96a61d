// Private keys in a form that ssh2 signs with on this platform. It takes most as they are; of these it does not:
// ECDSA scalars that are not as long as their curve says, P-521 in SEC1, and PKCS #8 altogether.
import { Buffer } from "node:buffer";
import { createPrivateKey, createPublicKey } from "node:crypto";
import { joinBytes } from "./lines.ts";
import { derElements, field, FieldReader, readDer, uint32 } from "./wire.ts";

const MAGIC = "openssh-key-v1\0";

/** Curves by object identifier in hexadecimal; `size` is of the scalar, in bytes. */
const CURVES = [
  { oid: "2a8648ce3d030107", name: "nistp256", size: 32 },
  { oid: "2b81040022", name: "nistp384", size: 48 },
  { oid: "2b81040023", name: "nistp521", size: 66 },
] as const;

const RSA_OID = "2a864886f70d010101";
const EC_OID = "2a8648ce3d0201";
const ED25519_OID = "2b6570";

function pem(label: string, bytes: Uint8Array): Buffer {
  const lines = Buffer.from(bytes).toString("base64").match(/.{1,70}/g) ?? [];
  return Buffer.from(`-----BEGIN ${label}-----\n${lines.join("\n")}\n-----END ${label}-----\n`);
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}

/** A scalar with exactly as many bytes as its curve says. */
function scalarOf(bytes: Uint8Array, size: number): Uint8Array {
  let start = 0;
  while (bytes.length - start > size && bytes[start] === 0) start++;
  const scalar = new Uint8Array(size);
  scalar.set(bytes.subarray(start), size - (bytes.length - start));
  return scalar;
}

/** A key as ssh-keygen writes it, without a passphrase. */
function opensshKey(publicFields: readonly Uint8Array[], privateFields: readonly Uint8Array[]): Buffer {
  const check = uint32(0);
  const body = joinBytes([check, check, ...privateFields, field("")]);
  const padding = Uint8Array.from({ length: (8 - body.length % 8) % 8 }, (_, at) => at + 1);
  return pem(
    "OPENSSH PRIVATE KEY",
    joinBytes([
      new TextEncoder().encode(MAGIC),
      field("none"),
      field("none"),
      field(""),
      uint32(1),
      field(joinBytes(publicFields)),
      field(joinBytes([body, padding])),
    ]),
  );
}

function ecdsaKey(name: string, point: Uint8Array, scalar: Uint8Array): Buffer {
  const curve = CURVES.find((one) => one.name === name);
  if (curve === undefined) throw new Error(`its curve ${name} is not one of ssh`);
  const shared = [field(`ecdsa-sha2-${name}`), field(name), field(point)];
  return opensshKey(shared, [...shared, field(scalarOf(scalar, curve.size))]);
}

function fromOpenssh(bytes: Uint8Array, original: Buffer): Buffer {
  const outer = new FieldReader(bytes.subarray(MAGIC.length));
  if (outer.text() !== "none") throw new Error("it is protected by a passphrase; add it to an ssh agent");
  outer.string();
  outer.string();
  if (outer.uint32() !== 1) throw new Error("it is a file of several keys");
  outer.string();
  const inner = new FieldReader(outer.string());
  inner.take(8);
  const type = inner.text();
  if (type.startsWith("sk-")) throw new Error("it needs its hardware; add it to an ssh agent");
  if (!type.startsWith("ecdsa-sha2-")) return original;
  return ecdsaKey(inner.text(), inner.string(), inner.string());
}

/** ECPrivateKey of RFC 5915; the curve stands inside, or is told by what is around it. */
function fromSec1(bytes: Uint8Array, oid?: string): Buffer {
  const [, scalar, ...others] = derElements(readDer(bytes).value);
  const inside = others.find(({ tag }) => tag === 0xa0);
  const point = others.find(({ tag }) => tag === 0xa1);
  const id = oid ?? (inside === undefined ? "" : hex(readDer(inside.value).value));
  const curve = CURVES.find((one) => one.oid === id);
  if (curve === undefined) throw new Error("its curve is not one of ssh");
  if (scalar === undefined || point === undefined) throw new Error("its public half is missing");
  return ecdsaKey(curve.name, readDer(point.value).value.subarray(1), scalar.value);
}

function fromPkcs8(bytes: Uint8Array, original: Buffer): Buffer {
  const [, algorithm, content] = derElements(readDer(bytes).value);
  if (algorithm === undefined || content === undefined) throw new Error("it is no private key");
  const [id, parameters] = derElements(algorithm.value).map(({ value }) => hex(value));
  if (id === RSA_OID) return pem("RSA PRIVATE KEY", content.value);
  if (id === EC_OID) return fromSec1(content.value, parameters ?? "");
  if (id !== ED25519_OID) throw new Error("it is of a kind that ssh does not use");
  const seed = readDer(content.value).value;
  const jwk = createPublicKey(createPrivateKey(original.toString())).export({ format: "jwk" });
  const point = Buffer.from(jwk.x ?? "", "base64url");
  const shared = [field("ssh-ed25519"), field(point)];
  return opensshKey(shared, [...shared, field(joinBytes([seed, point]))]);
}

/**
 * A private key in a form that can be signed with.
 *
 * @throws {Error} that says why it cannot be used.
 *
 * @example
 * ```ts
 * import { preparePrivateKey } from "./private_key.ts";
 * import assert from "node:assert/strict";
 *
 * assert.throws(() => preparePrivateKey(new TextEncoder().encode("ssh-ed25519 AAAA...")), /public key/);
 * ```
 */
export function preparePrivateKey(bytes: Uint8Array): Buffer {
  const original = Buffer.from(bytes);
  const text = original.toString("latin1");
  const [, label = "", body = ""] = /-----BEGIN ([A-Z0-9 ]+)-----([\s\S]+?)-----END \1-----/.exec(text) ?? [];
  if (label === "") {
    throw new Error(/^\s*(ssh|ecdsa|sk)-/.test(text) ? "it is a public key" : "it is no private key in PEM");
  }
  if (/ENCRYPTED/.test(text)) throw new Error("it is protected by a passphrase; add it to an ssh agent");
  const content = Buffer.from(body, "base64");
  if (label === "OPENSSH PRIVATE KEY") return fromOpenssh(content, original);
  if (label === "EC PRIVATE KEY") return fromSec1(content);
  if (label === "PRIVATE KEY") return fromPkcs8(content, original);
  return original;
}
