import { PalletError } from "../../errors.ts";
import { fault } from "./fault.ts";
import type { Machine } from "./machine.ts";
import type { Options, Value } from "./options.ts";
import { BadToken, expandTilde, expandTokens, type Tokens } from "./tokens.ts";

/** Gives values their meaning, and says where one that has none stands. */
export class Reader {
  constructor(readonly options: Options, readonly machine: Machine, readonly tokens: Tokens) {}

  async #guard(value: Value, keyword: string, work: () => string | Promise<string>): Promise<string> {
    try {
      return await work();
    } catch (thrown) {
      if (!(thrown instanceof BadToken)) throw thrown;
      const why = `${keyword}: ${thrown.message}`;
      if (typeof value.from !== "string") throw fault(value.from, why, "See TOKENS of ssh_config(5).");
      throw new PalletError(`Cannot use the ssh configuration: ${why}`, { kind: "config", cause: thrown });
    }
  }

  /** `%` alone, as in commands; with an environment `${}` too. */
  text(value: Value, keyword: string, env?: Readonly<Record<string, string>>): Promise<string> {
    return this.#guard(value, keyword, () => expandTokens(value.text, this.tokens, env));
  }

  /** `~`, `%` and `${}`. */
  path(value: Value, keyword: string): Promise<string> {
    const { machine } = this;
    return this.#guard(
      value,
      keyword,
      async () => expandTokens(await expandTilde(value.text, machine), this.tokens, machine.env),
    );
  }

  /** Paths of a keyword; `none` is none. */
  async paths(keyword: string): Promise<readonly string[]> {
    const values = this.options.all(keyword).filter(({ text }) => text.toLowerCase() !== "none");
    return await Promise.all(values.map((value) => this.path(value, keyword)));
  }
}
