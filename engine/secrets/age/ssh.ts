// Keys of ssh as recipients and identities of age, as its own programs have them.
import { Buffer } from "node:buffer";
import {
  constants,
  createCipheriv,
  createDecipheriv,
  createHash,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  hkdfSync,
  type KeyObject,
  privateDecrypt,
  publicEncrypt,
  randomBytes,
} from "node:crypto";
import type { PrivateKey } from "../../transport/private_key.ts";
import { FieldReader } from "../../transport/wire.ts";
import type { Identity, KeyPart, Recipient } from "./age.ts";

const ED25519 = "ssh-ed25519";
const RSA = "ssh-rsa";
const LABELS = {
  [ED25519]: Buffer.from("age-encryption.org/v1/ssh-ed25519"),
  [RSA]: Buffer.from("age-encryption.org/v1/ssh-rsa"),
} as const;
const TAG_BYTES = 16;
const P = (1n << 255n) - 19n;

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("base64").replace(/=+$/, "");
}

/** By which a key finds its part among others. */
function tagOf(publicKey: Uint8Array): string {
  return base64(createHash("sha256").update(publicKey).digest().subarray(0, 4));
}

function power(base: bigint, exponent: bigint): bigint {
  let [result, square] = [1n, base % P];
  for (let rest = exponent; rest > 0n; rest >>= 1n) {
    if (rest & 1n) result = result * square % P;
    square = square * square % P;
  }
  return result;
}

