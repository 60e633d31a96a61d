import { PalletError } from "../errors.ts";
import type { Facts } from "../spec/node.ts";
import { rawScript, type Script, sh } from "../script/sh.ts";
import { object, preview, v } from "../schema.ts";
import { callerOrigin } from "../origin.ts";
import type { Action } from "./action.ts";
import { type ActionOptions, makeAction } from "./define.ts";
import type { ActionDefinition } from "./definition.ts";
import { seconds } from "./fields.ts";
import { type Packager, packagerFor, packagers, packagersLibrary } from "./packagers.ts";
import { withProxy } from "./proxy.ts";

const NAME = /^[A-Za-z0-9][A-Za-z0-9+._-]*(?::[a-z0-9]+)?$/;
const VERSION = /^[A-Za-z0-9][A-Za-z0-9.+~:^_-]*$/;

function isWord(word: string): boolean {
  const at = word.indexOf("=");
  return at < 0 ? NAME.test(word) : NAME.test(word.slice(0, at)) && VERSION.test(word.slice(at + 1));
}

const word = v.pipe(
  v.string(),
  v.check(isWord, 'must be the exact name of a package, as "curl", or with a version as "nginx=1.22.1-9"'),
);
const words = v.pipe(v.array(word), v.transform((names) => [...new Set(names)]));

const fields = object({
  names: v.optional(words, []),
  apt: v.exactOptional(words),
  dnf: v.exactOptional(words),
  action: v.optional(v.picklist(["install", "remove", "purge", "upgrade"]), "install"),
  recommends: v.optional(v.boolean(), true),
  lockTimeout: v.optional(seconds, 300),
});

type Args = v.InferOutput<typeof fields>;

const schema = v.pipe(
  fields,
  v.check((args) => args.names.length > 0 || lists(args).length > 0, "must name a package"),
  v.check(
    (args) => args.action === "install" || !everyWord(args).some((name) => name.includes("=")),
    "versions belong to action install",
  ),
);

function lists(args: Args): readonly Packager[] {
  return packagers.filter((packager) => args[packager] !== undefined);
}

function everyWord(args: Args): readonly string[] {
  return [...new Set([...args.names, ...packagers.flatMap((packager) => args[packager] ?? [])])];
}

/** Options of {@linkcode packages}. */
export interface PackagesOptions extends ActionOptions {
  /** Names for nodes with apt, besides those that hold everywhere. */
  readonly apt?: readonly string[];
  /** Names for nodes with dnf. When one packager has a list, each that is met needs one, if only an empty one. */
  readonly dnf?: readonly string[];
  /**
   * `install` unless told; `upgrade` brings to the newest version that the sources offer; `purge` removes configuration
   * as well.
   */
  readonly action?: "install" | "remove" | "purge" | "upgrade";
  /** Installs what the packages recommend as well; yes unless told. */
  readonly recommends?: boolean;
  /** Seconds to wait for another process that holds the packager's lock; 300 unless told. */
  readonly lockTimeout?: number;
}

/** Names that hold on a node. */
function wordsFor(args: Args, facts: Facts): readonly [Packager, readonly string[]] {
  const packager = packagerFor("install packages", facts);
  const own = args[packager];
  if (own === undefined && lists(args).length > 0) {
    throw new PalletError(
      `Cannot choose packages for ${packager}: there is a list for ${lists(args).join(" and ")} only`,
      { kind: "infra", help: `Add ${packager}: [...], empty if nothing is needed there.` },
    );
  }
  return [packager, [...new Set([...args.names, ...own ?? []])]];
}

function bash(args: Args, packager: Packager, names: readonly string[]): Script {
  if (names.length === 0) return rawScript("");
  const { action, lockTimeout } = args;
  const verb = rawScript(`pallet_${packager}_${action === "purge" ? "remove" : action}`);
  if (action === "remove" || action === "purge") return sh`${verb} ${lockTimeout} ${action} ${names}`;
  const without = packager === "apt" ? "--no-install-recommends" : "--setopt=install_weak_deps=False";
  return sh`${verb} ${[String(lockTimeout), ...args.recommends ? [] : [without], "--", ...names]}`;
}

/** Two lists of words as one; nothing when they ask for different versions of a package. */
function union(first: readonly string[], second: readonly string[]): string[] | undefined {
  const all = [...new Set([...first, ...second])];
  const names = new Set(all.map((name) => name.replace(/=.*/, "")));
  return names.size === all.length ? all : undefined;
}

function join(first: Args, second: Args): Args | undefined {
  const alike = first.action === second.action && first.recommends === second.recommends &&
    first.lockTimeout === second.lockTimeout && lists(first).join() === lists(second).join();
  const names = union(first.names, second.names);
  if (!alike || names === undefined) return undefined;
  const joined = lists(first).map((
    packager,
  ) => [packager, union(first[packager] ?? [], second[packager] ?? [])]);
  if (joined.some(([, list]) => list === undefined)) return undefined;
  return { ...first, names, ...Object.fromEntries(joined) };
}

/** How a {@linkcode packages} action becomes bash. */
export const packagesAction: ActionDefinition<Args> = {
  kind: "packages",
  root: true,
  schema,
  subject: (args) => everyWord(args).join(","),
  describe: (args) => `${everyWord(args).join(", ")}${args.action === "install" ? "" : ` (${args.action})`}`,
  // Users, files, services and commands come with packages, and nobody says which.
  provides: (args) =>
    args.action === "remove" || args.action === "purge"
      ? []
      : ["*", ...everyWord(args).map((name) => `package:${name.replace(/=.*/, "")}` as const)],
  needs: () => [],
  support: (args, facts) => {
    wordsFor(args, facts);
  },
  script: (args, facts, options) => {
    const [packager, names] = wordsFor(args, facts);
    return withProxy(bash(args, packager, names), options);
  },
  proof: (args, facts) => {
    const [packager, names] = wordsFor(args, facts);
    if (args.action !== "install" || names.length === 0) return undefined;
    return {
      looks: { packages: names.map((name) => name.replace(/=.*/, "")) },
      bash: sh`${rawScript(`pallet_${packager}_has_all`)} ${names}`,
    };
  },
  library: packagersLibrary,
  join,
};

/**
 * Packages by their exact names, or with exact versions: `nginx=1.22.1-9`. Calls next to each other join into one
 * transaction. Configuration files that were edited stay; the lists of packages are fetched only when there are none, or
 * when they do not know a package.
 *
 * @param names Names that hold on every node; last, options, with names for one packager alone.
 * @throws {PalletError} for what is no name of a package, no name at all, or a wrong option.
 *
 * @example
 * ```ts
 * import { packages } from "pallet";
 *
 * packages("curl", "git");
 * packages({ apt: ["apache2", "g++"], dnf: ["httpd", "gcc-c++"] });
 * packages("telnet", { action: "purge" });
 * ```
 */
export function packages(...names: readonly (string | readonly string[] | PackagesOptions)[]): Action {
  const last = names.at(-1);
  const options = isOptions(last) ? last : undefined;
  const plain = (options === undefined ? names : names.slice(0, -1)).flat();
  const wrong = plain.find((name) => typeof name !== "string");
  if (wrong !== undefined) {
    throw new PalletError(`Invalid packages action: a name must be a text, not ${preview(wrong)}`, {
      kind: "infra",
      origin: callerOrigin(),
      help: "Options stand last: packages(name, ..., { action }).",
    });
  }
  return makeAction(packagesAction, { names: plain, ...options });
}

function isOptions(value: unknown): value is PackagesOptions {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
