// Who may read a file of secrets, and who reads it: keys of age and of ssh, by themselves and in files.
import { messageOf, PalletError } from "../../errors.ts";
import { type KeyFile, readPrivateKey } from "../../transport/private_key.ts";
import type { Secret } from "../secret.ts";
import { NeedsPerson } from "../source.ts";
import { type Identity, type Recipient, recipientProblem } from "./age.ts";
import { isRecipient } from "./recipient.ts";
import { sshIdentity, sshRecipient } from "./ssh.ts";

/** Asks a person for the passphrase of a key file. */
export type AskPassphrase = (path: string) => Promise<Secret | undefined>;

function shorten(text: string): string {
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

function recipientOfText(text: string, where: string): Recipient {
  try {
    if (/^(?:ssh|ecdsa|sk)-/.test(text)) return sshRecipient(text);
    const problem = recipientProblem(text);
    if (problem === undefined) return text;
    throw new Error(problem);
  } catch (cause) {
    throw new PalletError(`Cannot use recipient "${shorten(text)}"${where}: ${messageOf(cause)}`, {
      kind: "config",
      help: "A recipient is age1..., ssh-ed25519 ... or ssh-rsa ..., or a file with one a line.",
      cause,
    });
  }
}

/** Recipients by their texts, or by paths of files that hold one a line. */
export async function recipientsOf(given: readonly string[]): Promise<readonly Recipient[]> {
  const found = await Promise.all(given.map(async (one) => {
    if (isRecipient(one)) return [recipientOfText(one, "")];
    let text: string;
    try {
      text = await Deno.readTextFile(one);
    } catch (cause) {
      throw new PalletError(`Cannot read recipients from "${one}": ${messageOf(cause)}`, {
        kind: "config",
        cause,
      });
    }
    if (/PRIVATE KEY|AGE-SECRET-KEY/.test(text)) {
      throw new PalletError(`Cannot read recipients from "${one}": it holds a private key`, {
        kind: "config",
        help: "Name its public half: for a key of ssh the file that ends with .pub.",
      });
    }
    const lines = text.split("\n").map((line) => line.trim()).filter((line) =>
      line !== "" && !line.startsWith("#")
    );
    return lines.map((line) => recipientOfText(line, ` of ${one}`));
  }));
  return found.flat();
}

async function unlocked(
  path: string,
  file: Extract<KeyFile, { readonly state: "locked" }>,
  ask?: AskPassphrase,
) {
  const passphrase = await ask?.(path);
  if (passphrase === undefined) {
    throw new NeedsPerson(`Cannot use key "${path}": it has a passphrase, and nobody is asked for it`, {
      kind: "config",
      help: "Run this on a terminal, or use a key without one.",
    });
  }
  try {
    return await file.unlock(passphrase.reveal());
  } catch (cause) {
    throw new PalletError(`Cannot use key "${path}": ${messageOf(cause)}`, { kind: "config", cause });
  }
}

function sshIdentityOf(path: string, bytes: Uint8Array, ask?: AskPassphrase): Identity {
  const file = readPrivateKey(bytes);
  switch (file.state) {
    case "open":
      return sshIdentity(file.key.publicKey, () => Promise.resolve(file.key));
    case "locked": {
      if (file.publicKey === undefined) throw new Error("it has a passphrase, and nothing tells whose it is");
      let key: ReturnType<typeof unlocked> | undefined;
      return sshIdentity(file.publicKey, () => key ??= unlocked(path, file, ask));
    }
    case "hardware":
      throw new Error("it is inside a piece of hardware, which can only sign");
    case "public":
      throw new Error("it is a public key");
  }
}

/** The variable that may hold an identity of age. */
export const IDENTITY_VARIABLE = "PALLET_AGE_IDENTITY";

/** Identities of what the variable holds. @throws {PalletError} when there are none in it, and it is not empty. */
export function identitiesOfVariable(text: string): readonly Identity[] {
  const found = identitiesOfText(text);
  if (found.length > 0 || text.trim() === "") return found;
  throw new PalletError(`Cannot use ${IDENTITY_VARIABLE}: there is no identity of age in it`, {
    kind: "config",
    help: "It holds what age-keygen prints: AGE-SECRET-KEY-1...",
  });
}

/** Identities of age in a text: a line each. */
function identitiesOfText(text: string): readonly Identity[] {
  return text.split("\n").map((line) => line.trim()).filter((line) => /^AGE-SECRET-KEY-/.test(line));
}

/**
 * The identities of a file: keys of age, or a private key of ssh.
 *
 * @throws {PalletError} that says why it holds none.
 */
export async function identitiesOf(path: string, ask?: AskPassphrase): Promise<readonly Identity[]> {
  try {
    const bytes = await Deno.readFile(path);
    const text = new TextDecoder("latin1").decode(bytes);
    const own = identitiesOfText(text);
    if (own.length > 0) return own;
    if (/^age-encryption\.org\/|BEGIN AGE ENCRYPTED/.test(text)) {
      throw new Error("it is encrypted itself; decrypt it with age first");
    }
    return [sshIdentityOf(path, bytes, ask)];
  } catch (cause) {
    if (cause instanceof PalletError) throw cause;
    throw new PalletError(`Cannot use identity "${path}": ${messageOf(cause)}`, {
      kind: "config",
      help: "An identity is a file of age-keygen, or a private key of ssh of type ssh-ed25519 or ssh-rsa.",
      cause,
    });
  }
}
