/** A store that secrets are read from, by name. */
export interface SecretSource {
  readonly name: string;
  /**
   * The value of a secret; nothing when there is none of this name.
   *
   * @throws {PalletError} when it could not be asked; never with a value in its message.
   */
  read(name: string, signal?: AbortSignal): Promise<string | undefined>;
  close(): Promise<void>;
}
