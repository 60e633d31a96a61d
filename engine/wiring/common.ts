import type { Directories } from "../operate/options.ts";
import { defaultDirectories } from "../state/directories.ts";

/** How much a message matters. */
export type Level = "debug" | "info" | "warn" | "error";

/** Tells whoever listens. */
export type Say = (level: Level, text: string) => void;

/** Where a call keeps what it keeps. */
export function folders(options: { readonly directories?: Directories }): Directories {
  return options.directories ?? defaultDirectories();
}
