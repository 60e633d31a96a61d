import type { Machine } from "./machine.ts";

/** What stands for `%h` and its like, by letter. */
export type Tokens = Readonly<Record<string, string>>;

/** A text whose `%` or `$` means nothing; its message says which. */
export class BadToken extends Error {
  override readonly name = "BadToken";
}

/**
 * A text with what its tokens stand for; with an environment, `${NAME}` too.
 *
 * @throws {BadToken}
 * @example
 * ```ts
 * import { expandTokens } from "./tokens.ts";
 *
 * console.assert(expandTokens("~/.ssh/%r-%%-${ROLE}", { r: "ops" }, { ROLE: "db" }) === "~/.ssh/ops-%-db");
 * ```
 */
export function expandTokens(text: string, tokens: Tokens, env?: Readonly<Record<string, string>>): string {
  return text.replaceAll(
    /%(.?)|\$\{([^}]*)(\}?)/gs,
    (whole, letter?: string, name?: string, close?: string) => {
      if (letter !== undefined) {
        if (letter === "%") return "%";
        if (letter === "") throw new BadToken("a % stands at the end");
        if (!Object.hasOwn(tokens, letter)) throw new BadToken(`%${letter} means nothing here`);
        return tokens[letter] ?? "";
      }
      if (env === undefined) {
        // Only `%` counts here; what is in the braces may hold some.
        return "${" + expandTokens(whole.slice(2), tokens);
      }
      if (close === "" || name === undefined || name === "") throw new BadToken("${ without a name and a }");
      const value = env[name];
      if (value === undefined) throw new BadToken(`the environment has no ${name}`);
      return value;
    },
  );
}

/** A path with `~` and `~user` in place. @throws {BadToken} when there is no such user. */
export async function expandTilde(path: string, machine: Machine): Promise<string> {
  if (!path.startsWith("~")) return path;
  const [, user = "", rest = ""] = /^~([^/]*)\/*(.*)$/s.exec(path) ?? [];
  const home = user === "" ? machine.home : await machine.homeOf(user);
  if (home === undefined) throw new BadToken(`there is no user ${user}`);
  return `${home.replace(/\/$/, "")}/${rest}`;
}
