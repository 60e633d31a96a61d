/** Phases that the engine runs by itself, in the spelling that is used throughout. */
const BUILT_IN: Readonly<Record<string, string>> = {
  destroyServer: "destroy-server",
  destroyGroup: "destroy-group",
  createGroup: "create-group",
};

/** The phase that makes settings: evaluated before all others, never run on a node. */
export const SETTINGS = "settings";

/** Run by converge and lift when no phase is asked for and no spec says otherwise. */
export const DEFAULT_PHASES: readonly string[] = ["configure"];

/** One spelling for a phase: those that the engine itself runs may be written in camelCase too. */
export function canonicalPhase(name: string): string {
  return Object.hasOwn(BUILT_IN, name) ? BUILT_IN[name] ?? name : name;
}
