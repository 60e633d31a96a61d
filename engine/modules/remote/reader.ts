// Reads modules of the web: from the vendor folder, the cache, or their hosts, and always what the lock says.
import { sha256 } from "../cache.ts";
import type { Lock } from "../lock.ts";
import { kindOf } from "../sources.ts";
import type { Content, Moved, Refusal } from "../types.ts";
import type { Vendored } from "../vendor.ts";
import { type Document, JsrResolver } from "./jsr_resolver.ts";
import { kindByType } from "./media.ts";
import type { Answer, Network } from "./network.ts";
import type { Entry, Store } from "./store.ts";

/** How a {@linkcode RemoteReader} reads. */
export interface ReaderOptions {
  readonly lock: Lock;
  readonly store: Store;
  readonly vendored?: Vendored;
  /** Refuses what the lock does not hold. */
  readonly frozen: boolean;
  /** Fetches nothing. */
  readonly offline: boolean;
  /** Opens the network when something must be fetched, once. */
  readonly network: () => Promise<Network>;
  /** Modules, and bytes of all of them together, that a graph may have. */
  readonly most: { readonly modules: number; readonly bytes: number };
  /** Base of JSR, with a slash at its end. */
  readonly jsr: string;
}

const OFFLINE = {
  refused: "it is not in the cache, and --offline lets nothing be fetched",
  help: "Run once without --offline, or `pallet crate vendor` where there is a network.",
} as const;

export class RemoteReader {
  /** Fetched as the end of a redirect, and about to be asked for. */
  readonly #fresh = new Map<string, Content>();
  readonly #jsr: JsrResolver;
  #modules = 0;
  #bytes = 0;

  constructor(readonly options: ReaderOptions) {
    this.#jsr = new JsrResolver(options, (url, lasting) => this.#document(url, lasting));
  }

  async read(url: string): Promise<Content | Moved | Refusal> {
    const { lock, frozen, vendored } = this.options;
    const to = lock.redirect(url);
    if (to !== undefined) return this.#jsr.moved(url, to);
    if (url.startsWith("jsr:")) return await this.#jsr.resolve(url);
    const expected = lock.expected(url);
    if (frozen && expected === undefined) {
      return {
        refused: "it is not in pallet.lock, and --frozen takes nothing else",
        help: "Run `pallet crate lock` without --frozen, look at what it adds, and keep it with the project.",
      };
    }
    const there = vendored?.modules.has(url) === true
      ? await this.#vendored(url, vendored)
      : await this.#cached(url, expected) ?? await this.#fetched(url, expected);
    if (!("bytes" in there)) return there;
    return this.#checked(url, there, expected);
  }

