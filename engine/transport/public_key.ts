// Public keys as ssh sends them: their type, their fingerprint, and checking signatures with them.
import { Buffer } from "node:buffer";
import { createHash, createPublicKey, type KeyObject, verify } from "node:crypto";
import { CURVES } from "./private_key_material.ts";
import { FieldReader, trimZeros } from "./wire.ts";
import { joined } from "../bytes.ts";

/** The type that a public key's first field names. */
export function keyType(key: Uint8Array): string {
  return new FieldReader(key).text();
}

/** `SHA256:...` as ssh-keygen prints it, of a key in base64. */
export function fingerprint(key: string): string {
  return fingerprintOf(Buffer.from(key, "base64"));
}

/** `SHA256:...` as ssh-keygen prints it. */
export function fingerprintOf(key: Uint8Array): string {
  return `SHA256:${createHash("sha256").update(key).digest("base64").replace(/=+$/, "")}`;
}

/** Whether two keys are the same. */
export function sameKey(one: Uint8Array, other: Uint8Array): boolean {
  return Buffer.compare(one, other) === 0;
}

const base64url = (bytes: Uint8Array) => Buffer.from(bytes).toString("base64url");

/** Whether a signature, as ssh sends it, was made with the private half of a key. RSA counts by SHA-2 alone. */
export function verifySignature(key: Uint8Array, signature: Uint8Array, data: Uint8Array): boolean {
  const [publicKey, signed] = [new FieldReader(key), new FieldReader(signature)];
  const [type, algorithm, value] = [publicKey.text(), signed.text(), signed.string()];
  if (type === "ssh-rsa") {
    const hash = { "rsa-sha2-256": "sha256", "rsa-sha2-512": "sha512" }[algorithm];
    if (hash === undefined) return false;
    const [e, n] = [publicKey.string(), publicKey.string()].map((part) => base64url(trimZeros(part)));
    return verify(hash, data, jwk({ kty: "RSA", e, n }), value);
  }
  if (algorithm !== type) return false;
  if (type === "ssh-ed25519") {
    return verify(null, data, jwk({ kty: "OKP", crv: "Ed25519", x: base64url(publicKey.string()) }), value);
  }
  const curve = CURVES.find(({ name }) => type === `ecdsa-sha2-${name}`);
  if (curve === undefined) throw new Error(`signatures of ${type} cannot be checked here`);
  const { size, hash, jwk: crv } = curve;
  publicKey.string();
  const point = publicKey.string().subarray(1);
  const [x, y] = [point.subarray(0, size), point.subarray(size)].map(base64url);
  const pair = new FieldReader(value);
  const numbers = [pair.string(), pair.string()].map((number) => {
    const digits = trimZeros(number);
    return joined([new Uint8Array(Math.max(0, size - digits.length)), digits]);
  });
  return verify(
    hash,
    data,
    { key: jwk({ kty: "EC", crv, x, y }), dsaEncoding: "ieee-p1363" },
    joined(numbers),
  );
}

function jwk(key: Record<string, string | undefined>): KeyObject {
  return createPublicKey({ key, format: "jwk" });
}
