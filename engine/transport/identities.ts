import { join } from "node:path";
import { messageOf } from "../errors.ts";
import { type AcceptedKeys, notAccepted } from "./accepted_keys.ts";
import {
  canBeOffered,
  type Certificate,
  isCertificateType,
  outOfTime,
  parseCertificate,
} from "./certificate.ts";
import type { FoundKey, Keyring } from "./keyring.ts";
import type { Offer } from "./offers.ts";
import type { PrivateKey } from "./private_key.ts";
import { oneLine } from "./problems.ts";
import { keyType, sameKey } from "./public_key.ts";
import type { AgentKey, SshAgent } from "./ssh_agent/agent.ts";

/** What a login may offer, and what it cannot use. */
export interface Identities {
  /** In the order in which they are to be tried. */
  readonly offers: readonly Offer[];
  /** Sentences: `~/.ssh/id_rsa: the passphrase is wrong`. */
  readonly problems: readonly string[];
  /** Files of private keys that were named and are of no use, each with the reason; it stands in `problems` too. */
  readonly unusable: ReadonlyMap<string, string>;
}

/** Which keys a login is to be made with. */
export interface IdentityRequest {
  /** Paths of private keys; none: those of `~/.ssh` that ssh would try. */
  readonly files: readonly string[];
  readonly certificateFiles: readonly string[];
  /** Whether the agent may offer no other keys than those of the files. */
  readonly only: boolean;
  readonly accepted: AcceptedKeys;
  /** The user's home folder. */
  readonly home: string;
  readonly agent?: SshAgent;
}

/** What ssh tries when nothing is told, the most usual first. */
const DEFAULTS = ["id_ed25519", "id_ecdsa", "id_rsa", "id_ed25519_sk", "id_ecdsa_sk"];

/** A server ends a login after six keys by default, so more than a few of them help nobody. */
const MOST_OFFERS = 20;

type Sign = Offer["sign"];

/** A key of the agent; `certified`: the plain key that it is a certificate of. */
interface HeldKey extends AgentKey {
  readonly certified?: Uint8Array;
}

/** A certificate from a file. */
interface FileCertificate {
  readonly path: string;
  readonly blob: Uint8Array;
  readonly certificate: Certificate;
}

/**
 * What a login offers: the keys of files in their order, each with its certificates before it and signed by the agent
 * where a passphrase would be needed; then the agent's other keys.
 */
export async function loadIdentities(request: IdentityRequest, keyring: Keyring): Promise<Identities> {
  const loader = new Loader(request, keyring);
  await loader.load();
  return loader;
}

class Loader implements Identities {
  readonly offers: Offer[] = [];
  readonly problems: string[] = [];
  readonly unusable = new Map<string, string>();
  readonly #request: IdentityRequest;
  readonly #keyring: Keyring;
  #agentKeys: readonly HeldKey[] = [];
  #certificates: readonly FileCertificate[] = [];

  constructor(request: IdentityRequest, keyring: Keyring) {
    this.#request = request;
    this.#keyring = keyring;
  }

