// Contents of files of the workstation, as actions take them.

/** A content that travels beside a script. */
export interface BlobReference {
  /** Lower-case hexadecimal SHA-256. */
  readonly sha256: string;
  readonly size: number;
  /** Absolute path on the workstation. */
  readonly path: string;
}

/** A file of the workstation: its reference, and its bytes when they are few enough to travel inside a script. */
export interface LocalFile extends BlobReference {
  readonly bytes?: Uint8Array;
}

/** Files of the workstation that actions may use. */
export interface LocalFiles {
  /**
   * @param path Absolute, or relative to the infra file's folder.
   * @param largest Files of more bytes come without their bytes.
   * @throws {PalletError} of kind `infra` for a file that is not there, cannot be read, is no file, or may not be used.
   */
  open(path: string, largest: number): Promise<LocalFile>;
}
