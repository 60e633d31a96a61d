// The file of a project that holds secrets, encrypted for those who may read them.
import { dirname, join } from "node:path";
import { messageOf, type Origin, PalletError } from "../../errors.ts";
import { secretNameProblem } from "../../plan/deferred.ts";
import { placed, type SecretSource } from "../source.ts";
import { lookUp, parseMap } from "../text.ts";
import { decrypt, encrypt, type Identity, type Recipient } from "./age.ts";
import {
  type AskPassphrase,
  identitiesOf,
  identitiesOfVariable,
  IDENTITY_VARIABLE,
  recipientsOf,
} from "./keys.ts";

/** Where an encrypted file is, who may read it, and who reads it. */
export interface AgeOptions {
  /** Absolute path of the file. */
  readonly path: string;
  /** Recipients, or absolute paths of files that hold some. */
  readonly recipients: readonly string[];
  /** Absolute paths of files with identities; one that is not there is an error. */
  readonly identities: readonly string[];
  /** More of them, which are left out when they are not there or of no use. */
  readonly usual?: readonly string[];
  /** Identities of age by themselves, e.g. of a variable. */
  readonly identityText?: string;
  readonly ask?: AskPassphrase;
  /** Where an item of `recipients` or `identities` is named. */
  readonly originOf?: (keys: readonly [string, number]) => Origin | undefined;
}

/** What a file held when it was read. */
interface Read {
  readonly bytes: Uint8Array;
  readonly text: string;
}

function same(one: Uint8Array | undefined, two: Uint8Array | undefined): boolean {
  if (one === undefined || two === undefined) return one === two;
  return one.length === two.length && one.every((byte, at) => byte === two[at]);
}

/** Names and values of a text, at every depth. @throws {PalletError} for what is no text, or has no name. */
function flatten(map: unknown, path: string, prefix = ""): Map<string, string> {
  const values = new Map<string, string>();
  if (map === null || map === undefined) return values;
  if (typeof map !== "object" || Array.isArray(map)) {
    throw new PalletError(
      `Cannot use "${path}": ${prefix === "" ? "it" : `"${prefix}"`} is no map of names and values`,
      { kind: "config" },
    );
  }
  for (const [key, value] of Object.entries(map)) {
    const name = prefix === "" ? key : `${prefix}/${key}`;
    const problem = secretNameProblem(name);
    if (problem !== undefined) {
      throw new PalletError(`Cannot use "${path}": a name ${problem}`, { kind: "config" });
    }
    if (typeof value === "string") values.set(name, value);
    else for (const [inner, text] of flatten(value, path, name)) values.set(inner, text);
  }
  return values;
}

/** A file of secrets. */
export class AgeStore {
  readonly path: string;
  #known: Promise<readonly Identity[]> | undefined;

  constructor(readonly options: AgeOptions) {
    this.path = options.path;
  }

  /** Whether the file is there. */
  async exists(): Promise<boolean> {
    return await this.#bytes() !== undefined;
  }

  /** Names and values; none when there is no file yet. */
  async values(): Promise<ReadonlyMap<string, string>> {
    const read = await this.#read();
    return read === undefined ? new Map() : flatten(await parseMap(read.text, this.path), this.path);
  }

  /** The text that the file holds, for an editor; empty when there is no file yet. */
  async text(): Promise<string> {
    return (await this.#read())?.text ?? "";
  }

  /** A value by its name. */
  async get(name: string): Promise<string | undefined> {
    const read = await this.#read();
    return read === undefined ? undefined : lookUp(await parseMap(read.text, this.path), name, this.path);
  }

  /** Sets a value, or takes it out; what else there is in the file stays as it is written. */
  async set(name: string, value: string | undefined): Promise<void> {
    const read = await this.#read();
    const { isScalar, parseDocument, Scalar } = await import("../../yaml.ts");
    const document = parseDocument(read?.text ?? "", { schema: "failsafe" });
    if (document.errors.length > 0) await parseMap(read?.text ?? "", this.path); // says where
    flatten(document.toJS(), this.path);
    const at = pathIn(document.toJS(), name);
    if (value === undefined) document.deleteIn(at);
    else {
      const there = document.getIn(at, true);
      // The one that is there may have a comment.
      const scalar = isScalar(there) ? there : new Scalar(value);
      scalar.value = value;
      scalar.type = value.includes("\n") ? Scalar.BLOCK_LITERAL : Scalar.QUOTE_DOUBLE;
      document.setIn(at, scalar);
    }
    const text = document.toString({ lineWidth: 0 });
    const after = lookUp(await parseMap(text, this.path), name, this.path);
    if (after !== value) {
      throw new PalletError(`Cannot keep secret "${name}": it holds characters that no text file has`, {
        kind: "usage",
        help: "Keep it in base64, and decode it on the node.",
      });
    }
    await this.#write(text, read);
  }

  /** Replaces the whole text. @throws {PalletError} when it is no map of names and texts. */
  async replace(text: string): Promise<void> {
    flatten(await parseMap(text, this.path), this.path);
    await this.#write(text, await this.#read());
  }

  /** Encrypts the file anew for the recipients as they are now. */
  async rekey(): Promise<number> {
    const read = await this.#read();
    if (read === undefined) throw notThere(`There is no file "${this.path}"`);
    await this.#write(read.text, read);
    return (await this.#recipients()).length;
  }

  async #recipients(): Promise<readonly Recipient[]> {
    const { recipients, originOf } = this.options;
    const found = recipients.map((one, at) => placed(recipientsOf([one]), originOf?.(["recipients", at])));
    return (await Promise.all(found)).flat();
  }

  async #bytes(): Promise<Uint8Array | undefined> {
    try {
      return await Deno.readFile(this.path);
    } catch (cause) {
      if (cause instanceof Deno.errors.NotFound) return undefined;
      throw new PalletError(`Cannot read "${this.path}": ${messageOf(cause)}`, { kind: "config", cause });
    }
  }

