import { join } from "node:path";
import type { Facts } from "../spec/node.ts";
import { object, problemsOf, v } from "../schema.ts";
import { fileName, privateFolder } from "./files.ts";

const schema = object({
  os: object({ id: v.string(), family: v.string(), version: v.string(), codename: v.string() }),
  arch: v.string(),
  packager: v.string(),
  init: v.string(),
  hostname: v.string(),
  addresses: v.array(v.string()),
  bootId: v.string(),
  tags: v.exactOptional(v.record(v.string(), v.string())),
  source: v.literal("cache"),
  at: v.number(),
});

/** Facts that nodes told in earlier runs, by node; what plans go by when a node is not asked. */
export interface FactsCache {
  /** What a node told last, with its age in `at`; nothing when it is not known or not readable. */
  read(nodeId: string): Promise<Facts | undefined>;
  write(nodeId: string, facts: Facts): Promise<void>;
  forget(nodeId: string): Promise<void>;
}

/** The cache of a service's nodes below the cache folder. */
export function factsCache(cacheDir: string, service: string): FactsCache {
  const folder = join(cacheDir, "facts", fileName(service));
  const pathOf = (nodeId: string) => join(folder, `${fileName(nodeId)}.json`);
  return {
    read: async (nodeId) => {
      try {
        const value: unknown = JSON.parse(await Deno.readTextFile(pathOf(nodeId)));
        return problemsOf(schema, value).length === 0 ? value as Facts : undefined;
      } catch {
        // A cache that is missing or damaged is no cache: the node will tell again.
        return undefined;
      }
    },
    write: async (nodeId, facts) => {
      await privateFolder(folder);
      const kept: Facts = { ...facts, source: "cache", at: facts.at ?? Date.now() };
      const path = pathOf(nodeId);
      const draft = `${path}.${crypto.randomUUID()}`;
      await Deno.writeTextFile(draft, JSON.stringify(kept), { mode: 0o600 });
      await Deno.rename(draft, path);
    },
    forget: async (nodeId) => {
      try {
        await Deno.remove(pathOf(nodeId));
      } catch (thrown) {
        if (!(thrown instanceof Deno.errors.NotFound)) throw thrown;
      }
    },
  };
}
