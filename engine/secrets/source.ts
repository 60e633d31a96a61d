import { type Origin, PalletError } from "../errors.ts";

/** A source that a person would have to unlock, where nobody is asked. */
export class NeedsPerson extends PalletError {}

/** A store that secrets are read from, by name. */
export interface SecretSource {
  readonly name: string;
  /** Whether it asks a person, so that it is of no use where nobody is. */
  readonly asks?: boolean;
  /** Whether it is asked for a secret of this name; for all unless told. */
  isFor?(name: string): boolean;
  /** By what it is given a secret of this name: "the variable X", for who lacks one. */
  advice?(name: string): string;
  /**
   * The value of a secret; nothing when there is none of this name.
   *
   * @throws {PalletError} when it could not be asked; never with a value in its message.
   */
  read(name: string, signal?: AbortSignal): Promise<string | undefined>;
  close(): Promise<void>;
}

/** What comes of work, or its failure with a place where it has none of its own. */
export async function placed<T>(work: Promise<T>, origin: Origin | undefined): Promise<T> {
  try {
    return await work;
  } catch (thrown) {
    if (!(thrown instanceof PalletError) || thrown instanceof NeedsPerson) throw thrown;
    if (thrown.origin !== undefined || origin === undefined) throw thrown;
    const { message, kind, help, cause } = thrown;
    throw new PalletError(message, { kind, help, cause, origin });
  }
}
