import type { Json, JsonObject } from "../json.ts";
import { object, type Schema, v } from "../schema.ts";

/** Whether a value is {@linkcode Json}: YAML can also say `.nan`, which no plan could carry. */
export function isJson(value: unknown): value is Json {
  if (value === null || typeof value === "string" || typeof value === "boolean") return true;
  if (typeof value === "number") return Number.isFinite(value);
  if (Array.isArray(value)) return value.every(isJson);
  return isJsonObject(value);
}

function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value) &&
    Object.getPrototypeOf(value) === Object.prototype && Object.values(value).every(isJson);
}

const text = v.pipe(v.string(), v.nonEmpty("must not be empty"));
const data = v.custom<JsonObject>(isJsonObject, "must be a map of plain data");
const seconds = v.pipe(v.number(), v.minValue(0, "must be 0 seconds or more"));
const serviceName = v.pipe(
  v.string(),
  v.regex(/^[A-Za-z0-9][\w.-]*$/, "must be a name of letters, digits, dots, dashes and underscores"),
);

/** `4` or `25%`. */
const amount = v.union([
  v.pipe(v.number(), v.integer("must be a whole number"), v.minValue(0, "must be 0 or more")),
  v.pipe(v.string(), v.regex(/^\d{1,3}%$/, 'must be a whole number or a percentage such as "25%"')),
]) as Schema<number | `${number}%`>;

/** A service as a file has it: what else it holds is its provider's to judge. */
const service = v.objectWithRest({ provider: text, environment: v.optional(data) }, v.custom<Json>(isJson));

const userEntries = {
  services: v.optional(v.record(serviceName, service)),
  "admin-user": v.optional(object({ username: text, "private-key": v.optional(text) })),
  "default-service": v.optional(text),
  environment: v.optional(data),
  defaults: v.optional(object({
    parallel: v.optional(
      v.pipe(v.number(), v.integer("must be a whole number"), v.minValue(1, "must be 1 or more")),
    ),
    batch: v.optional(amount),
    "max-fail": v.optional(amount),
    "connect-timeout": v.optional(seconds),
    "reconnect-timeout": v.optional(seconds),
    "lease-wait": v.optional(seconds),
  })),
};

const projectEntries = {
  ...userEntries,
  infra: v.optional(text),
  permissions: v.optional(
    object({ workstation: v.optional(v.boolean()), "local-files": v.optional(v.array(text)) }),
  ),
};

/** What the user's `config.yaml` may hold. */
export const userSchema = object(userEntries);

/** What a project's `pallet.yaml` may hold. */
export const projectSchema = object(projectEntries);

/** Content of a configuration file; the user's own lacks `infra` and `permissions`. */
export type FileValues = v.InferOutput<typeof projectSchema>;

/** What `defaults` may hold. */
export type Defaults = NonNullable<FileValues["defaults"]>;
