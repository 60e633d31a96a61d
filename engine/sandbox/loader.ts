import { registerHooks } from "./hooks.ts";
import { type ModuleMap, PALLET_URL } from "../modules/types.ts";

/** Loads modules of a map, and nothing else, whoever asks. */
export interface Loader {
  /** Evaluates a module of the map by its URL. */
  import(url: string): Promise<Readonly<Record<string, unknown>>>;
}

/** Source of a module with the exports of one that is already loaded, so that both have the same identities. */
function reexport(names: readonly string[]): string {
  const bindings = names.map((name) => `export const ${name} = pallet[${JSON.stringify(name)}];\n`);
  return `const pallet = globalThis[Symbol.for("pallet handover")];\n${bindings.join("")}`;
}

/**
 * Makes every import of this process, from now on, come from the map or fail.
 */
export async function installLoader(
  graph: ModuleMap,
  pallet: Readonly<Record<string, unknown>>,
): Promise<Loader> {
  const modules = new Map(graph.modules.map((module) => [module.url, module]));
  const resolutions = new Map(
    graph.modules.map((module) => [module.url, new Map(Object.entries(module.imports))]),
  );
  const engine = reexport(Object.keys(pallet));
  registerHooks({
    resolve: (specifier, { parentURL }) => {
      const own = parentURL === import.meta.url && (modules.has(specifier) || specifier === PALLET_URL);
      const url = own ? specifier : resolutions.get(parentURL ?? "")?.get(specifier);
      if (url === undefined) {
        throw new TypeError(`Cannot import "${specifier}": it is not part of the project`);
      }
      return { url, format: modules.get(url)?.type === "json" ? "json" : "module", shortCircuit: true };
    },
    load: (url) => {
      if (url === PALLET_URL) return { format: "module", source: engine, shortCircuit: true };
      const module = modules.get(url);
      if (module === undefined) throw new TypeError(`Cannot load "${url}": it is not part of the project`);
      return {
        format: module.type === "json" ? "json" : "module",
        source: module.source,
        shortCircuit: true,
      };
    },
  });
  const key = Symbol.for("pallet handover");
  Object.defineProperty(globalThis, key, { value: pallet, configurable: true });
  await import(PALLET_URL);
  Reflect.deleteProperty(globalThis, key);
  return { import: (url) => import(url) };
}
