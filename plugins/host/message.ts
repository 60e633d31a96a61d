import type { Json } from "../../engine/json.ts";
import { object, v } from "../../engine/schema.ts";
import type { Message } from "../protocol.ts";

const id = v.number();
const value = v.custom<Json>(() => true);
const kinds = ["usage", "config", "infra", "provider", "unreachable", "action", "internal"] as const;

const schema = v.variant("type", [
  object({ type: v.literal("reply"), id, value }),
  object({ type: v.literal("item"), id, value }),
  object({
    type: v.literal("problem"),
    id,
    problem: object({
      kind: v.exactOptional(v.picklist(kinds)),
      message: v.string(),
      help: v.exactOptional(v.string()),
      at: v.exactOptional(v.string()),
      missing: v.exactOptional(object({ permission: v.string(), access: v.exactOptional(v.string()) })),
    }),
  }),
  object({
    type: v.literal("say"),
    level: v.picklist(["debug", "info", "warn", "error"]),
    text: v.string(),
  }),
  object({ type: v.literal("write"), text: v.string() }),
]);

/** A message of a plugin's process; nothing when it is none, as when something else wrote to its stdout. */
export function parseMessage(text: string): Message | undefined {
  try {
    const read = v.safeParse(schema, JSON.parse(text));
    return read.success ? read.output : undefined;
  } catch {
    return undefined;
  }
}
