// The constructors of infra files: frozen, checked values.
import { PalletError } from "../errors.ts";
import { callerOrigin } from "../origin.ts";
import { preview, type Schema, type Subject, validate } from "../schema.ts";
import { madeOf, remember } from "./made.ts";
import { frozenCopy, isPlainObject, refuseHostileKeys } from "./plain.ts";
import {
  clusterKeys,
  extendedKeys,
  groupKeys,
  LONGEST_NAME,
  name as nameSchema,
  node,
  serverKeys,
} from "./schemas.ts";
import type { ClusterSpec, GroupSpec, NodeSpec, ServerSpec } from "./types.ts";

/** A frozen copy that fits the schema. */
function checked<T>(schema: Schema<unknown>, values: T, subject: Subject): T {
  const copy = frozenCopy(values);
  refuseHostileKeys(copy, subject);
  validate(schema, copy, subject);
  return copy;
}

function refuse(subject: Subject, path: string, message: string): never {
  throw new PalletError(`Invalid ${subject.what}: ${path}: ${message}`, {
    kind: subject.kind,
    ...(subject.origin === undefined ? {} : { origin: subject.origin }),
  });
}

/** Checks what a spec extends: specs that a constructor made are checked already, literals are checked here. */
function checkExtends(value: unknown, subject: Subject, path = "extends"): void {
  if (value === undefined) return;
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) checkExtends(item, subject, `${path}[${index}]`);
    return;
  }
  const made = madeOf(value);
  if (made?.kind === "server" || made?.kind === "group") return;
  if (made !== undefined) refuse(subject, path, `must be a server or group spec, not a ${made.kind} spec`);
  if (typeof value === "function") {
    refuse(subject, path, "must be a server or group spec, not a function: call it, with () behind its name");
  }
  if (!isPlainObject(value)) refuse(subject, path, `must be a server or group spec, not ${preview(value)}`);
  const inner = { ...subject, what: `${subject.what}, ${path}` };
  validate(extendedKeys, value, inner);
  checkExtends(value.extends, inner);
}

function checkName(name: unknown, what: string, origin: Subject["origin"] & object): string {
  const checkedName = validate(nameSchema, name, { what: `name of a ${what} spec`, kind: "infra", origin });
  checkLength(checkedName, what, origin);
  return checkedName;
}

/** Throws for a group name that leaves no room for a node's number in a host name. */
function checkLength(name: string, what: string, origin: Subject["origin"] & object): void {
  if (name.length <= LONGEST_NAME) return;
  throw new PalletError(
    `Invalid name of a ${what} spec: "${name}" has ${name.length} characters, ${LONGEST_NAME} is the most`,
    {
      kind: "infra",
      origin,
      help: "Its nodes' host names are the name and a number, 63 characters at most.",
    },
  );
}

/**
 * What a node is made of: image, hardware, location, network, quality of service and extras for providers by name.
 * A provider that cannot honour a key refuses it before anything is made.
 *
 * @throws {PalletError} of kind `infra` that names every unknown key and wrong value with its path, and the caller's line.
 *
 * @example
 * ```ts
 * import { nodeSpec } from "pallet";
 *
 * nodeSpec({ image: { osFamily: "debian" }, hardware: { minCores: 2, minRam: 512 } });
 * ```
 */
export function nodeSpec(spec: NodeSpec): NodeSpec {
  const origin = callerOrigin();
  return remember(checked(node, spec, { what: "node spec", kind: "infra", origin }), "node", origin);
}

/**
 * Configuration without a machine: phases, roles, what it extends. Phases of one name compose: those of extended
 * specs first, in the order they are listed, the spec's own last.
 *
 * @throws {PalletError} of kind `infra` that names every unknown key and wrong value with its path, and the caller's line.
 *
 * @example
 * ```ts
 * import { directory, serverSpec } from "pallet";
 *
 * const base = serverSpec({ phases: { configure: () => directory("/srv") } });
 * serverSpec({ extends: base, roles: "web", phases: { configure: () => directory("/srv/web") } });
 * ```
 */
export function serverSpec(spec: ServerSpec): ServerSpec {
  const origin = callerOrigin();
  const subject: Subject = { what: "server spec", kind: "infra", origin };
  const copy = checked(serverKeys, spec, subject);
  checkExtends(copy.extends, subject);
  return remember(copy, "server", origin);
}

/**
 * A name, a node spec, server specs and a count: identical nodes, called `<name>-1`, `<name>-2`, ... It may extend
 * server specs and other group specs.
 *
 * @throws {PalletError} of kind `infra` for a name that cannot be part of a host name, and for every unknown key and
 * wrong value, with its path and the caller's line.
 *
 * @example
 * ```ts
 * import { directory, groupSpec } from "pallet";
 *
 * groupSpec("web", { count: 2, after: ["db"], phases: { configure: () => directory("/srv/web") } });
 * ```
 */
export function groupSpec(name: string, spec: Omit<GroupSpec, "name"> = {}): GroupSpec {
  const origin = callerOrigin();
  const checkedName = checkName(name, "group", origin);
  const subject: Subject = { what: `group spec "${checkedName}"`, kind: "infra", origin };
  const copy = checked(groupKeys, spec, subject);
  checkExtends(copy.extends, subject);
  return remember(Object.freeze({ ...copy, name: checkedName }), "group", origin);
}

/**
 * A named set of groups with specs and phases common to all. Its groups' names get the prefix `<name>-`, also where
 * one of them names another in `after` or in a query; the common phases come before a group's own.
 *
 * @throws {PalletError} of kind `infra` for a name that cannot be part of a host name, for every unknown key and wrong
 * value with its path, and for two groups of one name.
 *
 * @example
 * ```ts
 * import { clusterSpec, groupSpec } from "pallet";
 *
 * clusterSpec("shop", { groups: [groupSpec("db", { count: 1 }), groupSpec("web", { count: 2, after: ["db"] })] });
 * ```
 */
export function clusterSpec(name: string, spec: Omit<ClusterSpec, "name">): ClusterSpec {
  const origin = callerOrigin();
  const checkedName = checkName(name, "cluster", origin);
  const subject: Subject = { what: `cluster spec "${checkedName}"`, kind: "infra", origin };
  const copy = checked(clusterKeys, spec, subject);
  checkExtends(copy.extends, subject);
  for (const [index, group] of copy.groups.entries()) {
    if (madeOf(group)?.kind !== "group") {
      refuse(subject, `groups[${index}]`, `must be a group spec made by groupSpec(), not ${preview(group)}`);
    }
    checkLength(`${checkedName}-${group.name}`, "group", madeOf(group)?.origin ?? origin);
  }
  return remember(Object.freeze({ ...copy, name: checkedName }), "cluster", origin);
}
