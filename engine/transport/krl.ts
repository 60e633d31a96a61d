// Lists of revoked keys in OpenSSH's binary form (its PROTOCOL.krl), as `ssh-keygen -k` writes them.
import { createHash } from "node:crypto";
import type { Certificate } from "./certificate.ts";
import { FieldReader } from "./wire.ts";

const MAGIC = "SSHKRL\n\0";

/** Types of sections, and of the parts of the one about certificates. */
const CERTIFICATES = 1;
const KEYS = 2;
const SHA1 = 3;
const SHA256 = 5;
const EXTENSION = 255;
const SERIALS = 0x20;
const RANGE = 0x21;
const BITMAP = 0x22;
const KEY_IDS = 0x23;
const PART_EXTENSION = 0x39;

/** Whether a key, or the certificate that it was shown in, is revoked. */
export type Revokes = (key: Uint8Array, certificate?: Certificate) => boolean;

/** Whether bytes are a list in this form. */
export function isKrl(bytes: Uint8Array): boolean {
  return new TextDecoder("latin1").decode(bytes.subarray(0, MAGIC.length)) === MAGIC;
}

/**
 * Reads a list of revoked keys.
 *
 * @throws {Error} when it says something that is not understood: then nobody knows what it revokes.
 */
export function readKrl(bytes: Uint8Array): Revokes {
  const reader = new FieldReader(bytes.subarray(MAGIC.length));
  const version = reader.uint32();
  if (version !== 1) throw new Error(`it has version ${version} of its form, and 1 is known`);
  for (let at = 0; at < 3; at++) reader.uint64(); // its own version, its date, and flags that mean nothing yet
  reader.string(); // nothing yet
  reader.string(); // a comment
  const found: Revokes[] = [];
  for (const { type, data } of sections(reader)) found.push(...section(type, data));
  return (key, certificate) => found.some((revokes) => revokes(key, certificate));
}

function* sections(reader: FieldReader): Generator<{ readonly type: number; readonly data: FieldReader }> {
  while (!reader.ended) {
    const [type = 0] = reader.take(1);
    yield { type, data: new FieldReader(reader.string()) };
  }
}

function section(type: number, data: FieldReader): readonly Revokes[] {
  switch (type) {
    case CERTIFICATES:
      return certificates(data);
    case KEYS:
      return [keysIn(data, hex)];
    case SHA1:
      return [keysIn(data, (key) => createHash("sha1").update(key).digest("hex"))];
    case SHA256:
      return [keysIn(data, (key) => createHash("sha256").update(key).digest("hex"))];
    case EXTENSION:
      return unlessCritical(data);
    default:
      throw new Error(`it has a section of type ${type}, which is not known`);
  }
}

const hex = (bytes: Uint8Array) => bytes.toHex();

function strings(data: FieldReader): ReadonlySet<string> {
  const found = new Set<string>();
  while (!data.ended) found.add(hex(data.string()));
  return found;
}

function keysIn(data: FieldReader, nameOf: (key: Uint8Array) => string): Revokes {
  const names = strings(data);
  return (key) => names.has(nameOf(key));
}

function unlessCritical(data: FieldReader): readonly [] {
  const name = data.text();
  if (data.take(1)[0] !== 0) throw new Error(`it has the extension ${name}, which is not known`);
  return [];
}

/** Certificates of one authority, or of all when the list names none. */
function certificates(data: FieldReader): readonly Revokes[] {
  const authority = hex(data.string());
  data.string(); // nothing yet
  const parts = [...sections(data)].flatMap((part) => certificatePart(part.type, part.data));
  return [
    (_, certificate) =>
      certificate !== undefined && (authority === "" || authority === hex(certificate.authority)) &&
      parts.some((fits) => fits(certificate)),
  ];
}

function certificatePart(type: number, data: FieldReader): readonly ((one: Certificate) => boolean)[] {
  switch (type) {
    case SERIALS: {
      const serials = new Set<bigint>();
      while (!data.ended) serials.add(data.uint64());
      return [({ serial }) => serials.has(serial)];
    }
    case RANGE: {
      const [first, last] = [data.uint64(), data.uint64()];
      return [({ serial }) => serial >= first && serial <= last];
    }
    case BITMAP: {
      const first = data.uint64();
      const bits = BigInt(`0x0${hex(data.string())}`);
      return [({ serial }) => serial >= first && (bits >> serial - first & 1n) === 1n];
    }
    case KEY_IDS: {
      const ids = strings(data);
      return [({ keyId }) => ids.has(hex(new TextEncoder().encode(keyId)))];
    }
    case PART_EXTENSION:
      return unlessCritical(data);
    default:
      throw new Error(`it has a part of type ${type} about certificates, which is not known`);
  }
}
