// What a project that is written in YAML alone holds: crates, and groups with their phases.
import type { Json, JsonObject } from "../../json.ts";
import { map, object, v } from "../../schema.ts";
import { isJson } from "../json_value.ts";

const text = v.pipe(v.string(), v.nonEmpty("must not be empty"));
const identifier = v.pipe(
  v.string(),
  v.regex(/^[A-Za-z_]\w*$/, "must be the name of what the crate exports"),
);
const texts = v.array(text);

/** Any plain data. */
export const anything = v.custom<Json>(isJson, "must be plain data");

/** A node spec; the spec's own schema judges it, where its problems have places of their own. */
const nodeSpecData = v.custom<JsonObject>(
  (value) => typeof value === "object" && value !== null && !Array.isArray(value) && isJson(value),
  "must be a map of plain data",
);

const group = object({
  count: v.optional(
    v.pipe(v.number(), v.integer("must be a whole number"), v.minValue(0, "must be 0 or more")),
  ),
  nodeSpec: v.optional(nodeSpecData),
  roles: v.optional(texts),
  after: v.optional(texts),
  packager: v.optional(v.picklist(["apt", "dnf"])),
  defaultPhases: v.optional(texts),
  extends: v.optional(v.array(anything)),
  phases: v.optional(map(
    v.pipe(
      v.string(),
      v.regex(/^[A-Za-z][A-Za-z0-9_-]*$/, 'must be a phase name: letters, digits, "-" and "_"'),
    ),
    v.array(anything),
  )),
});

/** Keys of a project's file that stand in place of an infra file. */
export const projectParts = {
  crates: v.optional(map(identifier, text)),
  groups: v.optional(map(
    v.pipe(
      v.string(),
      v.regex(
        /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/,
        'must be lower-case letters, digits and "-", neither first nor last, as host names are',
      ),
    ),
    group,
  )),
};

/** A group as a file has it. */
export type GroupValues = v.InferOutput<typeof group>;
