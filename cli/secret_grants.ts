// What `secrets` of a configuration lets be read, or run, on this machine beyond the project itself.
import type { Configuration } from "../engine/config/config.ts";
import { type Entry, entryOf } from "../engine/config/merge.ts";
import type { SecretSourceValues } from "../engine/config/secrets.ts";
import type { Grant } from "./grant.ts";

/** Keys of passwords that a node is sent. */
const PASSWORDS: ReadonlySet<string> = new Set(["password", "become-password"]);

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

/** What is read of this machine as a password, which then goes to a node. */
function passwordGrants({ keys, value, said }: Pick<Entry, "keys" | "value" | "said">): readonly Grant[] {
  if (typeof value === "object" && value !== null) {
    return Object.entries(value).flatMap(([key, inner]) =>
      passwordGrants({ keys: [...keys, key], value: inner, said })
    );
  }
  const { origin } = said;
  const [whose = "", place] = keys.slice(-2);
  if (!PASSWORDS.has(whose) || typeof value !== "string") return [];
  const from = place === "variable"
    ? `variable ${value}`
    : place === "file" && isOutside(value)
    ? value
    : undefined;
  if (from === undefined) return [];
  return [{ what: `a password is read from ${from}`, ...(origin === undefined ? {} : { origin }) }];
}

/** Grants of the sources of secrets: whoever asks for a secret by its name chooses what is read, and where it goes. */
export function secretGrants({ entries }: Pick<Configuration, "entries">): readonly Grant[] {
  return [...sourceGrants(entries), ...entries.flatMap(passwordGrants)];
}

function sourceGrants(entries: Configuration["entries"]): readonly Grant[] {
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