  async load(): Promise<void> {
    const { files, certificateFiles, only, home } = this.#request;
    const named = files.length > 0;
    const paths = named ? files : DEFAULTS.map((name) => join(home, ".ssh", name));
    this.#agentKeys = await this.#askAgent();
    this.#certificates = (await Promise.all([
      ...certificateFiles.map((path) => this.#certificate(path, true)),
      ...paths.map((path) => this.#certificate(`${path}-cert.pub`, false)),
    ])).filter((one) => one !== undefined);
    for (const path of paths) {
      const file = await this.#keyring.file(path);
      if (file === undefined) {
        if (named) this.#refuse(path, "there is no such file");
      } else if (file instanceof Error) this.#refuse(path, messageOf(file));
      else await this.#offerFile(path, file);
    }
    this.#offerCertificatesOfAgent(certificateFiles);
    if (!only) this.#offerAgent();
  }

  async #askAgent(): Promise<readonly HeldKey[]> {
    const { agent } = this.#request;
    if (agent === undefined) return [];
    try {
      const keys = await this.#keyring.agentKeys(agent);
      if (keys.length === 0) this.problems.push(`the agent ${agent.socket} has no keys, or is locked`);
      return keys.flatMap(heldKey);
    } catch (thrown) {
      this.problems.push(`the agent ${agent.socket} ${messageOf(thrown)}`);
      return [];
    }
  }

  async #certificate(path: string, named: boolean): Promise<FileCertificate | undefined> {
    const file = await this.#keyring.file(path);
    try {
      if (file === undefined) {
        if (named) throw new Error("there is no such file");
        return undefined;
      }
      if (file instanceof Error) throw file;
      if (file.state !== "public") throw new Error("it is no certificate");
      const certificate = parseCertificate(file.publicKey);
      const late = certificate.kind === "user"
        ? outOfTime(certificate)
        : "it is not the certificate of a user";
      if (late !== undefined) throw new Error(late);
      return { path, blob: file.publicKey, certificate };
    } catch (thrown) {
      this.problems.push(`${path}: ${messageOf(thrown)}`);
      return undefined;
    }
  }

  async #offerFile(path: string, file: FoundKey): Promise<void> {
    try {
      const found = await this.#signer(path, file);
      if (typeof found === "string") this.#refuse(path, found);
      else this.#offerKey(found.name, found.publicKey, found.ready, found.sign);
    } catch (thrown) {
      this.#refuse(path, messageOf(thrown));
    }
  }

  #refuse(path: string, why: string): void {
    this.unusable.set(path, why);
    this.problems.push(`${path}: ${why}`);
  }

  /** How a file's key signs, or why it cannot. */
  async #signer(
    path: string,
    file: FoundKey,
  ): Promise<{ name: string; publicKey: Uint8Array; ready: boolean; sign: Sign } | string> {
    if (file.state === "open") return opened(path, file.key);
    const { publicKey } = file;
    const held = publicKey !== undefined && this.#agentKeys.some(({ blob }) => sameKey(blob, publicKey));
    if (held) {
      return { name: `${path} (by the agent)`, publicKey, ready: false, sign: this.#agentSign(publicKey) };
    }
    if (file.state === "refused") return file.why;
    if (file.state === "hardware") return `it needs its hardware; add it to an ssh agent: ssh-add ${path}`;
    if (file.state !== "locked") return "it is a public key, and no agent has its private half";
    if (!this.#keyring.canAsk) {
      return "it is protected by a passphrase, and there is no terminal to ask for it on; " +
        `add it to an ssh agent: ssh-add ${path}`;
    }
    if (publicKey === undefined) return opened(path, await this.#keyring.unlock(path, file));
    const sign: Sign = async (data, algorithm) => {
      try {
        return (await this.#keyring.unlock(path, file)).sign(data, algorithm);
      } catch (thrown) {
        throw new Error(`${path}: ${messageOf(thrown)}`, { cause: thrown });
      }
    };
    return { name: path, publicKey, ready: false, sign };
  }

  #agentSign(blob: Uint8Array): Sign {
    const { agent } = this.#request;
    return async (data, algorithm) => {
      try {
        if (agent === undefined) throw new Error("is not there");
        return await agent.sign(blob, data, algorithm);
      } catch (thrown) {
        throw new Error(`the agent ${agent?.socket} ${messageOf(thrown)}`, { cause: thrown });
      }
    };
  }

  /** A key, with the certificates for it before it. */
  #offerKey(name: string, publicKey: Uint8Array, ready: boolean, sign: Sign): void {
    for (const { path, blob, certificate } of this.#certificates) {
      if (sameKey(certificate.publicKey, publicKey)) this.#offer({ name: path, blob, ready, sign });
    }
    for (const { blob, comment, certified } of this.#agentKeys) {
      if (certified === undefined || !sameKey(certified, publicKey)) continue;
      this.#offer({ name: agentName(comment), blob, ready: false, sign: this.#agentSign(blob) });
    }
    this.#offer({ name, blob: publicKey, ready, sign });
  }

  #offerCertificatesOfAgent(named: readonly string[]): void {
    for (const { path, blob, certificate } of this.#certificates) {
      if (this.#has(blob) || !named.includes(path)) continue;
      const key = this.#agentKeys.find((one) => sameKey(one.blob, certificate.publicKey));
      if (key === undefined) this.problems.push(`${path}: the private key that it certifies is not here`);
      else this.#offer({ name: path, blob, ready: false, sign: this.#agentSign(key.blob) });
    }
  }

  #offerAgent(): void {
    let left = 0;
    for (const { blob, comment } of this.#agentKeys) {
      if (this.#has(blob)) continue;
      if (this.offers.length >= MOST_OFFERS) left++;
      else this.#offer({ name: agentName(comment), blob, ready: false, sign: this.#agentSign(blob) });
    }
    if (left > 0) this.problems.push(`${left} more keys of the agent, which are too many to try`);
  }

  #has(blob: Uint8Array): boolean {
    return this.offers.some((offer) => sameKey(offer.blob, blob));
  }

  #offer(offer: Omit<Offer, "type">): void {
    if (this.#has(offer.blob)) return;
    const type = keyType(offer.blob);
    const why = notAccepted(offer.blob, type, this.#request.accepted);
    if (why === undefined) this.offers.push({ ...offer, type });
    else this.problems.push(`${offer.name}: ${why}`);
  }
}

function opened(path: string, key: PrivateKey) {
  const sign: Sign = (data, algorithm) => Promise.resolve().then(() => key.sign(data, algorithm));
  return { name: path, publicKey: key.publicKey, ready: true, sign };
}

/** What an agent has that is of use; what it says that cannot be read may stop no login. */
function heldKey(key: AgentKey): readonly HeldKey[] {
  try {
    const type = keyType(key.blob);
    if (!canBeOffered(type)) return [];
    return [isCertificateType(type) ? { ...key, certified: parseCertificate(key.blob).publicKey } : key];
  } catch {
    return [];
  }
}

function agentName(comment: string): string {
  return `${comment === "" ? "a key" : `"${oneLine(comment)}"`} of the agent`;
}
