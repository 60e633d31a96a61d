import { sh } from "../script/sh.ts";
import { object, v } from "../schema.ts";
import type { Action } from "./action.ts";
import { makeAction } from "./define.ts";
import type { ActionDefinition } from "./definition.ts";
import { path } from "./fields.ts";
import { waitEntries, waitLibrary, type WaitOptions, waitWords } from "./waiting.ts";

const schema = object({
  path,
  action: v.optional(v.picklist(["create", "remove"]), "create"),
  ...waitEntries,
});

type Args = v.InferOutput<typeof schema>;

/** Options of {@linkcode waitForFile}. */
export interface WaitForFileOptions extends WaitOptions {
  /** `create` unless told: until it is there. `remove`: until it is gone. */
  readonly action?: "create" | "remove";
}

/** How a {@linkcode waitForFile} action becomes bash. */
export const waitForFileAction: ActionDefinition<Args> = {
  kind: "waitForFile",
  schema,
  subject: (args) => args.path,
  describe: (args) => args.action === "remove" ? `${args.path} (remove)` : args.path,
  provides: () => [],
  needs: () => [],
  script: (args) =>
    args.action === "remove"
      ? sh`pallet_wait ${waitWords(args)} ${`${args.path} is gone`} pallet_wait_gone ${args.path}`
      : sh`pallet_wait ${waitWords(args)} ${`${args.path} is there`} test -e ${args.path}`,
  library: [
    waitLibrary,
    sh`
pallet_wait_gone() { # PATH
  [[ ! -e $1 && ! -L $1 ]]
}
`.text,
  ],
};

/**
 * Waits until a file or directory is there, or is gone.
 *
 * @throws {PalletError} for a path that is not absolute, or a wrong option.
 *
 * @example
 * ```ts
 * import { waitForFile } from "pallet";
 *
 * waitForFile("/run/app.pid", { maxRetries: 10, standoff: 1, serviceName: "app" });
 * ```
 */
export function waitForFile(path: string, options: WaitForFileOptions = {}): Action {
  return makeAction(waitForFileAction, { path, ...options });
}
