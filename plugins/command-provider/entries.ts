import { type Json, messageOf, type NodeState, PalletError } from "pallet/plugin";

/** A machine as the command tells it. */
export interface Entry {
  readonly name: string;
  readonly address: string;
  readonly id?: string;
  readonly group?: string;
  readonly user?: string;
  readonly port?: number;
  readonly privateAddress?: string;
  readonly state?: NodeState;
  readonly hostKeys?: readonly string[];
}

/** What an entry may tell. */
export const FIELDS = [
  "name",
  "address",
  "id",
  "group",
  "user",
  "port",
  "privateAddress",
  "state",
  "hostKeys",
] as const;

/** Where in an entry each field stands; under its own name unless told. */
export type Fields = Readonly<Partial<Record<typeof FIELDS[number], string>>>;

const STATES: readonly NodeState[] = ["pending", "running", "stopped", "failed", "unknown"];

/** What stands below dotted keys of a value, where a number is a place in a list. */
function below(value: Json | undefined, path: string): Json | undefined {
  return path.split(".").reduce<Json | undefined>((at, key) => {
    if (typeof at !== "object" || at === null) return undefined;
    return Object.hasOwn(at, key) ? (at as Readonly<Record<string, Json>>)[key] : undefined;
  }, value);
}

function entryOf(value: Json, at: number, fields: Fields): Entry {
  const get = (field: keyof Fields): Json | undefined => below(value, fields[field] ?? field) ?? undefined;
  const wrong = (field: keyof Fields, must: string): PalletError =>
    new PalletError(
      `Cannot list nodes: entry ${at + 1} has ${
        JSON.stringify(get(field) ?? null)
      } for its ${field}, not ${must}`,
      {
        kind: "provider",
        help: "Say under which key it stands: fields: { name: hostname, address: ips.0 }.",
      },
    );
  const text = (field: keyof Fields): string | undefined => {
    const found = get(field);
    if (found === undefined || found === "") return undefined;
    if (typeof found === "string") return found;
    if (typeof found === "number") return String(found);
    throw wrong(field, "a text");
  };
  const needed = (field: "name" | "address"): string => {
    const found = text(field);
    if (found === undefined) throw wrong(field, "a text");
    return found;
  };
  const port = text("port");
  const state = text("state")?.toLowerCase();
  const keys = get("hostKeys");
  if (port !== undefined && !/^\d{1,5}$/.test(port)) throw wrong("port", "a port");
  if (keys !== undefined && !(Array.isArray(keys) && keys.every((key) => typeof key === "string"))) {
    throw wrong("hostKeys", "a list of texts");
  }
  const optional = {
    id: text("id"),
    group: text("group"),
    user: text("user"),
    privateAddress: text("privateAddress"),
  };
  return {
    name: needed("name"),
    address: needed("address"),
    ...Object.fromEntries(Object.entries(optional).filter(([, found]) => found !== undefined)),
    ...(port === undefined ? {} : { port: Number(port) }),
    // What other tools call their states is theirs; one of another name is not known to be running.
    ...(state === undefined ? {} : { state: STATES.find((one) => one === state) ?? "unknown" }),
    ...(keys === undefined ? {} : { hostKeys: keys as readonly string[] }),
  };
}

/**
 * The machines in what a command printed.
 *
 * @throws {PalletError} of kind `provider` for what is no JSON, no list, or names two machines alike.
 */
export function readEntries(
  printed: string,
  command: string,
  list: string | undefined,
  fields: Fields,
): readonly Entry[] {
  let value: Json;
  try {
    value = JSON.parse(printed);
  } catch (cause) {
    throw new PalletError(`Cannot list nodes: "${command}" prints no JSON: ${messageOf(cause)}`, {
      kind: "provider",
      help: "Many tools print it with an option such as --json or --output json.",
    });
  }
  const found = list === undefined ? value : below(value, list);
  if (!Array.isArray(found)) {
    throw new PalletError(
      `Cannot list nodes: "${command}" prints no list${list === undefined ? "" : ` under "${list}"`}`,
      { kind: "provider", help: "Say under which key it stands: list: items." },
    );
  }
  const entries = found.map((one: Json, at) => entryOf(one, at, fields));
  const names = entries.map(({ name }) => name);
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  if (twice === undefined) return entries;
  throw new PalletError(`Cannot list nodes: two are called "${twice}"`, {
    kind: "provider",
    help: "Take the name from another key: fields: { name: KEY }.",
  });
}
