/** A configuration, and files that it may include; `@DIR@` stands for the folder that they are written to. */
export interface Case {
  readonly config: string;
  readonly files?: Readonly<Record<string, string>>;
}

/** A configuration of some lines. */
export const lines = (...all: readonly string[]): Case => ({ config: `${all.join("\n")}\n` });
