import { Buffer } from "node:buffer";
import { messageOf } from "../errors.ts";
import {
  type Certificate,
  hostCertificateFault,
  isCertificateType,
  parseCertificate,
} from "./certificate.ts";
import type { SettledRoute } from "./connection.ts";
import {
  readKnownHosts,
  readRevokedKeys,
  remember,
  rememberedKeys,
  type Revocation,
  revocation,
} from "./host_key_files.ts";
import { type KnownHost, knownHostName, plainName, speaksOf } from "./known_hosts.ts";
import { HostKeyError, whereIs } from "./problems.ts";
import { fingerprint, fingerprintOf, keyType } from "./public_key.ts";
import { UnknownHostKey } from "./unknown_host_key.ts";

export { fingerprint, keyType } from "./public_key.ts";

/** Who says which keys hosts have. */
export interface HostKeyOptions {
  /** Pallet's own file: nodes by their ids. It may be appended to. */
  readonly ownKnownHosts: string;
  /** The user's files: hosts by their addresses. Only read. */
  readonly knownHosts: readonly string[];
  /** Takes the key of a host that nobody knows yet. */
  readonly acceptNew: boolean;
  /** Name of the host in the user's files, in place of its address and port. */
  readonly alias?: string;
  /** A file of keys that are to be refused. */
  readonly revoked?: string;
  /** Told of lines that cannot be read. */
  readonly warn?: (text: string) => void;
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
  /** Whether an authority is known whose certificate the host may show in place of a key. */
  readonly certified: boolean;
  /** @throws {HostKeyError} unless the key or certificate is one to trust. {@linkcode UnknownHostKey} */
  check(key: Uint8Array): void;
}

/**
 * What is known of a host's keys: what its provider attests, and nothing else, where it does; otherwise Pallet's own
 * file by the node's id; otherwise the user's files by its address.
 */
export async function hostKeysOf(route: SettledRoute, options: HostKeyOptions): Promise<HostKeys> {
  const refusedKeys = options.revoked === undefined ? [] : await readRevokedKeys(options.revoked);
  if (route.hostKeys.length > 0) {
    const expected = route.hostKeys.map((line): Expected => {
      const [type = "", key = ""] = line.trim().split(/\s+/);
      return { type, key, place: "its provider" };
    });
    return new Checks(route, options, { expected, authorities: [], revoked: refusedKeys });
  }
  const [own, ...others] = await Promise.all(
    [options.ownKnownHosts, ...options.knownHosts].map(readKnownHosts),
  );
  for (const problem of [own, ...others].flatMap((file) => file?.problems ?? [])) options.warn?.(problem);
  const ownNames = [plainName(route.hostKeyAlias)];
  const names = options.alias === undefined
    ? [route.address, route.hostKeyAlias].map((host) => knownHostName(host, route.port))
    : [options.alias];
  const mine = (own?.entries ?? []).filter((entry) => speaksOf(entry, ownNames));
  const theirs = others.flatMap(({ entries }) => entries).filter((entry) => speaksOf(entry, names));
  // Ours are by id, so they hold when an address has passed from one machine to another.
  const known = mine.some(isKey) ? mine : theirs;
  const all = [...mine, ...theirs];
  return new Checks(route, options, {
    expected: known.filter(isKey),
    authorities: all.filter(({ marker }) => marker === "cert-authority"),
    revoked: [
      ...refusedKeys,
      ...all.filter(({ marker }) => marker === "revoked").map(({ key, place }) => revocation(key, place)),
    ],
  });
}

function isKey({ marker }: KnownHost): boolean {
  return marker === "";
}

/** Who is believed about a host. */
interface Believed {
  readonly expected: readonly Expected[];
  readonly authorities: readonly Expected[];
  readonly revoked: readonly Revocation[];
}

class Checks implements HostKeys {
  readonly #route: SettledRoute;
  readonly #options: HostKeyOptions;
  readonly #believed: Believed;

  constructor(route: SettledRoute, options: HostKeyOptions, believed: Believed) {
    this.#route = route;
    this.#options = options;
    this.#believed = believed;
  }

