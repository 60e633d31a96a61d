import type { Json, JsonObject } from "../json.ts";
import type { Facts } from "../spec/node.ts";
import type { Script } from "../script/sh.ts";
import type { Schema } from "../schema.ts";
import type { BlobReference, LocalFiles } from "./contents.ts";

/**
 * Something an action leaves on a node or needs there: `path:/srv/app`, `user:deploy`, `package:nginx`. `*`, as something
 * left, stands for anything: who knows what a package or a script brings.
 */
export type Thing = "*" | `${"path" | "user" | "group" | "package" | "service" | "command"}:${string}`;

/** What a proof looks at on a node, each kind read at once for a whole script. */
export interface Looks {
  /** Owner, group and mode of these, and where they lead if they are symbolic links. */
  readonly paths?: readonly string[];
  /** SHA-256 of these. */
  readonly files?: readonly string[];
  readonly users?: readonly string[];
  readonly groups?: readonly string[];
  readonly packages?: readonly string[];
}

/**
 * Finds out that an action has nothing to do, without a process of its own. An action with a proof changes nothing but
 * after `pallet_change`.
 */
export interface Proof {
  readonly looks: Looks;
  /**
   * One command that succeeds only if the action would find nothing to do. It runs in the script's own shell: of
   * builtins, without output, and never ending it (see `engine/script/look.sh`).
   */
  readonly bash: Script;
}

/** What a script may depend on besides its arguments and facts. */
export interface ScriptOptions {
  /** The run's environment for this target's group, e.g. `proxy`. */
  readonly environment: JsonObject;
}

/**
 * One kind of action: schema, words and bash. `script` yields bash that tests, then applies; the same text serves
 * check mode (see `engine/script/runtime.sh` for the functions it may call: `pallet_change`, `pallet_diff`, ...).
 */
export interface ActionDefinition<Args extends JsonObject = JsonObject> {
  readonly kind: string;
  readonly schema: Schema<Args>;
  /** What it is about, for its id: a path, a name. */
  subject(args: Args): string;
  /** One line for people, without the kind. */
  describe(args: Args): string;
  /**
   * What of its subject it brings in line, by name. Two actions of a plan that would bring the same in line with
   * different values are refused: each would undo the other's work, in every run.
   */
  settles?(args: Args): Readonly<Record<string, Json | undefined>>;
  provides(args: Args): readonly Thing[];
  needs(args: Args): readonly Thing[];
  script(args: Args, facts: Facts, options: ScriptOptions): Script;
  /** Where there is one. Not asked for when an argument is known only later. */
  proof?(args: Args, facts: Facts): Proof | undefined;
  /**
   * Bash functions that `script` calls. A piece that several kinds share is the same text in each and is included once
   * in a script that has such an action.
   */
  readonly library?: string | readonly string[];
  /** Whether its bash, and what that runs, is the same in every locale: it then has none, and its programs start sooner. */
  plain?(args: Args): boolean;
  /** Whether only root can bring its subject in line, whatever its arguments: plans for others say so. */
  readonly root?: true;
  /** @throws {PalletError} when an operating system cannot have the action; asked before anything is touched. */
  support?(args: Args, facts: Facts): void;
  /**
   * Reads what the arguments name on the workstation (a local file, a template) into them, in the engine's process.
   *
   * @throws {PalletError} for a file that cannot be read.
   */
  prepare?(args: Args, files: LocalFiles): Promise<Args>;
  /**
   * Joins this action with the one before it, of the same kind, into one transaction; nothing when they cannot be.
   */
  join?(first: Args, second: Args): Args | undefined;
  /** Contents too large for a script: `put` on the node before it, by SHA-256. Paths are the workstation's. */
  blobs?(args: Args): readonly BlobReference[];
}

/** The pieces of a definition's library, in the order in which they are to be included. */
export function libraryOf(definition: Pick<ActionDefinition, "library">): readonly string[] {
  const { library } = definition;
  return library === undefined ? [] : typeof library === "string" ? [library] : library;
}
