// Certificates in place of host keys. The library that speaks ssh knows none: here it offers to take them, and is shown
// the plain key inside where it checks the server's signature. What a certificate says is checked by who verifies keys.
import { Buffer } from "node:buffer";
// @ts-types="@types/ssh2"
import type { Client } from "ssh2";
import { isCertificateType, parseCertificate, plainType } from "./certificate.ts";
import { keyType } from "./public_key.ts";
import { field } from "./wire.ts";

/** Types of certificates that a server may show. */
const TYPES = [
  "ssh-ed25519-cert-v01@openssh.com",
  "ecdsa-sha2-nistp256-cert-v01@openssh.com",
  "ecdsa-sha2-nistp384-cert-v01@openssh.com",
  "ecdsa-sha2-nistp521-cert-v01@openssh.com",
  "rsa-sha2-512-cert-v01@openssh.com",
  "rsa-sha2-256-cert-v01@openssh.com",
];

interface Names {
  readonly array: readonly string[];
}

interface Direction {
  readonly cipher: Names;
  readonly mac: Names;
  readonly compress: Names;
  readonly lang: Names;
}

/** What is offered to a server, in the library's own class. */
interface Offer {
  readonly lists: {
    readonly kex: Names;
    readonly serverHostKey: Names;
    readonly cs: Direction;
    readonly sc: Direction;
  };
}

/** As much of the library's inside as is used here; its version is fixed, and tests with a real server watch it. */
interface Protocol {
  _offer: Offer;
  _hostVerifier(key: Buffer, verified: (trusted: boolean) => void): void;
  _kex: KeyExchange;
}

interface KeyExchange {
  readonly negotiated: { serverHostKey: string };
}

/** Makes a client that is about to connect ask for a certificate first, and for a key where the server has none. */
export function useHostCertificates(client: Client): void {
  const protocol: Protocol = Reflect.get(client, "_protocol");
  const { kex, serverHostKey, cs, sc } = protocol._offer.lists;
  protocol._offer = Reflect.construct(protocol._offer.constructor, [{
    kex: kex.array,
    serverHostKey: [...TYPES, ...serverHostKey.array],
    cs: arrays(cs),
    sc: arrays(sc),
  }]);
  const agreed = nameTypes(protocol);
  const verify = protocol._hostVerifier;
  protocol._hostVerifier = (key, verified) => {
    verify(key, (trusted) => {
      if (trusted && isCertificateType(keyType(key))) showPlainKey(protocol, key, plainType(agreed()));
      verified(trusted);
    });
  };
}

/**
 * What is agreed on is how the server signs; of RSA certificates alone the type has another name, by which the library
 * must know the one that is shown. Gives what was agreed on last.
 */
function nameTypes(protocol: Protocol): () => string {
  let [kex, agreed] = [protocol._kex, ""];
  Object.defineProperty(protocol, "_kex", {
    get: () => kex,
    set(next: KeyExchange) {
      kex = next;
      agreed = next.negotiated.serverHostKey;
      next.negotiated.serverHostKey = agreed.replace(/^rsa-sha2-\d+-cert/, "ssh-rsa-cert");
    },
  });
  return () => agreed;
}

function arrays({ cipher, mac, compress, lang }: Direction): Record<keyof Direction, readonly string[]> {
  return { cipher: cipher.array, mac: mac.array, compress: compress.array, lang: lang.array };
}

/** The bytes stay those of the certificate, which the server signed; what is read of them is the key inside. */
function showPlainKey(protocol: Protocol, key: Buffer, algorithm: string): void {
  const type = plainType(keyType(key));
  const rest = Buffer.from(parseCertificate(key).publicKey.subarray(field(type).length));
  Object.assign(key, { utf8Slice: () => type, slice: () => rest });
  protocol._kex.negotiated.serverHostKey = algorithm;
}
