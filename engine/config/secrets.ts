// `secrets` of a configuration: where secrets come from, in the order in which they are asked for.
import { object, type Schema, v } from "../schema.ts";

const text = v.pipe(v.string(), v.nonEmpty("must not be empty"));
const texts = v.array(text);
const status = v.pipe(v.number(), v.integer("must be a whole number"), v.minValue(1, "must be 1 or more"));
const prefix = v.pipe(v.string(), v.regex(/^[A-Za-z_]\w*$/, "must be the beginning of a variable's name"));

/** A kind of source, by its own keys; `names` are those that it is asked for, all unless told. */
function kind<const K extends string, const E extends v.ObjectEntries>(from: K, entries: E) {
  return object({ from: v.picklist([from]), ...entries, names: v.optional(texts) });
}

/** One source of secrets. */
const secretSource = v.variant("from", [
  kind("environment", { prefix: v.optional(prefix) }),
  kind("files", { folder: text }),
  kind("file", { file: text }),
  kind("age", { file: v.optional(text), recipients: v.optional(texts), identities: v.optional(texts) }),
  kind("sops", { file: text }),
  kind("command", {
    command: texts,
    missing: v.optional(v.array(status)),
    "first-line": v.optional(v.boolean()),
  }),
  kind("prompt", {}),
  kind("plugin", { plugin: text }),
]);

/** A source as a file has it. */
export type SecretSourceValues = v.InferOutput<typeof secretSource>;

/** All of them, in order. */
export const secretSources: Schema<readonly SecretSourceValues[]> = v.array(secretSource);
