import { PalletError } from "../errors.ts";

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