function numberOf(littleEndian: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(littleEndian).reverse().toString("hex")}`);
}

/** A point of Ed25519 on the curve of X25519: u = (1 + y) / (1 - y). */
function montgomery(point: Uint8Array): Buffer {
  const y = numberOf(point) & ((1n << 255n) - 1n);
  const u = (1n + y) * power(P + 1n - y, P - 2n) % P;
  return Buffer.from(u.toString(16).padStart(64, "0"), "hex").reverse();
}

function x25519(scalar: Uint8Array, point: Uint8Array): Buffer {
  return diffieHellman({ privateKey: scalarKey(scalar), publicKey: pointKey(point) });
}

function scalarKey(scalar: Uint8Array): KeyObject {
  const key = Buffer.concat([Buffer.from("302e020100300506032b656e04220420", "hex"), scalar]);
  return createPrivateKey({ key, format: "der", type: "pkcs8" });
}

function pointKey(point: Uint8Array): KeyObject {
  const key = Buffer.concat([Buffer.from("302a300506032b656e032100", "hex"), point]);
  return createPublicKey({ key, format: "der", type: "spki" });
}

function publicPoint(scalar: Uint8Array): Buffer {
  return Buffer.from(createPublicKey(scalarKey(scalar)).export({ format: "jwk" }).x ?? "", "base64url");
}

function wrappingKey(shared: Uint8Array, sshKey: Uint8Array, ephemeral: Uint8Array, own: Uint8Array): Buffer {
  const label = LABELS[ED25519];
  const tweak = Buffer.from(hkdfSync("sha256", new Uint8Array(0), sshKey, label, 32));
  const salt = Buffer.concat([ephemeral, own]);
  return Buffer.from(hkdfSync("sha256", x25519(tweak, shared), salt, label, 32));
}

function seal(key: Uint8Array, plain: Uint8Array): Buffer {
  const cipher = createCipheriv("chacha20-poly1305", key, new Uint8Array(12), { authTagLength: TAG_BYTES });
  return Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
}

function unseal(key: Uint8Array, sealed: Uint8Array): Buffer {
  const cipher = createDecipheriv("chacha20-poly1305", key, new Uint8Array(12), { authTagLength: TAG_BYTES });
  cipher.setAuthTag(sealed.subarray(-TAG_BYTES));
  return Buffer.concat([cipher.update(sealed.subarray(0, -TAG_BYTES)), cipher.final()]);
}

function ed25519Recipient(sshKey: Uint8Array, point: Uint8Array): Recipient {
  const theirs = montgomery(point);
  return {
    wrap: (fileKey) => {
      const secret = randomBytes(32);
      const ephemeral = publicPoint(secret);
      const key = wrappingKey(x25519(secret, theirs), sshKey, ephemeral, theirs);
      return { args: [ED25519, tagOf(sshKey), base64(ephemeral)], body: new Uint8Array(seal(key, fileKey)) };
    },
  };
}

function rsaRecipient(sshKey: Uint8Array, e: Uint8Array, n: Uint8Array): Recipient {
  const [encodedE, encodedN] = [e, n].map((part) => Buffer.from(part).toString("base64url"));
  const key = createPublicKey({ key: { kty: "RSA", e: encodedE, n: encodedN }, format: "jwk" });
  return {
    wrap: (fileKey) => ({
      args: [RSA, tagOf(sshKey)],
      body: new Uint8Array(publicEncrypt({ key, ...OAEP }, fileKey)),
    }),
  };
}

const OAEP = {
  padding: constants.RSA_PKCS1_OAEP_PADDING,
  oaepHash: "sha256",
  oaepLabel: LABELS[RSA],
} as const;

/** Bytes of a number without the zero that a sign would need. */
function unsigned(number: Uint8Array): Uint8Array {
  return number[0] === 0 ? number.subarray(1) : number;
}

/**
 * A public key of ssh, as `ssh-ed25519 AAAA... comment`, as a recipient.
 *
 * @throws {Error} that says why it cannot be one.
 */
export function sshRecipient(line: string): Recipient {
  const [type = "", encoded = ""] = line.trim().split(/\s+/);
  const sshKey = Buffer.from(encoded, "base64");
  const reader = new FieldReader(sshKey);
  if (sshKey.length < 8 || reader.text() !== type) throw new Error("it is cut off or damaged");
  switch (type) {
    case ED25519: {
      const point = reader.string();
      if (point.length !== 32) throw new Error("it is cut off or damaged");
      return ed25519Recipient(sshKey, point);
    }
    case RSA: {
      const [e, n] = [unsigned(reader.string()), unsigned(reader.string())];
      if (n.length < 256) throw new Error("it is an RSA key of fewer than 2048 bits");
      return rsaRecipient(sshKey, e, n);
    }
    default:
      throw new Error(`a key of type ${type} can only sign; take one of type ssh-ed25519 or ssh-rsa`);
  }
}

/** The part for a key among those of a file. */
function partFor(parts: readonly KeyPart[], type: string, publicKey: Uint8Array): KeyPart | undefined {
  const tag = tagOf(publicKey);
  return parts.find(({ args }) => args[0] === type && args[1] === tag);
}

/**
 * A private key of ssh as an identity. It is opened, which may ask for a passphrase, only if a file is for it.
 *
 * @throws {Error} for a type of key that can only sign.
 */
export function sshIdentity(publicKey: Uint8Array, open: () => Promise<PrivateKey>): Identity {
  const type = new FieldReader(publicKey).text();
  if (type !== ED25519 && type !== RSA) throw new Error(`a key of type ${type} can only sign`);
  return {
    unwrap: async (parts) => {
      const part = partFor(parts, type, publicKey);
      if (part === undefined) return undefined;
      const { secret } = await open();
      if (type === RSA) return new Uint8Array(privateDecrypt({ key: secret, ...OAEP }, part.body));
      const seed = Buffer.from(secret.export({ format: "jwk" }).d ?? "", "base64url");
      const scalar = createHash("sha512").update(seed).digest().subarray(0, 32);
      const ephemeral = Buffer.from(part.args[2] ?? "", "base64");
      const shared = x25519(scalar, ephemeral);
      return new Uint8Array(
        unseal(wrappingKey(shared, publicKey, ephemeral, publicPoint(scalar)), part.body),
      );
    },
  };
}
