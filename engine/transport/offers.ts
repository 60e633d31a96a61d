// Offering public keys to a server, and proving that one has their private halves. The library that speaks ssh cannot
// do that with certificates, with keys in hardware, or with RSA keys where a server does not say what it takes; so this
// part of the protocol (RFC 4252, section 7) is done here, in the place of its own.
import { Buffer } from "node:buffer";
// @ts-types="@types/ssh2"
import type {
  AnyAuthMethod,
  Client,
  IdentityCallback,
  ParsedKey,
  SignCallback,
  SigningRequestOptions,
} from "ssh2";
import { isCertificateType, plainType } from "./certificate.ts";
import { messageOf } from "../errors.ts";
import { joined } from "../bytes.ts";
import { BaseAgent, parseKey } from "./ssh2.ts";
import { field } from "./wire.ts";

/** A key or certificate that can be offered to a server. */
export interface Offer {
  /** For messages: where it is from. */
  readonly name: string;
  /** The type that its first field names. */
  readonly type: string;
  /** What is sent: the public key, or the certificate. */
  readonly blob: Uint8Array;
  /** Whether it signs at once, without a person or a program being asked. */
  readonly ready: boolean;
  /** A signature as ssh sends it. @throws {Error} with a message that says which key, and why not. */
  sign(data: Uint8Array, algorithm: string): Promise<Uint8Array>;
}

/** As much of the library's inside as is used here; its version is fixed, and tests with a real server watch it. */
interface Protocol {
  authPK(user: string, key: OfferedKey, algorithm?: string, sign?: Signer): void;
  readonly _kex: { readonly sessionID: Uint8Array };
  readonly _authsQueue: string[];
  readonly _handlers: {
    USERAUTH_FAILURE(protocol: unknown, methods: readonly string[], partial: boolean): void;
  };
  readonly _cipher: { encrypt(packet: Uint8Array): void };
  readonly _packetRW: {
    readonly write: {
      readonly allocStart: number;
      alloc(size: number): Uint8Array;
      finalize(packet: Uint8Array): Uint8Array;
    };
  };
}

type Signer = (data: Buffer, done: (signature: Uint8Array) => void) => void;

/** What the library takes for a public key: it asks for no more than the type. */
interface OfferedKey extends ParsedKey {
  readonly offer: Offer;
  readonly how: OfferOptions;
}

/** How an offer is made. */
export interface OfferOptions {
  /** The first one of a login may save the question whether the server would take it. */
  readonly first?: boolean;
  /** What an RSA key signs by, in place of what the server says it takes. */
  readonly algorithm?: "rsa-sha2-512";
}

const USERAUTH_REQUEST = 50;

/** Any key makes the library believe that an object is one. */
const TEMPLATE = parseKey(
  "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
);

/** An offer as the library is told of it. */
export function offerMethod(username: string, offer: Offer, how: OfferOptions = {}): AnyAuthMethod {
  const prototype = Array.isArray(TEMPLATE) ? TEMPLATE[0] : TEMPLATE;
  const key: OfferedKey = Object.assign(Object.create(prototype), {
    type: how.algorithm ?? offer.type,
    offer,
    how,
  });
  return { type: "agent", username, agent: new OfferAgent(key) };
}

/** Stands for an agent with one key. */
class OfferAgent extends BaseAgent<OfferedKey> {
  readonly #key: OfferedKey;

  constructor(key: OfferedKey) {
    super();
    this.#key = key;
  }

  override getIdentities(done: IdentityCallback<OfferedKey>): void {
    done(undefined, [this.#key]);
  }

  override sign(
    key: OfferedKey,
    data: Buffer,
    options: SigningRequestOptions | SignCallback,
    callback?: SignCallback,
  ): void {
    const done = typeof options === "function" ? options : callback ?? (() => {});
    const hash = typeof options === "function" ? undefined : options.hash;
    const algorithm = hash === "sha256" ? "rsa-sha2-256" : "rsa-sha2-512";
    key.offer.sign(data, key.type.includes("rsa") ? algorithm : plainType(key.type)).then(
      (signature) => done(undefined, Buffer.from(signature)),
      (thrown) => done(thrown instanceof Error ? thrown : new Error(messageOf(thrown))),
    );
  }
}

/**
 * Makes a client that is about to connect offer keys by {@linkcode offerMethod}. After each refusal it tells which
 * methods the server would still take, and whether the key was good and only not enough.
 */
export function useOffers(
  client: Client,
  heard: (methods: readonly string[], partial: boolean) => void,
): void {
  const protocol: Protocol = Reflect.get(client, "_protocol");
  const failed = protocol._handlers.USERAUTH_FAILURE;
  protocol._handlers.USERAUTH_FAILURE = (it, methods, partial) => {
    heard(methods, partial);
    failed(it, methods, partial);
  };
  protocol.authPK = (user, key, told, sign) => {
    const algorithm = wireAlgorithm(key.type, told);
    const request = (signed: boolean) =>
      joined([
        Uint8Array.of(USERAUTH_REQUEST),
        field(user),
        field("ssh-connection"),
        field("publickey"),
        Uint8Array.of(signed ? 1 : 0),
        field(algorithm),
        field(key.offer.blob),
      ]);
    const data = () => Buffer.from(joined([field(protocol._kex.sessionID), request(true)]));
    const prove = (signature: Uint8Array) => send(protocol, joined([request(true), field(signature)]));
    if (sign !== undefined) return sign(data(), prove);
    if (key.how.first !== true || !key.offer.ready) return send(protocol, request(false));
    const signing = algorithm.startsWith("rsa-") ? plainType(algorithm) : plainType(key.type);
    key.offer.sign(data(), signing).then(prove, () => send(protocol, request(false)));
  };
}

/** The name of what is signed with: RSA keys sign by SHA-2 alone, whatever their name says. */
function wireAlgorithm(type: string, told: string | undefined): string {
  if (plainType(type) !== "ssh-rsa") return type;
  if (isCertificateType(type)) return type.replace(/^ssh-rsa/, "rsa-sha2-512");
  return told === "rsa-sha2-256" ? told : "rsa-sha2-512";
}

function send(protocol: Protocol, payload: Uint8Array): void {
  const { write } = protocol._packetRW;
  const packet = write.alloc(payload.length);
  packet.set(payload, write.allocStart);
  protocol._authsQueue.push("publickey");
  protocol._cipher.encrypt(write.finalize(packet));
}
