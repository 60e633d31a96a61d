// What `secrets` of a configuration lets be read, or run, on this machine beyond the project itself.
import type { Configuration } from "../engine/config/config.ts";
import { entryOf } from "../engine/config/merge.ts";
import type { SecretSourceValues } from "../engine/config/secrets.ts";
import type { Grant } from "./grants.ts";

/** Whether a path of a project's file leads out of its folder. */
function isOutside(path: string): boolean {
  return /^[/~$]|^[A-Za-z]:/.test(path) || path.split(/[/\\]/).includes("..");
}

function whatOf(source: SecretSourceValues): string | undefined {
  switch (source.from) {
    case "command":
      return `secrets are read by the command ${source.command.join(" ")}`;
    case "environment":
      return source.prefix === undefined ? undefined : `secrets are read from variables ${source.prefix}*`;
    case "files":
      return isOutside(source.folder) ? `secrets are read from files in ${source.folder}` : undefined;
    case "file":
    case "sops":
      return isOutside(source.file) ? `secrets are read from ${source.file}` : undefined;
    default:
      return undefined;
  }
}

/** Grants of the sources of secrets: whoever asks for a secret by its name chooses what is read, and where it goes. */
export function secretGrants({ entries }: Pick<Configuration, "entries">): readonly Grant[] {
  const entry = entryOf(entries, "secrets");
  if (entry === undefined) return [];
  const { origin } = entry.said;
  // Files hold what the schema allows.
  const sources = entry.value as unknown as readonly SecretSourceValues[];
  return sources.flatMap((source) => {
    const what = whatOf(source);
    return what === undefined ? [] : [{ what, ...(origin === undefined ? {} : { origin }) }];
  });
}
