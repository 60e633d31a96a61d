// What a private key is once every way of writing it is taken off, and signing with it.
import { Buffer } from "node:buffer";
import { createPrivateKey, createPublicKey, type KeyObject, sign } from "node:crypto";
import { joined } from "../bytes.ts";
import { der, field, mpint, trimZeros } from "./wire.ts";

/** A key that can be signed with. */
export interface PrivateKey {
  /** `ssh-ed25519`, `ssh-rsa`, `ecdsa-sha2-nistp256` and so on. */
  readonly type: string;
  /** Its public half, as ssh sends it. */
  readonly publicKey: Uint8Array;
  /** The key itself, for what is no signature. */
  readonly secret: KeyObject;
  /** Gives a signature as ssh sends it; an RSA key signs by `rsa-sha2-256` or `rsa-sha2-512`, others by their type. */
  sign(data: Uint8Array, algorithm: string): Uint8Array;
}

/** Curves of ssh; `oid` in hexadecimal, `size` of a scalar in bytes. */
export const CURVES = [
  {
    oid: "2a8648ce3d030107",
    name: "nistp256",
    jwk: "P-256",
    openssl: "prime256v1",
    size: 32,
    hash: "sha256",
  },
  { oid: "2b81040022", name: "nistp384", jwk: "P-384", size: 48, hash: "sha384" },
  { oid: "2b81040023", name: "nistp521", jwk: "P-521", size: 66, hash: "sha512" },
] as const;

/** The numbers of an RSA key, as many as all ways of writing one have. */
export interface RsaNumbers {
  readonly n: Uint8Array;
  readonly e: Uint8Array;
  readonly d: Uint8Array;
  readonly p: Uint8Array;
  readonly q: Uint8Array;
  /** Inverse of q modulo p. */
  readonly qi: Uint8Array;
}

const RSA_HASHES: Readonly<Record<string, string>> = { "rsa-sha2-256": "sha256", "rsa-sha2-512": "sha512" };

function base64url(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("base64url");
}

/** A number with exactly so many bytes, whatever zeros it was written with. */
function padded(number: Uint8Array, size: number): Uint8Array {
  const digits = trimZeros(number);
  if (digits.length > size) throw new Error("it holds a number that is too large");
  const bytes = new Uint8Array(size);
  bytes.set(digits, size - digits.length);
  return bytes;
}

function numberOf(bytes: Uint8Array): bigint {
  return BigInt(`0x0${Buffer.from(bytes).toString("hex")}`);
}

function bytesOf(number: bigint): Uint8Array {
  const hex = number.toString(16);
  return Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, "hex");
}

/** PKCS #8 of a scalar, without its point: of all forms the one that every curve is taken in here. */
function ecPkcs8(curve: string, scalar: Uint8Array): Uint8Array {
  const algorithm = [Buffer.from("06072a8648ce3d0201", "hex"), der(0x06, Buffer.from(curve, "hex"))];
  const inner = der(0x30, Uint8Array.of(2, 1, 1), der(0x04, scalar));
  return der(0x30, Uint8Array.of(2, 1, 0), der(0x30, ...algorithm), der(0x04, inner));
}

/** An Ed25519 key from its seed. */
export function ed25519Key(seed: Uint8Array): PrivateKey {
  if (seed.length !== 32) throw new Error("its seed is not of 32 bytes");
  const prefix = Buffer.from("302e020100300506032b657004220420", "hex"); // PKCS #8 up to the seed
  const key = createPrivateKey({ key: Buffer.concat([prefix, seed]), format: "der", type: "pkcs8" });
  const point = Buffer.from(createPublicKey(key).export({ format: "jwk" }).x ?? "", "base64url");
  const type = "ssh-ed25519";
  return {
    type,
    publicKey: joined([field(type), field(point)]),
    secret: key,
    sign: (data) => joined([field(type), field(sign(null, data, key))]),
  };
}

/** An ECDSA key; the point is calculated, so that one that is missing or wrong does no harm. */
export function ecdsaKey(curveName: string, scalar: Uint8Array): PrivateKey {
  const curve = CURVES.find(({ name, oid }) => name === curveName || oid === curveName);
  if (curve === undefined) throw new Error("its curve is not one of ssh");
  const { size, hash, oid } = curve;
  const key = createPrivateKey({
    key: Buffer.from(ecPkcs8(oid, padded(scalar, size))),
    format: "der",
    type: "pkcs8",
  });
  const { x, y } = createPublicKey(key).export({ format: "jwk" });
  const [across, up] = [x, y].map((part) => padded(Buffer.from(part ?? "", "base64url"), size));
  const point = joined([Uint8Array.of(4), across ?? new Uint8Array(), up ?? new Uint8Array()]);
  const type = `ecdsa-sha2-${curve.name}`;
  return {
    type,
    publicKey: joined([field(type), field(curve.name), field(point)]),
    secret: key,
    sign(data) {
      const pair = sign(hash, data, { key, dsaEncoding: "ieee-p1363" });
      const numbers = [mpint(pair.subarray(0, size)), mpint(pair.subarray(size))];
      return joined([field(type), field(joined(numbers))]);
    },
  };
}

/** An RSA key from its numbers. */
export function rsaKey(numbers: RsaNumbers): PrivateKey {
  const { n, e, d, p, q, qi } = numbers;
  const remainder = (prime: Uint8Array) => bytesOf(numberOf(d) % (numberOf(prime) - 1n));
  const parts = { n, e, d, p, q, dp: remainder(p), dq: remainder(q), qi };
  const encoded = Object.entries(parts).map(([name, part]) => [name, base64url(trimZeros(part))]);
  const key: KeyObject = createPrivateKey({
    key: { kty: "RSA", ...Object.fromEntries(encoded) },
    format: "jwk",
  });
  return {
    type: "ssh-rsa",
    publicKey: joined([field("ssh-rsa"), mpint(e), mpint(n)]),
    secret: key,
    sign(data, algorithm) {
      const hash = RSA_HASHES[algorithm];
      if (hash === undefined) throw new Error(`RSA keys do not sign by ${algorithm} here`);
      return joined([field(algorithm), field(sign(hash, data, key))]);
    },
  };
}
