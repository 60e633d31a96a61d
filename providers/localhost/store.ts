import { join } from "node:path";
import { messageOf, PalletError } from "../../engine/errors.ts";
import { object, v, validate } from "../../engine/schema.ts";

/** A group that this machine plays, under the name of its one node. */
export interface Entry {
  readonly group: string;
  readonly tags: Readonly<Record<string, string>>;
  /** ISO 8601, UTC. */
  readonly createdAt: string;
}

/** Entries by node name. */
export type Entries = Readonly<Record<string, Entry>>;

const schema = v.record(
  v.string(),
  object({ group: v.string(), tags: v.record(v.string(), v.string()), createdAt: v.string() }),
);

function fileOf(folder: string): string {
  return join(folder, "nodes.json");
}

/** Reads the entries; none when nothing was ever written. */
export async function readEntries(folder: string): Promise<Entries> {
  const path = fileOf(folder);
  let text: string;
  try {
    text = await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return {};
    throw new PalletError(`Cannot read "${path}": ${messageOf(error)}`, { kind: "provider", cause: error });
  }
  try {
    return validate(schema, JSON.parse(text), { what: `file "${path}"`, kind: "provider" });
  } catch (error) {
    throw new PalletError(`Cannot use "${path}", which says what groups this machine plays`, {
      kind: "provider",
      help: "Remove the file and converge again.",
      cause: error,
    });
  }
}

/** Writes the entries whole, by way of a new file, so that a crash leaves the old ones. */
export async function writeEntries(folder: string, entries: Entries): Promise<void> {
  const path = fileOf(folder);
  const staged = `${path}.${crypto.randomUUID()}`;
  try {
    await Deno.mkdir(folder, { recursive: true, mode: 0o700 });
    await Deno.writeTextFile(staged, `${JSON.stringify(entries, null, 2)}\n`, { mode: 0o600 });
    await Deno.rename(staged, path);
  } catch (error) {
    throw new PalletError(`Cannot write "${path}": ${messageOf(error)}`, { kind: "provider", cause: error });
  }
}
