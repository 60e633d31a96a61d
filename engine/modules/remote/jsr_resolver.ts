import type { Lock } from "../lock.ts";
import type { Moved, Refusal } from "../types.ts";
import {
  checksums,
  exportPath,
  type JsrName,
  type JsrVersion,
  parseJsr,
  parseMeta,
  parseVersion,
  pickVersion,
  rangeKey,
} from "./jsr.ts";

/** A document that is no module: what JSR says of a package. */
export type Document = { readonly bytes: Uint8Array } | Refusal;

/** What a resolver works with. */
export interface JsrOptions {
  readonly lock: Lock;
  readonly frozen: boolean;
  /** Base of JSR, with a slash at its end. */
  readonly jsr: string;
}

/** From `jsr:` specifiers to URLs, by what JSR says of packages; nothing is asked for twice. */
export class JsrResolver {
  readonly #versions = new Map<string, Promise<string | Refusal>>();
  readonly #packages = new Map<string, Promise<JsrVersion | Refusal>>();
  readonly #checksums = new Map<string, string>();

  constructor(
    readonly options: JsrOptions,
    readonly document: (url: string, lasting: boolean) => Promise<Document>,
  ) {}

  /** SHA-256 that JSR promises of a URL, if it was asked. */
  checksum(url: string): string | undefined {
    return this.#checksums.get(url);
  }

  /** What the lock knows already; the version that it stands for stays locked with it. */
  moved(specifier: string, to: string): Moved {
    const parsed = parseJsr(specifier);
    if ("name" in parsed) this.options.lock.range(rangeKey(parsed));
    return { moved: to };
  }

  async resolve(specifier: string): Promise<Moved | Refusal> {
    const name = parseJsr(specifier);
    if ("refused" in name) return name;
    if (this.options.frozen) {
      return {
        refused: "it is not in pallet.lock, and --frozen takes nothing else",
        help: "Run `pallet crate lock` without --frozen, look at what it adds, and keep it with the project.",
      };
    }
    const version = await this.#version(name);
    if (typeof version !== "string") return version;
    const found = await this.#package(name.name, version);
    if ("refused" in found) return found;
    const path = exportPath(name, found);
    if (typeof path !== "string") return path;
    const to = new URL(path, `${this.options.jsr}${name.name}/${version}/`).href;
    this.options.lock.noteRange(rangeKey(name), version);
    this.options.lock.noteRedirect(specifier, to);
    return { moved: to };
  }

  #version(name: JsrName): Promise<string | Refusal> {
    const key = rangeKey(name);
    const known = this.#versions.get(key);
    if (known !== undefined) return known;
    const choosing = this.#choose(name);
    this.#versions.set(key, choosing);
    return choosing;
  }

  async #choose(name: JsrName): Promise<string | Refusal> {
    const locked = this.options.lock.range(rangeKey(name));
    if (locked !== undefined) return locked;
    const url = `${this.options.jsr}${name.name}/meta.json`;
    const document = await this.document(url, false);
    if ("refused" in document) return about(url, document);
    const meta = parseMeta(document.bytes);
    return meta === undefined ? noJson(url) : await pickVersion(name, meta);
  }

  #package(name: string, version: string): Promise<JsrVersion | Refusal> {
    const key = `${name}@${version}`;
    const known = this.#packages.get(key);
    if (known !== undefined) return known;
    const reading = this.#readPackage(name, version);
    this.#packages.set(key, reading);
    return reading;
  }

  async #readPackage(name: string, version: string): Promise<JsrVersion | Refusal> {
    const { jsr } = this.options;
    const url = `${jsr}${name}/${version}_meta.json`;
    const document = await this.document(url, true);
    if ("refused" in document) return about(url, document);
    const found = parseVersion(document.bytes);
    if (found === undefined) return noJson(url);
    for (const [path, digest] of checksums(found)) {
      this.#checksums.set(`${jsr}${name}/${version}/${path}`, digest);
    }
    return found;
  }
}

function about(url: string, { refused, ...rest }: Refusal): Refusal {
  return { refused: `${url}: ${refused}`, ...rest };
}

function noJson(url: string): Refusal {
  return { refused: `${url} does not say what JSR says of a package`, help: "Correct JSR_URL." };
}
