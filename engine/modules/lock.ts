import { PalletError } from "../errors.ts";
import { object, v, validate } from "../schema.ts";
import { jsonProblem } from "./json_problem.ts";
import { position } from "./text.ts";

/** What a graph was found to be, once and for all. */
export interface LockData {
  /** Ranges of versions and what they stand for: `jsr:@a/b@^1` -> `1.2.3`. */
  readonly ranges: Readonly<Record<string, string>>;
  /** URLs and where they lead. */
  readonly redirects: Readonly<Record<string, string>>;
  /** URLs and the SHA-256 of what they hold. */
  readonly modules: Readonly<Record<string, string>>;
}

const digest = v.pipe(v.string(), v.regex(/^[\da-f]{64}$/, "must be a SHA-256 in lower-case hexadecimal"));
const texts = v.record(v.string(), v.string());
const schema = object({
  version: v.literal(1),
  ranges: texts,
  redirects: texts,
  modules: v.record(v.string(), digest),
});

export const EMPTY_LOCK: LockData = { ranges: {}, redirects: {}, modules: {} };

/**
 * The lock of a file's text.
 *
 * @throws {PalletError} of kind `config` with the place of what is wrong, e.g. a conflict that a merge left.
 */
export function parseLock(text: string, file: string): LockData {
  const conflict = /^(?:<{7}|\|{7}|={7}|>{7})(?: |\r?$)/m.exec(text);
  if (conflict !== null) {
    throw new PalletError(`Cannot read "${file}": it has a conflict that a merge left`, {
      kind: "config",
      help: "Each entry has a line of its own: keep the lines of both sides. Or take one side, and let " +
        "`pallet crate lock` add what it lacks.",
      origin: { file, ...position(text, conflict.index) },
    });
  }
  const help =
    "Restore it, or delete it and let `pallet crate lock` make it anew from what the hosts hold now.";
  const problem = text.trim() === "" ? { problem: "it is empty", line: 1, column: 1 } : jsonProblem(text);
  if (problem !== undefined) {
    throw new PalletError(`Cannot read "${file}": ${problem.problem}`, {
      kind: "config",
      help,
      origin: { file, line: problem.line, column: problem.column },
    });
  }
  const origin = { file, line: 1, column: 1 };
  const { version: _, ...data } = validate(schema, JSON.parse(text), {
    what: `lock file "${file}"`,
    kind: "config",
    origin,
  });
  return data;
}

function sorted(record: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(record).sort(([a], [b]) => a < b ? -1 : a > b ? 1 : 0));
}

/** The text of a lock: the same for the same data, a line for each entry. */
export function lockText({ ranges, redirects, modules }: LockData): string {
  const data = {
    version: 1,
    ranges: sorted(ranges),
    redirects: sorted(redirects),
    modules: sorted(modules),
  };
  return `${JSON.stringify(data, null, 2)}\n`;
}

/** A lock in use: what it says, and what a graph needed of it or added to it. */
export class Lock {
  readonly #ranges = new Map<string, string>();
  readonly #redirects = new Map<string, string>();
  readonly #modules = new Map<string, string>();

  constructor(readonly known: LockData) {}

  /** SHA-256 that a URL must have; nothing when it is not locked. */
  expected(url: string): string | undefined {
    return Object.hasOwn(this.known.modules, url) ? this.known.modules[url] : undefined;
  }

  redirect(url: string): string | undefined {
    const to = Object.hasOwn(this.known.redirects, url) ? this.known.redirects[url] : undefined;
    if (to !== undefined) this.#redirects.set(url, to);
    return to;
  }

  range(range: string): string | undefined {
    const version = Object.hasOwn(this.known.ranges, range) ? this.known.ranges[range] : undefined;
    if (version !== undefined) this.#ranges.set(range, version);
    return version;
  }

  noteModule(url: string, digest: string): void {
    this.#modules.set(url, digest);
  }

  noteRedirect(url: string, to: string): void {
    this.#redirects.set(url, to);
  }

  noteRange(range: string, version: string): void {
    this.#ranges.set(range, version);
  }

  /** What the graph needed, and nothing else. */
  get used(): LockData {
    return {
      ranges: Object.fromEntries(this.#ranges),
      redirects: Object.fromEntries(this.#redirects),
      modules: Object.fromEntries(this.#modules),
    };
  }

  /** What was known, with what the graph needed besides. */
  get merged(): LockData {
    const { used, known } = this;
    return {
      ranges: { ...known.ranges, ...used.ranges },
      redirects: { ...known.redirects, ...used.redirects },
      modules: { ...known.modules, ...used.modules },
    };
  }
}
