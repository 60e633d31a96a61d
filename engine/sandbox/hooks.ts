import * as nodeModule from "node:module";

/** What a module is, for the platform. */
interface Found {
  readonly format: "module" | "json";
  readonly shortCircuit: true;
}

/** Hooks that are asked for every import of the process. */
export interface ModuleHooks {
  resolve(specifier: string, context: { readonly parentURL?: string }): Found & { readonly url: string };
  load(url: string): Found & { readonly source: string };
}

/** Installs hooks for good. The platform has them; its type declarations do not know them yet. */
export const { registerHooks } = nodeModule as unknown as { registerHooks(hooks: ModuleHooks): void };
