// Names of deno.json that editors and `deno check` resolve; Pallet itself knows its own without.
import { messageOf, PalletError } from "../../errors.ts";
import { plainJson, withEntry } from "../jsonc.ts";

/** Names that stand for something else than a file of Pallet's own are their author's. */
function isFree(value: unknown, folder: string): boolean {
  return value === undefined || (typeof value === "string" && value.startsWith(folder));
}

/**
 * The text of a deno.json whose `imports` hold names, with all else as its author wrote it.
 *
 * @param folder Where the names may lead to before: others are left alone.
 * @throws {PalletError} of kind `config` when the text is no JSON object.
 *
 * @example
 * ```ts
 * import { withNames } from "./names.ts";
 *
 * const text = withNames("{}", [["pallet", "./.pallet/types/pallet.d.ts"]], "./.pallet/", "deno.json");
 * console.assert(JSON.parse(text).imports.pallet === "./.pallet/types/pallet.d.ts");
 * ```
 */
export function withNames(
  text: string,
  names: readonly (readonly [name: string, target: string])[],
  folder: string,
  file: string,
): string {
  try {
    const { imports = {} } = JSON.parse(plainJson(text)) as { imports?: Readonly<Record<string, unknown>> };
    return names.filter(([name, target]) => imports[name] !== target && isFree(imports[name], folder))
      .reduce((made, [name, target]) => withEntry(made, "imports", name, target), text);
  } catch (cause) {
    throw new PalletError(`Cannot add names to "${file}": ${messageOf(cause)}`, {
      kind: "config",
      help: "Correct it, then run `pallet types`.",
      cause,
    });
  }
}
