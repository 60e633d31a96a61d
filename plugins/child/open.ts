import { PalletError } from "../../engine/errors.ts";
import type { Json, JsonObject } from "../../engine/json.ts";
import type { ProviderContext, ProviderKind, ServiceConfig } from "../../engine/provider/provider.ts";
import type { NotifierKind, ReporterKind, Screen, SecretSourceKind } from "../api/types.ts";
import type { Message, PluginKind } from "../protocol.ts";

/** What a plugin made of its configuration. */
export interface Opened {
  readonly value: Readonly<Record<string, unknown>>;
  /** What Pallet must know of it before it asks anything. */
  readonly described: JsonObject;
}

/** Opens what a module exports, with what goes through the pipe and what must be made on this side of it. */
export async function openPlugin(
  kind: PluginKind,
  exported: unknown,
  args: readonly Json[],
  send: (message: Message) => void,
): Promise<Opened> {
  const value = await opened(kind, exported, args, send);
  if (typeof value !== "object" || value === null) {
    throw new PalletError(`its function "open" answers with no ${kind}`, { kind: "config" });
  }
  const described = kind === "provider" && "capabilities" in value
    ? { capabilities: value.capabilities }
    : {};
  return { value: value as Opened["value"], described: described as JsonObject };
}

// What crosses the pipe is what the other side of it puts there, by kind; what the module exports was found to have
// an `open`, and the rest of it is its own affair.
function opened(
  kind: PluginKind,
  exported: unknown,
  [first, second]: readonly Json[],
  send: (message: Message) => void,
): unknown {
  const options = first as JsonObject;
  switch (kind) {
    case "provider":
      return (exported as ProviderKind).open(first as unknown as ServiceConfig, {
        ...second as unknown as Omit<ProviderContext, "progress">,
        progress: (text) => send({ type: "say", level: "info", text: String(text) }),
      });
    case "reporter":
      return (exported as ReporterKind).open(options, {
        ...second as unknown as Omit<Screen, "write">,
        write: (text) => send({ type: "write", text: String(text) }),
      });
    case "notifier":
      return (exported as NotifierKind).open(options);
    case "secret-source":
      return (exported as SecretSourceKind).open(options);
  }
}
