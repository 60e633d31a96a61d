// What tests of configuration share: files of a user and of a project, and a machine without variables.
import { type ConfigFile, parseConfig } from "./file.ts";
import { type Configuration, mergeConfiguration, type Surroundings } from "./config.ts";

/** No variables, whatever those of this machine are. */
export const bare = {
  env: (name: string): string | undefined => name === "HOME" ? "/home/ann" : undefined,
  cwd: "/work",
};

export const merge = (files: readonly ConfigFile[], more: Surroundings = {}): Configuration =>
  mergeConfiguration(files, { ...bare, ...more });

export const userFile = (...lines: readonly string[]): Promise<ConfigFile> =>
  parseConfig(lines.join("\n"), "/home/ann/.config/pallet/config.yaml", "user");

export const projectFile = (...lines: readonly string[]): Promise<ConfigFile> =>
  parseConfig(lines.join("\n"), "/srv/shop/pallet.yaml", "project");
