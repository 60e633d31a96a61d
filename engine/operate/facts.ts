import { initOf, packagerOf, parseOs } from "../os/mod.ts";
import type { Facts, OsFacts, Target } from "../spec/node.ts";
import type { NodeSpec } from "../spec/types.ts";
import type { Image, Provider } from "../provider/provider.ts";
import type { FactsCache } from "../state/facts_cache.ts";

/** What is known of a node by its operating system alone. */
export function factsOfOs(os: OsFacts, arch: string, source: "image" | "option", hostname = ""): Facts {
  return {
    os,
    arch,
    packager: packagerOf(os),
    init: initOf(os),
    hostname,
    addresses: [],
    bootId: "",
    source,
  };
}

/** Looks up what is known of targets without asking a node: by an option, the cache, the node's or the image's system. */
export class FactsLookup {
  readonly #provider: Provider | undefined;
  readonly #cache: FactsCache | undefined;
  readonly #os: string | undefined;
  readonly #images = new Map<string, Promise<Image | undefined>>();

  constructor(sources: { readonly provider?: Provider; readonly cache?: FactsCache; readonly os?: string }) {
    this.#provider = sources.provider;
    this.#cache = sources.cache;
    this.#os = sources.os;
  }

  /** Facts of a target, or nothing when no source knows any. */
  async of(target: Target, spec: NodeSpec): Promise<Facts | undefined> {
    const cached = target.node === undefined ? undefined : await this.#cache?.read(target.node.id);
    if (cached !== undefined) return cached;
    const image = await this.#imageOf(spec, target.groups[0]);
    const os = target.node?.os ?? image?.os;
    if (os !== undefined && os.id !== "") return factsOfOs(os, image?.arch ?? "", "image", target.name);
    return this.#os === undefined ? undefined : { ...parseOs(this.#os), hostname: target.name };
  }

  #imageOf(spec: NodeSpec, group: string | undefined): Promise<Image | undefined> {
    const key = JSON.stringify([spec, group]);
    const known = this.#images.get(key);
    if (known !== undefined) return known;
    const found = this.#provider?.imageFor(spec, undefined, group) ?? Promise.resolve(undefined);
    this.#images.set(key, found);
    return found;
  }
}
