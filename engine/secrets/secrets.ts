// The secrets of one run: asked for once, kept in memory, and taken out of all that is shown.
import { messageOf, type Origin, PalletError } from "../errors.ts";
import { SHORTEST } from "./encodings.ts";
import { Redactor } from "./redactor.ts";
import { Secret } from "./secret.ts";
import { NeedsPerson, placed, type SecretSource } from "./source.ts";

/** Characters of a value: it is held in memory on the node as well, and passed on byte by byte. */
const LONGEST = 64 * 1024;

/** Names, and where plans ask for each. */
export type Wanted = ReadonlyMap<string, Origin | undefined>;

/** What is known of a secret when nobody is asked for anything. Plain data, without its value. */
export interface LocatedSecret {
  readonly name: string;
  /** `asked`: a person would be asked, for it or for what unlocks the source; `unreadable`: the source that comes first could not be asked. */
  readonly state: "found" | "asked" | "missing" | "unreadable";
  /** The source that has it, would ask for it, or could not be asked. */
  readonly from?: string;
  /** Why it is not there. */
  readonly problem?: string;
  /** What would give it, where it is missing. */
  readonly advice?: string;
}

/** What is wrong with a value, without showing it. */
function problemOf(value: string): string | undefined {
  if (value.includes("\0")) return "it holds a NUL byte, which bash has no way to keep";
  if (value.length > LONGEST) return `it is longer than ${LONGEST / 1024} KiB`;
  return value.isWellFormed() ? undefined : "it is no well-formed text";
}

/** Values by name, from sources that are asked in order. */
export class Secrets {
  /** Takes the values that were read out of texts. */
  readonly redactor: Redactor = new Redactor();
  readonly #values = new Map<string, Promise<Secret | undefined>>();

  constructor(readonly sources: readonly SecretSource[]) {}

  /**
   * Reads values, each from the first source that has it.
   *
   * @throws {PalletError} that names all that no source has, or the source that could not be asked.
   */
  async resolve(wanted: Wanted, signal?: AbortSignal): Promise<void> {
    const found = await Promise.all(
      [...wanted].map(async ([name, origin]) => {
        return [name, await placed(this.#find(name, signal), origin)] as const;
      }),
    );
    const missing = found.filter(([, value]) => value === undefined).map(([name]) => name);
    if (missing.length > 0) throw this.#missing(missing, wanted);
  }

  /**
   * Reads one value, for what asks while the run goes on: a password when a node wants one.
   *
   * @throws {PalletError} as {@linkcode Secrets.resolve}
   */
  async read(name: string, origin?: Origin, signal?: AbortSignal): Promise<Secret> {
    await this.resolve(new Map([[name, origin]]), signal);
    return await this.value(name);
  }

  /** Looks where values are, each in the first source that has it, and asks no person for any. */
  async locate(names: Iterable<string>, signal?: AbortSignal): Promise<readonly LocatedSecret[]> {
    return await Promise.all([...names].map((name) => this.#locate(name, signal)));
  }

  /** A value that was read. */
  async value(name: string): Promise<Secret> {
    const value = await this.#values.get(name);
    if (value !== undefined) return value;
    throw new PalletError(`Secret "${name}" was not read before it was used`, { kind: "internal" });
  }

  /** Of some names those whose values are too short to be looked for in what is shown. */
  async unmasked(names: Iterable<string>): Promise<readonly string[]> {
    const values = await Promise.all([...names].map(async (name) => [name, await this.value(name)] as const));
    return values.filter(([, value]) => value.reveal().length < SHORTEST).map(([name]) => name);
  }

  async close(): Promise<void> {
    await Promise.all(this.sources.map((source) => source.close()));
  }

  #find(name: string, signal: AbortSignal | undefined): Promise<Secret | undefined> {
    const known = this.#values.get(name);
    if (known !== undefined) return known;
    const reading = this.#ask(name, signal);
    this.#values.set(name, reading);
    // Whoever was told that it failed may try again, e.g. when the store was unlocked meanwhile.
    reading.catch(() => this.#values.delete(name));
    return reading;
  }

  async #ask(name: string, signal: AbortSignal | undefined): Promise<Secret | undefined> {
    for (const source of this.#sourcesFor(name)) {
      const value = await this.#read(source, name, signal);
      if (value !== undefined) return value;
    }
    return undefined;
  }

  async #read(source: SecretSource, name: string, signal?: AbortSignal): Promise<Secret | undefined> {
    const value = await source.read(name, signal);
    if (value === undefined) return undefined;
    const problem = problemOf(value);
    if (problem !== undefined) {
      throw new PalletError(`Cannot use secret "${name}" of ${source.name}: ${problem}`, { kind: "config" });
    }
    this.redactor.add(value);
    return new Secret(value);
  }

  async #locate(name: string, signal: AbortSignal | undefined): Promise<LocatedSecret> {
    for (const source of this.#sourcesFor(name)) {
      const from = source.name;
      if (source.asks === true) return { name, state: "asked", from };
      try {
        const value = await this.#read(source, name, signal);
        if (value === undefined) continue;
        this.#values.set(name, Promise.resolve(value));
        return { name, state: "found", from };
      } catch (thrown) {
        signal?.throwIfAborted();
        if (thrown instanceof NeedsPerson) return { name, state: "asked", from };
        return { name, state: "unreadable", from, problem: this.redactor.text(messageOf(thrown)) };
      }
    }
    const advice = this.#advice(name);
    return {
      name,
      state: "missing",
      problem: this.#asked(name),
      ...(advice === undefined ? {} : { advice }),
    };
  }

  #sourcesFor(name: string): readonly SecretSource[] {
    return this.sources.filter((source) => source.isFor?.(name) ?? true);
  }

  #asked(name: string): string {
    const sources = this.#sourcesFor(name);
    return sources.length === 0
      ? "no source of secrets is there to ask"
      : `asked: ${sources.map((source) => source.name).join(", ")}`;
  }

  #advice(name: string): string | undefined {
    const ways = this.#sourcesFor(name).flatMap((source) => source.advice?.(name) ?? []);
    return ways.length === 0 ? undefined : `give it by ${ways.join(", or by ")}`;
  }

  #missing(names: readonly string[], wanted: Wanted): PalletError {
    const [first = ""] = names;
    const origin = wanted.get(first);
    const told = [this.#asked(first), this.#advice(first)].filter((text) => text !== undefined);
    return new PalletError(
      names.length === 1
        ? `There is no secret "${first}"`
        : `There are no secrets ${names.map((name) => `"${name}"`).join(", ")}`,
      {
        kind: "config",
        help: told.map((text) => `${text.charAt(0).toUpperCase()}${text.slice(1)}.`).join(" "),
        ...(origin === undefined ? {} : { origin }),
      },
    );
  }
}

/** A source that is opened when it is asked for the first time. */
export function lazySource(name: string, open: () => Promise<SecretSource>): SecretSource {
  let source: Promise<SecretSource> | undefined;
  return {
    name,
    read: async (secret, signal) => await (await (source ??= open())).read(secret, signal),
    close: async () => {
      const opened = await source?.catch(() => undefined);
      await opened?.close();
    },
  };
}
