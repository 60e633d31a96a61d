// The ways in which private keys are written, without a passphrase: OpenSSH's own, PKCS #1, SEC 1 and PKCS #8.
import { Buffer } from "node:buffer";
import { ecdsaKey, ed25519Key, type PrivateKey, rsaKey } from "./private_key_material.ts";
import { derElements, FieldReader, readDer } from "./wire.ts";

const RSA_OID = "2a864886f70d010101";
const EC_OID = "2a8648ce3d0201";
const ED25519_OID = "2b6570";

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}

/** The private part of a key in OpenSSH's own format. @throws {RangeError} when it was opened with a wrong key. */
export function fromOpenssh(bytes: Uint8Array): PrivateKey {
  const reader = new FieldReader(bytes);
  if (reader.uint32() !== reader.uint32()) throw new RangeError("its check does not fit");
  const type = reader.text();
  switch (type) {
    case "ssh-ed25519":
      reader.string();
      return ed25519Key(reader.string().subarray(0, 32));
    case "ssh-rsa": {
      const [n, e, d, qi, p, q] = [1, 2, 3, 4, 5, 6].map(() => reader.string());
      return rsaKey({ n: must(n), e: must(e), d: must(d), p: must(p), q: must(q), qi: must(qi) });
    }
    case "ecdsa-sha2-nistp256":
    case "ecdsa-sha2-nistp384":
    case "ecdsa-sha2-nistp521": {
      const curve = reader.text();
      reader.string();
      return ecdsaKey(curve, reader.string());
    }
    default:
      throw new Error(`keys of type ${type} are not supported`);
  }
}

function must(part: Uint8Array | undefined): Uint8Array {
  if (part === undefined) throw new RangeError("it ends too early");
  return part;
}

/** RSAPrivateKey of RFC 8017. */
export function fromPkcs1(bytes: Uint8Array): PrivateKey {
  const [, n, e, d, p, q, , , qi] = derElements(readDer(bytes).value).map(({ value }) => value);
  return rsaKey({ n: must(n), e: must(e), d: must(d), p: must(p), q: must(q), qi: must(qi) });
}

/** ECPrivateKey of RFC 5915; the curve stands inside, or is told by what is around it. */
export function fromSec1(bytes: Uint8Array, curve?: string): PrivateKey {
  const [, scalar, ...others] = derElements(readDer(bytes).value);
  const inside = others.find(({ tag }) => tag === 0xa0);
  return ecdsaKey(
    curve ?? (inside === undefined ? "" : hex(readDer(inside.value).value)),
    must(scalar?.value),
  );
}

/** PrivateKeyInfo of RFC 5958. */
export function fromPkcs8(bytes: Uint8Array): PrivateKey {
  const [, algorithm, content] = derElements(readDer(bytes).value);
  const [id, parameters] = derElements(must(algorithm?.value)).map(({ value }) => hex(value));
  const inner = must(content?.value);
  if (id === RSA_OID) return fromPkcs1(inner);
  if (id === EC_OID) return fromSec1(inner, parameters ?? "");
  if (id === ED25519_OID) return ed25519Key(readDer(inner).value);
  throw new Error("it is of a kind that ssh does not use");
}