  /** A content, if it is what it must be and the graph may have it. */
  #checked(url: string, content: Content, expected: string | undefined): Content | Refusal {
    const { lock, most } = this.options;
    const found = sha256(content.bytes);
    if (expected !== undefined && found !== expected) return changed(expected, found);
    const promised = this.#jsr.checksum(url);
    if (expected === undefined && promised !== undefined && promised !== found) {
      return {
        refused: `it is not what JSR promises: expected SHA-256 ${promised}, found ${found}`,
        help: "Something between JSR and this machine changes it; do not use it.",
      };
    }
    this.#modules++;
    this.#bytes += content.bytes.length;
    if (this.#modules > most.modules || this.#bytes > most.bytes) {
      return {
        refused: `with it the crates have more than ${
          this.#modules > most.modules ? `${most.modules} modules` : `${most.bytes / 1024 / 1024} MiB`
        }`,
        help: "Crates are small; tell the author of the one that needs so much.",
      };
    }
    lock.noteModule(url, found);
    return content;
  }

  async #vendored(url: string, vendored: Vendored): Promise<Content | Refusal> {
    const { file = "", kind = "js", sha256: listed = "" } = vendored.modules.get(url) ?? {};
    const path = `${vendored.folder}/${file}`;
    const bytes = await Deno.readFile(path).catch(() => undefined);
    if (bytes === undefined) {
      return {
        refused: `its vendored file ${path} cannot be read`,
        help: "Make it anew with `pallet crate vendor`.",
      };
    }
    const found = sha256(bytes);
    if (found === listed) return { bytes, kind };
    return {
      refused: `its vendored file ${path} was changed: expected SHA-256 ${listed}, found ${found}`,
      help: "Restore it, or make it anew with `pallet crate vendor`.",
    };
  }

  /** From the cache: what the lock says, or offline what was fetched last. */
  async #cached(url: string, expected: string | undefined): Promise<Content | Moved | undefined> {
    const { store, offline } = this.options;
    if (expected === undefined && !offline) return undefined;
    const entry = await store.entry(url);
    if (expected === undefined && entry !== undefined && "moved" in entry) {
      return this.#redirected(url, entry.moved);
    }
    const known = entry !== undefined && "kind" in entry ? entry : undefined;
    const kind = known?.kind ?? kindOf(new URL(url).pathname);
    const digest = expected ?? known?.sha256;
    if (kind === undefined || digest === undefined) return undefined;
    const bytes = await store.content(digest);
    return bytes === undefined ? undefined : { bytes, kind, ...typesOf(known) };
  }

  #redirected(url: string, to: string): Moved {
    this.options.lock.noteRedirect(url, to);
    return { moved: to };
  }

  async #fetched(url: string, expected: string | undefined): Promise<Content | Moved | Refusal> {
    const fresh = this.#fresh.get(url);
    if (fresh !== undefined) return fresh;
    const { offline, store, network } = this.options;
    if (offline) return OFFLINE;
    const kept = await this.#kept(url);
    const answer = await (await network()).get(url, kept?.etag);
    if (answer === "unchanged") {
      return kept ??
        { refused: "its host says that it is unchanged, to one who has nothing", help: "Tell its host." };
    }
    if ("refused" in answer) return answer;
    const kind = kindByType(answer.contentType, answer.url);
    if (typeof kind !== "string") return kind;
    const digest = await store.keep(answer.bytes);
    const content = { bytes: answer.bytes, kind, ...typesOf(answer) };
    await store.note(entryOf(answer, digest, kind));
    // A locked URL is what it was when it was locked, wherever its host leads today.
    if (answer.url === url || expected === digest) return content;
    if (expected !== undefined) return changed(expected, digest);
    await store.note({ url, moved: answer.url });
    this.#fresh.set(answer.url, content);
    return this.#redirected(url, answer.url);
  }

  /** What the cache has of a URL whole, so that its host may say that it is still so. */
  async #kept(url: string): Promise<(Content & { readonly etag?: string }) | undefined> {
    const entry = await this.options.store.entry(url);
    if (entry === undefined || !("kind" in entry)) return undefined;
    const bytes = await this.options.store.content(entry.sha256);
    const { kind, etag } = entry;
    return bytes === undefined
      ? undefined
      : { bytes, kind, ...typesOf(entry), ...(etag === undefined ? {} : { etag }) };
  }

  /** What a host says besides modules; what lasts is asked for once. */
  async #document(url: string, lasting: boolean): Promise<Document> {
    const { store, offline, network } = this.options;
    const kept = await this.#kept(url);
    if (kept !== undefined && (lasting || offline)) return kept;
    if (offline) return OFFLINE;
    const answer = await (await network()).get(url, kept?.etag);
    if (answer === "unchanged") return kept ?? OFFLINE;
    if ("refused" in answer) return answer;
    await store.note(entryOf(answer, await store.keep(answer.bytes), "json"));
    return answer;
  }
}

function entryOf(answer: Answer, digest: string, kind: Content["kind"]): Entry {
  const { url, etag } = answer;
  return { url, sha256: digest, kind, ...(etag === undefined ? {} : { etag }), ...typesOf(answer) };
}

function typesOf(known: { readonly types?: string } | undefined): { readonly types?: string } {
  return known?.types === undefined ? {} : { types: known.types };
}

function changed(expected: string, found: string): Refusal {
  return {
    refused: `it was changed since it was locked: expected SHA-256 ${expected}, found ${found}`,
    help: "Nothing of it was run. If its author means it so, look at the change with " +
      "`pallet crate update --diff --dry-run` and take it with `pallet crate update`.",
  };
}
