// What was asked of EC2 and is not yet seen in its listings: written before the call, so that whoever comes after a
// crash asks the same with the same token, and EC2 makes nothing twice.
import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { PalletError } from "../../engine/errors.ts";
import type { JsonObject } from "../../engine/json.ts";
import { map, object, problemsOf, v } from "../../engine/schema.ts";

const launchSchema = object({
  format: v.literal(1),
  token: v.string(),
  group: v.string(),
  /** Names of the instances, by launch index. */
  names: v.array(v.string()),
  /** Input of RunInstances. */
  input: v.record(v.string(), v.any()),
  /** What the instances will say of themselves, for the time until they do. */
  image: v.string(),
  tags: map(v.string(), v.string()),
  /** Milliseconds since the epoch. */
  at: v.number(),
  /** Ids of the instances that it made, by launch index; absent while the answer is not known. */
  ids: v.optional(v.array(v.string())),
});

/** One call of RunInstances. */
export interface Launch {
  readonly format: 1;
  readonly token: string;
  readonly group: string;
  readonly names: readonly string[];
  readonly input: JsonObject;
  readonly image: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly at: number;
  readonly ids?: readonly string[] | undefined;
}

/** A token that no launch had. */
export function newToken(): string {
  return `pallet-${randomUUID()}`;
}

/** Launches that are not done with, a file each. */
export interface Journal {
  launches(): Promise<readonly Launch[]>;
  /** Writes one and waits until it is on the disk. */
  write(launch: Launch): Promise<void>;
  remove(token: string): Promise<void>;
}

/** Opens the journal in a folder, which is made with the first launch. */
export function openJournal(folder: string): Journal {
  const fileOf = (token: string) => join(folder, "launches", `${token}.json`);

  const writeWhole = async (path: string, text: string): Promise<void> => {
    await Deno.mkdir(join(folder, "launches"), { recursive: true, mode: 0o700 });
    const part = `${path}.${randomUUID()}`;
    const file = await Deno.open(part, { write: true, create: true, mode: 0o600 });
    try {
      const bytes = new TextEncoder().encode(text);
      for (let rest = bytes; rest.length > 0;) rest = rest.subarray(await file.write(rest));
      await file.sync();
    } finally {
      file.close();
    }
    await Deno.rename(part, path);
  };

  const read = async (path: string): Promise<Launch | undefined> => {
    let text: string;
    try {
      text = await Deno.readTextFile(path);
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return undefined;
      throw error;
    }
    try {
      const value: unknown = JSON.parse(text);
      if (problemsOf(launchSchema, value).length === 0) return v.parse(launchSchema, value);
    } catch {
      // Told below.
    }
    throw new PalletError(`Cannot read what was asked of EC2 before, in ${path}: it is damaged`, {
      kind: "provider",
      help: "Look at the instances in the console of AWS, then remove the file.",
    });
  };

  return {
    async launches() {
      const launches: Launch[] = [];
      try {
        for await (const { name } of Deno.readDir(join(folder, "launches"))) {
          if (!name.endsWith(".json")) continue;
          const launch = await read(join(folder, "launches", name));
          if (launch !== undefined) launches.push(launch);
        }
      } catch (error) {
        if (!(error instanceof Deno.errors.NotFound)) throw error;
      }
      return launches.sort((one, other) => one.at - other.at || one.token.localeCompare(other.token));
    },
    write: (launch) => writeWhole(fileOf(launch.token), `${JSON.stringify(launch)}\n`),
    async remove(token) {
      try {
        await Deno.remove(fileOf(token));
      } catch (error) {
        if (!(error instanceof Deno.errors.NotFound)) throw error;
      }
    },
  };
}
