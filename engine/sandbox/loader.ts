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

/** An object with these entries and no prototype. */
function dictionary<T>(entries: readonly (readonly [string, T])[]): Readonly<Record<string, T | undefined>> {
  const made: Record<string, T> = Object.create(null);
  for (const [key, value] of entries) made[key] = value;
  return made;
}

/**
 * Makes every import of this process, from now on, come from the map or fail.
 */
export async function installLoader(
  graph: ModuleMap,
  pallet: Readonly<Record<string, unknown>>,
): Promise<Loader> {
  // Plain look-ups in objects without a prototype: evaluated code can alter every method there is, also those of Map.
  const modules = dictionary(graph.modules.map((module) => [module.url, { ...module, __proto__: null }]));
  const resolutions = dictionary(
    graph.modules.map((module) => [module.url, dictionary(Object.entries(module.imports))]),
  );
  const engine = reexport(Object.keys(pallet));
  const own = import.meta.url;
  registerHooks({
    resolve: (specifier, { parentURL }) => {
      const url = parentURL === own ? specifier : resolutions[parentURL ?? ""]?.[specifier];
      const module = url === undefined ? undefined : modules[url];
      if (url === undefined || (module === undefined && url !== PALLET_URL)) {
        throw new TypeError(`Cannot import "${specifier}": it is not part of the project`);
      }
      return { url, format: module?.type === "json" ? "json" : "module", shortCircuit: true };
    },
    load: (url) => {
      const module = modules[url];
      if (module === undefined && url !== PALLET_URL) {
        throw new TypeError(`Cannot load "${url}": it is not part of the project`);
      }
      return {
        format: module?.type === "json" ? "json" : "module",
        source: module?.source ?? engine,
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
