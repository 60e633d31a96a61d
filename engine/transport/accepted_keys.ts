// Which kinds of keys a login may be made with, where ssh's configuration has a say.
import { isCertificateType, plainType } from "./certificate.ts";
import { wildcard } from "./known_hosts.ts";
import { FieldReader, trimZeros } from "./wire.ts";

/** What ssh's configuration says of the kinds of keys. */
export interface AcceptedKeys {
  /** `PubkeyAcceptedAlgorithms` as it is written: `a,b` alone, without `-a*`, or `+a` and `^a`, which add. */
  readonly algorithms?: string;
  /** Bits that an RSA key has at least. */
  readonly rsaSize: number;
}

/** Why a key or certificate may not be offered; nothing when it may. */
export function notAccepted(blob: Uint8Array, type: string, accepted: AcceptedKeys): string | undefined {
  const { algorithms = "", rsaSize } = accepted;
  if (!algorithmsOf(type).some((name) => allowed(name, algorithms))) {
    return `keys of type ${type} are not allowed by PubkeyAcceptedAlgorithms ${algorithms}`;
  }
  if (type !== "ssh-rsa") return undefined;
  const bits = rsaBits(blob);
  return bits < rsaSize ? `it has ${bits} bits, and RequiredRSASize asks for ${rsaSize}` : undefined;
}

function algorithmsOf(type: string): readonly string[] {
  if (plainType(type) !== "ssh-rsa") return [type];
  const suffix = isCertificateType(type) ? type.slice("ssh-rsa".length) : "";
  return ["rsa-sha2-512", "rsa-sha2-256"].map((name) => name + suffix);
}

/** All that can be offered is in ssh's own list, so that adding to it changes nothing. */
function allowed(name: string, list: string): boolean {
  if (list === "" || /^[+^]/.test(list)) return true;
  const fits = list.replace(/^-/, "").split(",").some((pattern) => wildcard(pattern.trim()).test(name));
  return list.startsWith("-") ? !fits : fits;
}

function rsaBits(blob: Uint8Array): number {
  const reader = new FieldReader(blob);
  reader.string();
  reader.string();
  const n = trimZeros(reader.string());
  return n.length * 8 - Math.clz32(n[0] ?? 0) + 24;
}
