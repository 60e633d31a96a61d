import type { JsonObject } from "../json.ts";
import type { Facts } from "../spec/node.ts";
import type { Script } from "../script/sh.ts";
import type { Schema } from "../schema.ts";

/** Something an action leaves on a node or needs there: `path:/srv/app`, `user:deploy`, `package:nginx`. */
export type Thing = `${"path" | "user" | "group" | "package" | "service" | "command"}:${string}`;

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
  provides(args: Args): readonly Thing[];
  needs(args: Args): readonly Thing[];
  script(args: Args, facts: Facts, options: ScriptOptions): Script;
  /** Bash functions that `script` calls, included once in a script that has such an action. */
  readonly library?: string;
  /**
   * Joins this action with the one before it, of the same kind, into one transaction; nothing when they cannot be.
   */
  join?(first: Args, second: Args): Args | undefined;
  /** Contents too large for a script: `put` on the node before it, by SHA-256. Paths are the workstation's. */
  blobs?(args: Args): readonly BlobReference[];
}

/** A content that travels beside a script. */
export interface BlobReference {
  /** Lower-case hexadecimal SHA-256. */
  readonly sha256: string;
  readonly size: number;
  /** Absolute path on the workstation. */
  readonly path: string;
}
