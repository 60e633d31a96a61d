// The one list of the engine's own actions: their functions for infra files, their definitions for the compiler.
import type { JsonObject } from "../json.ts";
import type { ActionDefinition } from "./definition.ts";
import { directoryAction } from "./directory.ts";

export { directory, type DirectoryOptions } from "./directory.ts";

/** Definitions by kind. The compiler gives each only arguments that its own schema let through. */
export const definitions: ReadonlyMap<string, ActionDefinition<JsonObject>> = new Map(
  [
    directoryAction,
  ].map((definition) => [definition.kind, definition as unknown as ActionDefinition<JsonObject>]),
);
