// The one list of the engine's own actions: their functions for infra files, their definitions for the compiler.
import type { JsonObject } from "../json.ts";
import type { ActionDefinition } from "./definition.ts";
import { directoryAction } from "./directory.ts";
import { execCheckedScriptAction } from "./exec_checked_script.ts";
import { execScriptAction } from "./exec_script.ts";
import { fileAction } from "./file.ts";
import { groupAction } from "./group.ts";
import { guardAction, keepAction } from "./guarded.ts";
import { lineInFileAction } from "./line_in_file.ts";
import { packageManagerAction } from "./package_manager.ts";
import { packagesAction } from "./packages.ts";
import { rebootAction } from "./reboot.ts";
import { remoteFileAction } from "./remote_file.ts";
import { sedAction } from "./sed.ts";
import { serviceAction } from "./service.ts";
import { symbolicLinkAction } from "./symbolic_link.ts";
import { userAction } from "./user.ts";
import { waitForFileAction } from "./wait_for_file.ts";
import { waitForHttpAction } from "./wait_for_http.ts";
import { waitForPortAction } from "./wait_for_port.ts";

export { checkOptions, type OptionField, type OptionFields, type OptionGroup } from "./check_options.ts";
export { type ArgsOf, type CrateAction, defineAction, type Field, type FieldType } from "./define_action.ts";
export { directory, type DirectoryOptions } from "./directory.ts";
export { execCheckedScript, type ExecCheckedScriptOptions } from "./exec_checked_script.ts";
export { execScript, type ExecScriptOptions } from "./exec_script.ts";
export { file, type FileOptions } from "./file.ts";
export { group, type GroupOptions } from "./group.ts";
export { type ActionList, guarded, type GuardedOptions } from "./guarded.ts";
export { lineInFile, type LineInFileOptions } from "./line_in_file.ts";
export { packageManager, type PackageManagerOptions } from "./package_manager.ts";
export { packages, type PackagesOptions } from "./packages.ts";
export { reboot, type RebootOptions } from "./reboot.ts";
export { remoteFile, type RemoteFileOptions } from "./remote_file.ts";
export { sed, type SedOptions } from "./sed.ts";
export { service, type ServiceAction, type ServiceOptions } from "./service.ts";
export { symbolicLink, type SymbolicLinkOptions } from "./symbolic_link.ts";
export { user, type UserOptions } from "./user.ts";
export { waitForFile, type WaitForFileOptions } from "./wait_for_file.ts";
export { waitForHttp, type WaitForHttpOptions } from "./wait_for_http.ts";
export { waitForPort, type WaitForPortOptions } from "./wait_for_port.ts";

/** One {@linkcode ActionDefinition} among others; each is given only arguments that its own schema let through. */
function listed<Args extends JsonObject>(definition: ActionDefinition<Args>): ActionDefinition<JsonObject> {
  return definition as unknown as ActionDefinition<JsonObject>;
}

/**
 * Definitions by kind.
 *
 * @internal
 */
export const definitions: ReadonlyMap<string, ActionDefinition<JsonObject>> = new Map(
  [
    listed(directoryAction),
    listed(execCheckedScriptAction),
    listed(execScriptAction),
    listed(fileAction),
    listed(groupAction),
    listed(guardAction),
    listed(keepAction),
    listed(lineInFileAction),
    listed(packageManagerAction),
    listed(packagesAction),
    listed(rebootAction),
    listed(remoteFileAction),
    listed(sedAction),
    listed(serviceAction),
    listed(symbolicLinkAction),
    listed(userAction),
    listed(waitForFileAction),
    listed(waitForHttpAction),
    listed(waitForPortAction),
  ].map((definition) => [definition.kind, definition]),
);
