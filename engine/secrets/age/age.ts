// The one module that knows the library for files of age.
import { armor, Decrypter, Encrypter, generateIdentity, identityToRecipient, Stanza } from "age-encryption";
import { messageOf, PalletError } from "../../errors.ts";

/** A part of a file's header: the file's key for one recipient. */
export interface KeyPart {
  readonly args: readonly string[];
  readonly body: Uint8Array;
}

/** Who may read a file: an `age1...` text, or a key of another kind. */
export type Recipient = string | { wrap(fileKey: Uint8Array): KeyPart };

/** Who reads a file: an `AGE-SECRET-KEY-1...` text, or a key of another kind, which answers for the parts that it knows. */
export type Identity =
  | string
  | { unwrap(parts: readonly KeyPart[]): Promise<Uint8Array | undefined> };

/** A text in age's format, in lines of printable characters. */
export async function encrypt(text: string, recipients: readonly Recipient[]): Promise<string> {
  const encrypter = new Encrypter();
  for (const recipient of recipients) {
    encrypter.addRecipient(
      typeof recipient === "string" ? recipient : {
        wrapFileKey: (fileKey) => {
          const { args, body } = recipient.wrap(fileKey);
          return [new Stanza([...args], body)];
        },
      },
    );
  }
  return armor.encode(await encrypter.encrypt(text));
}

/**
 * The text of a file in age's format, printable or not.
 *
 * @throws {PalletError} when no identity fits, or the file is damaged.
 */
export async function decrypt(
  file: Uint8Array,
  identities: readonly Identity[],
  path: string,
): Promise<string> {
  const decrypter = new Decrypter();
  for (const identity of identities) {
    decrypter.addIdentity(
      typeof identity === "string" ? identity : {
        unwrapFileKey: async (stanzas) => await identity.unwrap(stanzas) ?? null,
      },
    );
  }
  try {
    const start = new TextDecoder("latin1").decode(file.subarray(0, 100));
    const armored = start.trimStart().startsWith("-----BEGIN AGE");
    const bytes = armored ? armor.decode(new TextDecoder().decode(file)) : file;
    return await decrypter.decrypt(bytes, "text");
  } catch (cause) {
    if (cause instanceof PalletError) throw cause;
    if (/no identity matched/i.test(messageOf(cause))) {
      throw new PalletError(`Cannot decrypt "${path}": none of your identities is one of its recipients`, {
        kind: "config",
        help:
          "Name yours with `identities` of this source, or have somebody run `pallet secret rekey` with your key " +
          "among `recipients`.",
        cause,
      });
    }
    throw new PalletError(`Cannot decrypt "${path}": ${messageOf(cause)}`, {
      kind: "config",
      help: "It is damaged or no file of age; restore it.",
      cause,
    });
  }
}

/** A new identity with its recipient. */
export async function newIdentity(): Promise<{ readonly identity: string; readonly recipient: string }> {
  const identity = await generateIdentity();
  return { identity, recipient: await identityToRecipient(identity) };
}

/** What is wrong with a text as a recipient of age; nothing when it is one. */
export function recipientProblem(text: string): string | undefined {
  try {
    new Encrypter().addRecipient(text);
    return undefined;
  } catch (thrown) {
    return messageOf(thrown);
  }
}
