// Certificates of OpenSSH (its PROTOCOL.certkeys): a public key, and an authority's word on whose it is.
import { fingerprintOf, verifySignature } from "./public_key.ts";
import { field, FieldReader } from "./wire.ts";
import { joined } from "../bytes.ts";

/** What stands in a certificate. */
export interface Certificate {
  /** `ssh-ed25519-cert-v01@openssh.com` and the like. */
  readonly type: string;
  /** The key that it is about, as ssh sends it. */
  readonly publicKey: Uint8Array;
  readonly kind: "user" | "host" | "other";
  readonly keyId: string;
  readonly serial: bigint;
  /** Users or hosts that it holds for. */
  readonly principals: readonly string[];
  /** Seconds since 1970; no end: Infinity. */
  readonly validAfter: number;
  readonly validBefore: number;
  /** Conditions that whoever checks it has to know of. */
  readonly criticalOptions: readonly string[];
  /** The authority's public key. */
  readonly authority: Uint8Array;
  readonly signed: Uint8Array;
  readonly signature: Uint8Array;
}

const SUFFIX = "-cert-v01@openssh.com";

/** How many fields a key of each type has after its name. */
const FIELDS: Readonly<Record<string, number>> = {
  "ssh-ed25519": 1,
  "ssh-rsa": 2,
  "ecdsa-sha2-nistp256": 2,
  "ecdsa-sha2-nistp384": 2,
  "ecdsa-sha2-nistp521": 2,
  "sk-ssh-ed25519@openssh.com": 2,
  "sk-ecdsa-sha2-nistp256@openssh.com": 3,
};

/** Whether keys or certificates of a type can be offered to a server. */
export function canBeOffered(type: string): boolean {
  return FIELDS[plainType(type)] !== undefined;
}

/** Whether a type is one of a certificate. */
export function isCertificateType(type: string): boolean {
  return type.endsWith(SUFFIX);
}

/** The type of a certificate's key, or of a signature made with it. */
export function plainType(type: string): string {
  if (!isCertificateType(type)) return type;
  const plain = type.slice(0, -SUFFIX.length);
  return plain.startsWith("sk-") ? `${plain}@openssh.com` : plain;
}

/** Reads a certificate. @throws {Error} when it is none. */
export function parseCertificate(blob: Uint8Array): Certificate {
  const reader = new FieldReader(blob);
  const type = reader.text();
  const plain = plainType(type);
  const count = FIELDS[plain];
  if (plain === type || count === undefined) {
    throw new Error(`it is no certificate, but a key of type ${type}`);
  }
  reader.string(); // a random number
  const key = Array.from({ length: count }, () => field(reader.string()));
  const serial = reader.uint64();
  const kind = reader.uint32();
  const keyId = reader.text();
  const principals = texts(reader.string());
  const [validAfter, validBefore] = [reader.uint64(), reader.uint64()];
  const criticalOptions = texts(reader.string()).filter((_, at) => at % 2 === 0);
  reader.string(); // what it permits
  reader.string(); // nothing yet
  const authority = reader.string();
  const signed = blob.subarray(0, blob.length - reader.rest().length);
  const signature = reader.string();
  if (!reader.ended) throw new Error("it goes on after its end");
  return {
    type,
    publicKey: joined([field(plain), ...key]),
    kind: kind === 1 ? "user" : kind === 2 ? "host" : "other",
    keyId,
    serial,
    principals,
    validAfter: seconds(validAfter),
    validBefore: seconds(validBefore),
    criticalOptions,
    authority,
    signed,
    signature,
  };
}

function seconds(value: bigint): number {
  return value > BigInt(Number.MAX_SAFE_INTEGER) ? Infinity : Number(value);
}

function texts(bytes: Uint8Array): readonly string[] {
  const found: string[] = [];
  for (const reader = new FieldReader(bytes); !reader.ended;) found.push(reader.text());
  return found;
}

const day = (second: number) => new Date(second * 1000).toISOString().replace(/\.\d+Z$/, "Z");

/** Why a certificate does not hold now; nothing when it does. */
export function outOfTime(certificate: Certificate, now: number = Date.now() / 1000): string | undefined {
  const { validAfter, validBefore } = certificate;
  if (now < validAfter) return `it is not valid before ${day(validAfter)}`;
  if (now >= validBefore) return `it expired at ${day(validBefore)}`;
  return undefined;
}

/** Why a host's certificate does not prove that it is one of these names; nothing when it does. */
export function hostCertificateFault(
  certificate: Certificate,
  names: readonly string[],
  now?: number,
): string | undefined {
  const { kind, principals, criticalOptions, authority, signature, signed } = certificate;
  if (kind !== "host") return "it is not the certificate of a host";
  if (criticalOptions.length > 0) return `it has a condition that is not known: ${criticalOptions[0]}`;
  const late = outOfTime(certificate, now);
  if (late !== undefined) return late;
  if (!principals.some((principal) => names.some((name) => fits(principal, name)))) {
    return `it is for ${principals.join(", ") || "no host"}, and not for ${names.join(" or ")}`;
  }
  if (!verifySignature(authority, signature, signed)) {
    return `it is not signed by its authority ${fingerprintOf(authority)}`;
  }
  return undefined;
}

/** Principals of hosts may have wildcards. */
function fits(principal: string, name: string): boolean {
  const source = principal.replaceAll(/[\\^$.|+()[\]{}]/g, "\\$&").replaceAll("*", ".*").replaceAll("?", ".");
  return new RegExp(`^${source}$`, "i").test(name);
}
