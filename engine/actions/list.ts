// The one list of the engine's own actions: their functions for infra files, their definitions for the compiler.
import type { JsonObject } from "../json.ts";
import type { ActionDefinition } from "./definition.ts";
import { directoryAction } from "./directory.ts";
import { fileAction } from "./file.ts";
import { lineInFileAction } from "./line_in_file.ts";
import { remoteFileAction } from "./remote_file.ts";
import { sedAction } from "./sed.ts";
import { symbolicLinkAction } from "./symbolic_link.ts";

export { directory, type DirectoryOptions } from "./directory.ts";
export { file, type FileOptions } from "./file.ts";
export { lineInFile, type LineInFileOptions } from "./line_in_file.ts";
export { remoteFile, type RemoteFileOptions } from "./remote_file.ts";
export { sed, type SedOptions } from "./sed.ts";
export { symbolicLink, type SymbolicLinkOptions } from "./symbolic_link.ts";

/** One {@linkcode ActionDefinition} among others; each is given only arguments that its own schema let through. */
function listed<Args extends JsonObject>(definition: ActionDefinition<Args>): ActionDefinition<JsonObject> {
  return definition as unknown as ActionDefinition<JsonObject>;
}

/** Definitions by kind. */
export const definitions: ReadonlyMap<string, ActionDefinition<JsonObject>> = new Map(
  [
    listed(directoryAction),
    listed(fileAction),
    listed(lineInFileAction),
    listed(remoteFileAction),
    listed(sedAction),
    listed(symbolicLinkAction),
  ].map((definition) => [definition.kind, definition]),
);
