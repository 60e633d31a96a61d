// Archives for Windows, which has no sh to unpack a file with. The one module that knows fflate.
import { zipSync } from "fflate";
import type { ProgramFile } from "./program_files.ts";

/** The first day that the format knows: the same files make the same archive. */
const DATE = new Date(1980, 0, 1);

/** A zip archive of files. */
export function zip(files: readonly ProgramFile[]): Blob {
  const entries = Object.fromEntries(files.map(({ name, bytes }) => [name, bytes]));
  return new Blob([new Uint8Array(zipSync(entries, { level: 9, mtime: DATE }))]);
}
