import { messageOf } from "../errors.ts";
import type { Secret } from "../secrets/secret.ts";
import type { Ask } from "./ask.ts";
import { exposed } from "./key_file.ts";
import { type KeyFile, type PrivateKey, readPrivateKey, WrongPassphrase } from "./private_key.ts";
import { AgentError, type AgentKey, SshAgent } from "./ssh_agent/agent.ts";

/** How often a person may try; whoever mistypes wants to try again, whoever does not know it wants an end. */
const TRIES = 3;

/** What to do where nobody can be asked for a passphrase; the path of the key follows. */
const WITHOUT_ASKING =
  "where nobody can be asked, name it beside private-key, or add the key to an agent: ssh-add";

/** Passphrases that are kept somewhere, by the path of the key; nothing: this one is not. */
export type PassphraseSource = (path: string) => Promise<Secret | undefined>;

/** What a file holds, or a key that may not be used as it lies there; an agent may have it. */
export type FoundKey = KeyFile | {
  readonly state: "refused";
  readonly publicKey?: Uint8Array;
  readonly why: string;
};

/** The keys of one run: each file is read once, and each passphrase asked for once. */
export class Keyring {
  readonly #ask: Ask | undefined;
  readonly #passphrases: PassphraseSource | undefined;
  readonly #files = new Map<string, Promise<FoundKey | Error>>();
  readonly #unlocked = new Map<string, Promise<PrivateKey>>();
  readonly #silent = new Map<string, AgentError>();

  constructor(options: { readonly ask?: Ask; readonly passphrases?: PassphraseSource } = {}) {
    this.#ask = options.ask;
    this.#passphrases = options.passphrases;
  }

  /** Whether there is somebody who may know a passphrase. */
  get canAsk(): boolean {
    return this.#ask !== undefined || this.#passphrases !== undefined;
  }

  /** What a file of a key holds, or why it is of no use; nothing when there is none. */
  async file(path: string): Promise<FoundKey | Error | undefined> {
    const known = this.#files.get(path) ?? readKeyFile(path);
    this.#files.set(path, known);
    const file = await known;
    return file instanceof Deno.errors.NotFound ? undefined : file;
  }

  /** The key under a passphrase, which is asked for. @throws {Error} when nobody could tell it. */
  unlock(path: string, file: Extract<KeyFile, { state: "locked" }>): Promise<PrivateKey> {
    const known = this.#unlocked.get(path) ?? this.#askFor(path, file);
    this.#unlocked.set(path, known);
    known.catch(() => {}); // whoever waits for it hears of it
    return known;
  }

  async #askFor(path: string, file: Extract<KeyFile, { state: "locked" }>): Promise<PrivateKey> {
    const known = await this.#passphrases?.(path);
    // Who was told it beforehand is not asked again: it would be as wrong the second time.
    if (known !== undefined) return await file.unlock(known.reveal());
    for (let at = 1;; at++) {
      const again = at === 1 ? "" : `That was wrong (${at} of ${TRIES}). `;
      const text = `${again}Passphrase of ${path}: `;
      const passphrase = await this.#ask?.({ kind: "passphrase", text });
      if (passphrase === undefined) {
        throw new Error(`its passphrase was not given; ${WITHOUT_ASKING} ${path}`);
      }
      try {
        return await file.unlock(passphrase);
      } catch (thrown) {
        if (!(thrown instanceof WrongPassphrase) || at === TRIES) throw thrown;
      }
    }
  }

  /** The keys of an agent; one that hangs is waited for once. @throws {AgentError} */
  async agentKeys(agent: SshAgent): Promise<readonly AgentKey[]> {
    const silent = this.#silent.get(agent.socket);
    if (silent !== undefined) throw silent;
    try {
      return await agent.keys();
    } catch (thrown) {
      if (thrown instanceof AgentError) this.#silent.set(agent.socket, thrown);
      throw thrown;
    }
  }
}

async function readKeyFile(path: string): Promise<FoundKey | Error> {
  try {
    const file = readPrivateKey(await Deno.readFile(path));
    if (file.state === "public") return file;
    const why = await exposed(path);
    if (why !== undefined) return { state: "refused", ...await publicHalf(path, file), why };
    return file.state === "locked" ? { ...file, ...await publicHalf(path, file) } : file;
  } catch (thrown) {
    if (thrown instanceof Deno.errors.NotFound && !path.endsWith(".pub")) {
      const beside = await readKeyFile(`${path}.pub`);
      if (!(beside instanceof Error)) return beside;
    }
    return thrown instanceof Error ? thrown : new Error(messageOf(thrown));
  }
}

/** The public half that a key tells of itself, or that lies beside it. */
async function publicHalf(path: string, file: KeyFile): Promise<{ readonly publicKey?: Uint8Array }> {
  if (file.state === "open") return { publicKey: file.key.publicKey };
  if (file.publicKey !== undefined) return { publicKey: file.publicKey };
  const beside = await readKeyFile(`${path}.pub`);
  return beside instanceof Error || beside.state !== "public" ? {} : { publicKey: beside.publicKey };
}
