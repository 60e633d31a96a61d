// Tells a web address of the end of runs, as JSON.
import {
  flag,
  type JsonObject,
  messageOf,
  type NotifierKind,
  oneOf,
  optional,
  PalletError,
  readOptions,
  type RunEnd,
  text,
  textMap,
  texts,
} from "pallet/plugin";

const OPERATIONS = ["converge", "lift", "destroy", "exec", "plan"];

const fields = {
  url: optional(text),
  "url-from": optional(text),
  when: optional(oneOf("always", "failed"), "always"),
  operations: optional(texts, ["converge", "lift", "destroy"]),
  headers: optional(textMap, {}),
  "headers-from": optional(textMap, {}),
  body: optional(oneOf("run", "text"), "run"),
  checks: optional(flag, false),
};

/** A variable that the plugin was granted. */
function variable(name: string): string {
  const value = Deno.env.get(name);
  if (value !== undefined && value !== "") return value;
  throw new PalletError(`Variable ${name} is not set`, { kind: "config", help: "Set it, or name another." });
}

function addressOf(said: string): URL {
  const url = URL.parse(said);
  if (url?.protocol === "https:" || url?.protocol === "http:") return url;
  // Not shown: an address of a chat's webhook is a secret.
  throw new PalletError("Invalid options: the address is no http: or https: URL", { kind: "config" });
}

/** The run in a sentence. */
export function sentence({ operation, service, phases, check, result, targets, failure }: RunEnd): string {
  const what = [operation, ...phases].join(" ");
  const bad = targets.filter(({ result }) => result !== "ok" && result !== "skipped").map(({ target }) =>
    target
  );
  const changed = targets.reduce((sum, { counts }) => sum + counts.changed, 0);
  const nodes = `${targets.length} node${targets.length === 1 ? "" : "s"}`;
  const parts = [
    `${check ? "check of " : ""}${what} on ${service}: ${result}`,
    `${nodes}, ${changed} changed`,
    ...bad.length === 0 ? [] : [`not ok: ${bad.slice(0, 10).join(", ")}${bad.length > 10 ? ", ..." : ""}`],
    ...failure === undefined ? [] : [failure.message],
  ];
  return parts.join("; ");
}

async function post(
  url: URL,
  headers: Readonly<Record<string, string>>,
  body: unknown,
  signal: AbortSignal,
): Promise<void> {
  let response: Response;
  try {
    response = await fetch(url, {
      method: "POST",
      headers: { ...headers, "content-type": "application/json" },
      body: JSON.stringify(body),
      redirect: "manual",
      signal: AbortSignal.any([signal, AbortSignal.timeout(20_000)]),
    });
  } catch (cause) {
    const reason = messageOf(cause).replaceAll(url.href, url.host);
    throw new PalletError(`${url.host} cannot be reached: ${reason}`, { kind: "config", cause });
  }
  await response.body?.cancel();
  if (response.ok) return;
  throw new PalletError(`${url.host} answered ${response.status} ${response.statusText}`.trimEnd(), {
    kind: "config",
    help: "Look whether the address is still the right one.",
  });
}

/** Posts the end of a run. */
export const notifier: NotifierKind = {
  summary: "posts the end of runs to a web address",
  open: (given: JsonObject) => {
    const options = readOptions(given, fields);
    const unknown = options.operations.find((one) => !OPERATIONS.includes(one));
    if (unknown !== undefined) {
      throw new PalletError(
        `Invalid options: operations: there is no "${unknown}". Known: ${OPERATIONS.join(", ")}.`,
        { kind: "config" },
      );
    }
    const { url: said, "url-from": from } = options;
    if ((said === undefined) === (from === undefined)) {
      throw new PalletError("Invalid options: either url or url-from must be there", { kind: "config" });
    }
    const url = addressOf(said ?? variable(from ?? ""));
    const secret = Object.entries(options["headers-from"]).map(([name, from]) => [name, variable(from)]);
    const headers = { ...options.headers, ...Object.fromEntries(secret) };
    return {
      notify: async (end, signal) => {
        if (!options.operations.includes(end.operation) || (end.check && !options.checks)) return;
        if (options.when === "failed" && end.result === "ok") return;
        await post(url, headers, options.body === "text" ? { text: sentence(end) } : end, signal);
      },
    };
  },
};
