import type { Json, JsonObject } from "../json.ts";

/** Whether a value is {@linkcode Json}: YAML can also say `.nan`, which no plan could carry. */
export function isJson(value: unknown): value is Json {
  if (value === null || typeof value === "string" || typeof value === "boolean") return true;
  if (typeof value === "number") return Number.isFinite(value);
  if (Array.isArray(value)) return value.every(isJson);
  return isJsonObject(value);
}

/** Whether a value is a map of {@linkcode Json}. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value) &&
    Object.getPrototypeOf(value) === Object.prototype && Object.values(value).every(isJson);
}
