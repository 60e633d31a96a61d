// What environments may hold.
import type { Origin } from "../errors.ts";
import { object, problemsOf, type SchemaProblem, v } from "../schema.ts";
import { isPlainObject, plainProblem } from "./plain.ts";
import { image } from "./schemas.ts";
import type { Environment } from "./types.ts";

/** An environment that knows who says it. Plain data. */
export interface EnvironmentLayer {
  /** Who says it: `config.yaml`, `service prod`, `environment prod of pallet.yaml`. */
  readonly name: string;
  readonly values: Environment;
  /** Where it stands, for values whose own place is not known. */
  readonly origin?: Origin;
  /** Where values stand, by their keys joined with dots; a value without has its nearest parent's. */
  readonly origins?: Readonly<Record<string, Origin>>;
}

/** Keys of an environment that have a meaning. */
export const known = {
  proxy: v.optional(v.pipe(v.string(), v.url("must be a URL"))),
  noProxy: v.optional(
    v.array(v.pipe(v.string(), v.regex(/^[^\s,/]+$/, "must be a host, an address or a domain"))),
  ),
  image: v.optional(image),
  count: v.optional(
    v.pipe(v.number(), v.integer("must be a whole number"), v.minValue(0, "must be 0 or more")),
  ),
  packager: v.optional(v.picklist(["apt", "dnf"])),
  user: v.optional(object({
    username: v.optional(v.pipe(v.string(), v.regex(/^[^-\s:@][^\s:@]*$/, "must be a user name"))),
    privateKey: v.optional(v.pipe(v.string(), v.nonEmpty("must not be empty"))),
    publicKey: v.optional(v.pipe(v.string(), v.nonEmpty("must not be empty"))),
    become: v.optional(v.picklist(["auto", "sudo", "su", "doas", "none"])),
    hostKeys: v.optional(v.picklist(["strict", "accept-new"])),
  })),
};
const knownKeys = object(known);

function ofGroup(name: string, group: unknown): readonly SchemaProblem[] {
  const problems = isPlainObject(group) && Object.hasOwn(group, "groups")
    ? [{ path: "groups", keys: ["groups"], unknownKey: true as const, message: "a group has no groups" }]
    : environmentProblems(group);
  return problems.map(({ path, keys, ...problem }) => ({
    ...problem,
    path: `groups.${name}${path === "" ? "" : `.${path}`}`,
    keys: ["groups", name, ...keys],
  }));
}

/** Phases are functions, which no data holds. */
function phasesProblem(entries: readonly (readonly [string, unknown])[]): readonly SchemaProblem[] {
  if (entries.every(([key]) => key !== "phases")) return [];
  const message = "phases are functions: export them from the infra file, as `environments`";
  return [{ path: "phases", keys: ["phases"], unknownKey: true, message }];
}

/**
 * What is wrong with a value as an environment: it is plain data, with `proxy`, `noProxy`, `image`, `count`, `packager`, `user`
 * and `groups` as they should be, and without `phases`; any other key is free.
 *
 * @example
 * ```ts
 * import { environmentProblems } from "./environment.ts";
 *
 * console.assert(environmentProblems({ groups: { web: { count: -1 } } })[0]?.path === "groups.web.count");
 * ```
 */
export function environmentProblems(value: unknown): readonly SchemaProblem[] {
  const problem = isPlainObject(value)
    ? plainProblem(value)
    : { path: "", message: "must be an object of plain data" };
  if (problem !== undefined) return [{ ...problem, keys: [] }];
  const entries = Object.entries(value as Readonly<Record<string, unknown>>);
  const fixed = entries.filter(([key, item]) =>
    Object.hasOwn(known, key) && item !== null && item !== undefined
  );
  const own = [...phasesProblem(entries), ...problemsOf(knownKeys, Object.fromEntries(fixed))];
  const groups = entries.find(([key]) => key === "groups")?.[1];
  if (groups === undefined || groups === null) return own;
  if (!isPlainObject(groups)) {
    const message = "must be an object: group name -> environment";
    return [...own, { path: "groups", keys: ["groups"], message }];
  }
  return [...own, ...Object.entries(groups).flatMap(([name, group]) => ofGroup(name, group))];
}