  get types(): readonly string[] {
    return typesOf(this.#believed.expected);
  }

  get certified(): boolean {
    return this.#believed.authorities.length > 0;
  }

  check(shown: Uint8Array): void {
    const { expected, authorities } = this.#believed;
    const certificate = this.#certificate(shown);
    const key = certificate?.publicKey ?? shown;
    this.#refuseRevoked(key, certificate);
    if (certificate !== undefined && this.#vouchedFor(certificate)) return;
    if (expected.length > 0) return this.#compare(key, expected);
    if (this.#options.acceptNew) return this.#acceptNew(key);
    throw new UnknownHostKey({
      route: this.#route,
      key,
      file: this.#options.ownKnownHosts,
      userFile: this.#options.knownHosts[0],
      authority: authorities[0]?.place,
    });
  }

  /**
   * A server shows its key again each time that keys are exchanged, and another connection may have been first: what
   * is kept by now holds.
   */
  #acceptNew(key: Uint8Array): void {
    const { ownKnownHosts } = this.#options;
    const kept = rememberedKeys(ownKnownHosts, this.#route.hostKeyAlias);
    if (kept.length === 0) remember(ownKnownHosts, this.#route.hostKeyAlias, key);
    else this.#compare(key, kept);
  }

  #certificate(shown: Uint8Array): Certificate | undefined {
    if (!isCertificateType(keyType(shown))) return undefined;
    try {
      return parseCertificate(shown);
    } catch (thrown) {
      throw this.#refused(`its certificate cannot be read: ${messageOf(thrown)}`);
    }
  }

  /** Whether an authority that is known vouches for the host; what it says must hold then. */
  #vouchedFor(certificate: Certificate): boolean {
    const authority = this.#believed.authorities.find(({ key }) => sameKey(key, certificate.authority));
    if (authority === undefined) return false;
    this.#refuseRevoked(certificate.authority);
    const { address, hostKeyAlias } = this.#route;
    const names = [this.#options.alias ?? address, hostKeyAlias];
    const fault = faultOf(certificate, [...new Set(names)]);
    if (fault === undefined) return true;
    throw this.#refused(
      `its certificate "${certificate.keyId}", of the authority at ${authority.place}, is not to be trusted: ${fault}`,
    );
  }

  #refuseRevoked(key: Uint8Array, certificate?: Certificate): void {
    const { revoked } = this.#believed;
    const ofKey = revoked.find(({ revokes }) => revokes(key));
    if (ofKey !== undefined) throw this.#refused(`${fingerprintOf(key)} is revoked by ${ofKey.place}`);
    const ofCertificate = revoked.find(({ revokes }) => revokes(key, certificate));
    if (ofCertificate === undefined) return;
    throw this.#refused(`its certificate "${certificate?.keyId}" is revoked by ${ofCertificate.place}`);
  }

  #compare(key: Uint8Array, expected: readonly Expected[]): void {
    if (expected.some((one) => sameKey(one.key, key))) return;
    const told = expected.find((one) => one.type === keyType(key)) ?? expected[0];
    const should = told === undefined ? "another" : `${fingerprint(told.key)} by ${told.place}`;
    throw this.#refused(`it should be ${should}, and is ${fingerprintOf(key)}`);
  }

  #refused(why: string): HostKeyError {
    return new HostKeyError(`Refused to log in to ${whereIs(this.#route)}: its host key is wrong: ${why}`, {
      kind: "unreachable",
      help: "Somebody may be in between, or the machine was made anew. Only if you know that it was, " +
        "remove the old key from where it is kept.",
    });
  }
}

function sameKey(known: string, key: Uint8Array): boolean {
  return known === Buffer.from(key).toString("base64");
}

function faultOf(certificate: Certificate, names: readonly string[]): string | undefined {
  try {
    return hostCertificateFault(certificate, names);
  } catch (thrown) {
    return messageOf(thrown); // of an authority whose signatures cannot be checked
  }
}

/** Signatures that a key type can make; an RSA key makes newer ones than its name says. */
function typesOf(expected: readonly Expected[]): readonly string[] {
  const types = expected.flatMap(({ type }) =>
    type === "ssh-rsa" ? ["rsa-sha2-512", "rsa-sha2-256"] : [type]
  );
  return [...new Set(types)];
}
