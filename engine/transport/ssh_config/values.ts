// A line that says something about the hosts of its section.
import { fault, type Place } from "./fault.ts";
import { isDomain, parseJump, parsePort } from "./jump.ts";
import type { Kind } from "./keywords.ts";
import type { Options } from "./options.ts";
import { matchesPattern } from "./patterns.ts";
import { BadToken, expandTokens } from "./tokens.ts";

/** A line with a keyword and its arguments. */
export interface Statement {
  readonly name: string;
  readonly kind: Kind;
  /** The keyword as it is written, for messages. */
  readonly keyword: string;
  readonly words: readonly string[];
  /** The arguments as they stand there. */
  readonly rest: string;
  readonly place: Place;
}

const SECONDS: Readonly<Record<string, number>> = { "": 1, s: 1, m: 60, h: 3600, d: 86400, w: 604800 };
const MOST = 2 ** 31 - 1;

/** `90`, `1h30m`: seconds; nothing when it is no time. */
function parseTime(text: string): number | undefined {
  if (!/^(?:\d+[smhdw]?)+$/i.test(text)) return undefined;
  const parts = [...text.matchAll(/(\d+)([smhdw]?)/gi)];
  const total = parts.reduce(
    (sum, [, n, unit = ""]) => sum + Number(n) * (SECONDS[unit.toLowerCase()] ?? 0),
    0,
  );
  return total <= MOST ? total : undefined;
}

function checkAgent(text: string, env: Readonly<Record<string, string>>): string | undefined {
  try {
    expandTokens(text.replaceAll("%", "%%"), {}, env);
  } catch (thrown) {
    if (!(thrown instanceof BadToken)) throw thrown;
    return thrown.message;
  }
  return /^\$(?!\{)/.test(text) && !/^\$\w+$/.test(text) ? `${text} is no name of a variable` : undefined;
}

/**
 * Checks a statement, and keeps what it says when its section is about the host.
 *
 * @throws {PalletError} of kind `config` also when the section is about other hosts, as ssh does.
 */
export function apply(
  statement: Statement,
  options: Options,
  active: boolean,
  env: Readonly<Record<string, string>>,
): void {
  const { name, kind, keyword, words, rest, place } = statement;
  const bad = (why: string, help?: string) => fault(place, `${keyword}: ${why}`, help);
  const one = (): string => {
    const [word = "", more] = words;
    if (word === "") throw bad("its value is missing");
    if (more !== undefined) throw bad(`"${more}" is more than one value`);
    return word;
  };
  const once = (...texts: readonly string[]) => active && options.setOnce(name, texts, place);
  const several = (check: (word: string, index: number) => string): readonly string[] =>
    words.map((word, index) => {
      if (word === "") throw bad("an empty value");
      if (word.toLowerCase() === "none" && words.length > 1) throw bad('"none" stands with other values');
      return check(word, index);
    });

  if (typeof kind === "object" && "algorithms" in kind) {
    once(one());
    return;
  }
  if (typeof kind === "object") {
    const value = kind.choice[one().toLowerCase()];
    if (value === undefined) throw bad(`"${one()}" is none of ${Object.keys(kind.choice).join(", ")}`);
    once(value);
    return;
  }
  switch (kind) {
    case "unread":
      return;
    case "flag": {
      const word = one().toLowerCase();
      if (!/^(?:yes|no|true|false)$/.test(word)) throw bad(`"${one()}" is neither yes nor no`);
      once(/^(?:yes|true)$/.test(word) ? "yes" : "no");
      return;
    }
    case "time": {
      if (one() === "none") return;
      const seconds = parseTime(one());
      if (seconds === undefined) {
        throw bad(`"${one()}" is no time`, 'Write seconds, or a time such as "1m30s".');
      }
      once(String(seconds));
      return;
    }
    case "whole":
      if (!/^\d+$/.test(one()) || Number(one()) > MOST) throw bad(`"${one()}" is no whole number`);
      once(String(Number(one())));
      return;
    case "port": {
      const port = parsePort(one());
      if (port === undefined) throw bad(`"${one()}" is no port`, "A port is a number from 1 to 65535.");
      once(String(port));
      return;
    }
    case "text":
      once(one());
      return;
    case "agent":
    case "forward": {
      const problem = checkAgent(one(), env);
      if (problem !== undefined) throw bad(problem);
      once(kind === "forward" ? one().toLowerCase().replace("true", "yes").replace("false", "no") : one());
      return;
    }
    case "refuse":
      one();
      if (active) throw bad(one(), "The configuration says that this host is not to be connected to.");
      return;
    case "rest": {
      // A hop decides against a command, and the other way round: the first of the two. Older versions of ssh had
      // `ProxyJump none` decide as well.
      if (name === "proxycommand" && !/^(?:none)?$/i.test(options.get("proxyjump") ?? "")) return;
      once(rest.replace(/^[ \t\r\n=]+/, ""));
      return;
    }
    case "jump": {
      const text = rest.replace(/^[ \t\r\n=]+/, "");
      if (parseJump(text) === undefined) {
        throw bad(`"${text}" is no list of hosts`, "Write [user@]host[:port], with commas between several.");
      }
      if (!options.has("proxycommand")) once(text);
      return;
    }
    case "identity":
    case "certificate": {
      const path = one();
      if (active && !options.all(name).some(({ text }) => text === path)) options.add(name, path, place);
      return;
    }
    case "list": {
      const values = several((word) => word);
      if (values.length > 0) once(...values);
      return;
    }
    case "domains": {
      const values = several((word) => {
        if (!isDomain(word)) throw bad(`"${word}" is no domain`);
        return word.toLowerCase().replace(/\.$/, "");
      });
      if (values.length > 0) once(...values);
      return;
    }
    case "cnames": {
      const values = several((word) => {
        if (!/^(?:none|\*|[^:]+:.+)$/i.test(word)) {
          throw bad(`"${word}" is no pair of lists with a colon between`);
        }
        return word.toLowerCase();
      });
      if (values.length > 0) once(...values);
      return;
    }
    case "send":
      for (const word of words) {
        if (word === "" || word.includes("=")) throw bad(`"${word}" is no name of a variable`);
        if (!active) continue;
        if (!word.startsWith("-")) options.add(name, word, place);
        else {
          const left = options.all(name).filter(({ text }) => !matchesPattern(text, word.slice(1)));
          options.replace(name, left);
        }
      }
      return;
    case "set": {
      const seen = new Set<string>();
      const values: string[] = [];
      for (const word of words) {
        const [variable = ""] = word.split("=", 1);
        if (variable === word) throw bad(`"${word}" is not NAME=value`);
        if (!seen.has(variable)) values.push(word);
        seen.add(variable);
      }
      if (values.length > 0) once(...values);
    }
  }
}