  async #read(): Promise<Read | undefined> {
    const bytes = await this.#bytes();
    if (bytes === undefined) return undefined;
    return { bytes, text: await decrypt(bytes, await this.#identities(), this.path) };
  }

  /** Looked for once: a file is read, encrypted and read again, and nobody is asked for a passphrase twice. */
  #identities(): Promise<readonly Identity[]> {
    return this.#known ??= this.#findIdentities();
  }

  async #findIdentities(): Promise<readonly Identity[]> {
    const { identities, usual = [], identityText = "", ask, originOf } = this.options;
    const told = identitiesOfVariable(identityText);
    const named = await Promise.all(
      identities.map((path, at) => placed(identitiesOf(path, ask), originOf?.(["identities", at]))),
    );
    // Those that people have for something else as well: what cannot be used is not missed.
    const others = await Promise.all(usual.map((path) => identitiesOf(path, ask).catch(() => [])));
    const all = [...told, ...named.flat(), ...others.flat()];
    if (all.length > 0) return all;
    throw new PalletError(`Cannot decrypt "${this.path}": there is no identity to do it with`, {
      kind: "config",
      help: `Name one with \`identities\` of this source, or put one into ${IDENTITY_VARIABLE}.` +
        (usual.length === 0 ? "" : ` Looked for: ${usual.join(", ")}.`),
    });
  }

  async #write(text: string, read: Read | undefined): Promise<void> {
    const recipients = await this.#recipients();
    if (recipients.length === 0) {
      throw new PalletError(`Cannot encrypt "${this.path}": nobody is named who may read it`, {
        kind: "config",
        help: "Name them in pallet.yaml, e.g. by a public key of ssh:\n" +
          "secrets:\n  - { from: age, recipients: [~/.ssh/id_ed25519.pub] }",
      });
    }
    const encrypted = await encrypt(text, recipients);
    const bytes = new TextEncoder().encode(encrypted);
    try {
      await decrypt(bytes, await this.#identities(), this.path);
    } catch (cause) {
      throw new PalletError(`Cannot encrypt "${this.path}": you could not read it yourself`, {
        kind: "config",
        help: "Add your own key to `recipients`, or name the identity of one of them with `identities`.",
        cause,
      });
    }
    const temporary = join(dirname(this.path), `.${crypto.randomUUID()}.age`);
    try {
      await Deno.writeFile(temporary, bytes, { createNew: true });
      if (!same(await this.#bytes(), read?.bytes)) {
        throw new PalletError(`Cannot write "${this.path}": somebody else changed it meanwhile`, {
          kind: "config",
          help: "Try again.",
        });
      }
      await Deno.rename(temporary, this.path);
    } catch (cause) {
      await Deno.remove(temporary).catch(() => undefined);
      if (cause instanceof PalletError) throw cause;
      throw new PalletError(`Cannot write "${this.path}": ${messageOf(cause)}`, { kind: "config", cause });
    }
  }
}

/** Keys that lead to a name in a map: those that are there as far as they go. */
function pathIn(map: unknown, name: string): readonly string[] {
  if (typeof map !== "object" || map === null) return [name];
  if (Object.hasOwn(map, name)) return [name];
  for (let slash = name.lastIndexOf("/"); slash > 0; slash = name.lastIndexOf("/", slash - 1)) {
    const key = name.slice(0, slash);
    const inner: unknown = Object.hasOwn(map, key) ? Reflect.get(map, key) : undefined;
    if (typeof inner === "object" && inner !== null) return [key, ...pathIn(inner, name.slice(slash + 1))];
  }
  return [name];
}

function notThere(message: string): PalletError {
  return new PalletError(message, { kind: "config", help: "`pallet secret set NAME` makes it." });
}

/** Secrets of an encrypted file; none when there is no such file and it need not be there. */
export function ageSource(options: AgeOptions, needed: boolean): SecretSource {
  const store = new AgeStore(options);
  let values: Promise<ReadonlyMap<string, string>> | undefined;
  const read = async (): Promise<ReadonlyMap<string, string>> => {
    if (needed && !await store.exists()) {
      throw notThere(`Cannot read secrets from "${store.path}": no such file`);
    }
    return await store.values();
  };
  return {
    name: store.path,
    read: async (name) => (await (values ??= read())).get(name),
    close: () => Promise.resolve(),
  };
}
