import { join } from "node:path";
import { sha256 } from "../cache.ts";
import { openCache } from "../cache.ts";
import type { ModuleKind } from "../types.ts";

/** What is known of a URL since it was fetched. */
export type Entry =
  | { readonly url: string; readonly moved: string }
  | {
    readonly url: string;
    readonly sha256: string;
    readonly kind: ModuleKind;
    readonly etag?: string;
    /** Where its host says that its types are. */
    readonly types?: string;
  };

/** Contents by their SHA-256 and what URLs held last; what is damaged is as if it had never been kept. */
export interface Store {
  /** A content, found to be what its name says. */
  content(digest: string): Promise<Uint8Array | undefined>;
  /** Keeps a content and answers with its SHA-256. */
  keep(bytes: Uint8Array): Promise<string>;
  entry(url: string): Promise<Entry | undefined>;
  note(entry: Entry): Promise<void>;
}

/** A store in a folder, safe for several processes at once; without a folder it keeps nothing. */
export function openStore(folder: string | undefined): Store {
  const entries = openCache(folder === undefined ? undefined : join(folder, "urls"));
  const pathOf = (digest: string) => join(folder ?? "", "content", digest.slice(0, 2), digest.slice(2));
  return {
    content: async (digest) => {
      if (folder === undefined || !/^[\da-f]{64}$/.test(digest)) return undefined;
      const bytes = await Deno.readFile(pathOf(digest)).catch(() => undefined);
      return bytes !== undefined && sha256(bytes) === digest ? bytes : undefined;
    },
    keep: async (bytes) => {
      const digest = sha256(bytes);
      if (folder === undefined) return digest;
      const path = pathOf(digest);
      const temporary = `${path}.${crypto.randomUUID()}`;
      try {
        await Deno.mkdir(join(path, ".."), { recursive: true, mode: 0o700 });
        await Deno.writeFile(temporary, bytes);
        await Deno.rename(temporary, path);
      } catch {
        // A cache that cannot be written costs a request, nothing else.
        await Deno.remove(temporary).catch(() => undefined);
      }
      return digest;
    },
    entry: async (url) => {
      const text = await entries.get(sha256(url));
      const entry: Entry | undefined = text === undefined ? undefined : JSON.parse(text);
      return entry?.url === url ? entry : undefined;
    },
    note: (entry) => entries.put(sha256(entry.url), JSON.stringify(entry)),
  };
}
