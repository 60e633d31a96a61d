// Functions of specs that the engine calls by name: they stay here, data goes in and out.
import { type Origin, PalletError } from "../errors.ts";
import type { Json } from "../json.ts";
import { object, v, validate } from "../schema.ts";
import { didYouMean } from "../suggest.ts";
import type {
  GroupSummary,
  HookNode,
  HookResult,
  HookTarget,
  MergedGroup,
  PhaseMeta,
} from "../spec/types.ts";

type Partition = NonNullable<PhaseMeta["partition"]>;
type PostPhase = NonNullable<PhaseMeta["postPhase"]>;
type NodeFilter = NonNullable<MergedGroup["nodeFilter"]>;

/** A function, what it is, and where the spec is that has it. */
type Hook =
  & { readonly origin: Origin; readonly of: string }
  & (
    | { readonly kind: "partition"; readonly run: Partition }
    | { readonly kind: "postPhase"; readonly run: PostPhase }
    | { readonly kind: "nodeFilter"; readonly run: NodeFilter }
  );

/** Hooks by id, and the summaries that name them. */
export interface Hooks {
  readonly summaries: readonly GroupSummary[];
  readonly byId: ReadonlyMap<string, Hook>;
}

const postPhaseData = v.object({ results: v.array(v.unknown()), phase: v.string() });

/** Names the hooks of groups. Groups that share a function share its id, so that it can be called for all at once. */
export function nameHooks(groups: readonly MergedGroup[]): Hooks {
  const byId = new Map<string, Hook>();
  const ids = new Map<unknown, string>();
  const name = (hook: Hook, where: string): string => {
    const id = ids.get(hook.run) ?? `${where}/${hook.kind}`;
    ids.set(hook.run, id);
    if (!byId.has(id)) byId.set(id, hook);
    return id;
  };
  const summaries = groups.map((group): GroupSummary => {
    const { phases, phasesMeta, nodeFilter, ...plain } = group;
    const { origin } = group;
    const of = `group "${group.name}"`;
    const hooks = Object.entries(phasesMeta).map(([phase, { partition, postPhase }]) => {
      const where = `${group.name}/${phase}`;
      return [phase, {
        ...(partition === undefined
          ? {}
          : { partition: name({ kind: "partition", run: partition, origin, of }, where) }),
        ...(postPhase === undefined
          ? {}
          : { postPhase: name({ kind: "postPhase", run: postPhase, origin, of }, where) }),
      }] as const;
    });
    return {
      ...plain,
      phases: Object.fromEntries(
        Object.entries(phases).map(([phase, parts]) => [phase, parts.map((part) => part.origin)]),
      ),
      hooks: Object.fromEntries(hooks),
      ...(nodeFilter === undefined
        ? {}
        : { nodeFilter: name({ kind: "nodeFilter", run: nodeFilter, origin, of }, group.name) }),
    };
  });
  return { summaries, byId };
}

/**
 * Calls a hook: `partition` with targets for batches of names, `postPhase` with `{ results, phase }` for nothing,
 * `nodeFilter` with a node for a truth value.
 *
 * @throws {PalletError} of kind `infra` for an answer that makes no sense; and whatever the hook throws.
 */
export async function callHook(hooks: Hooks, id: string, data: Json): Promise<Json> {
  const hook = hooks.byId.get(id);
  if (hook === undefined) throw new PalletError(`There is no hook "${id}"`, { kind: "internal" });
  const what = `answer of ${hook.kind} of ${hook.of}`;
  const subject = { what, kind: "infra", origin: hook.origin } as const;
  if (hook.kind === "nodeFilter") {
    return validate(
      object({ answer: v.boolean() }),
      { answer: hook.run(data as unknown as HookNode) },
      subject,
    ).answer;
  }
  if (hook.kind === "postPhase") {
    const { results, phase } = validate(postPhaseData, data, { ...subject, what: "data of postPhase" });
    await hook.run(results as readonly HookResult[], phase);
    return null;
  }
  const targets = data as unknown as readonly HookTarget[];
  const batches = validate(v.array(v.array(v.string())), hook.run(targets), subject);
  const names = new Set(targets.map((target) => target.name));
  for (const name of batches.flat()) {
    if (!names.delete(name)) {
      throw new PalletError(`Invalid ${what}: "${name}" is named twice, or is no target of the phase`, {
        kind: "infra",
        origin: hook.origin,
      });
    }
  }
  return batches;
}

/** What the id of a function begins with that an infra file exports. */
export const EXPORT = "export ";

/**
 * Calls a function that an infra file exports, with plain data.
 *
 * @throws {PalletError} of kind `infra` when there is no such function; and whatever it throws.
 */
export async function callExport(
  exports: Readonly<Record<string, unknown>>,
  name: string,
  data: Json,
): Promise<Json> {
  const found = Object.hasOwn(exports, name) ? exports[name] : undefined;
  if (typeof found !== "function") {
    const functions = Object.keys(exports).filter((key) => typeof exports[key] === "function");
    throw new PalletError(
      `The infra file exports no function "${name}".${didYouMean(name, functions)}`,
      { kind: "infra", help: `Export it: export const ${name} = ...;` },
    );
  }
  // What it answers is checked by whoever asked.
  return await found(data) as Json ?? null;
}

/** Where a hook's spec is. */
export function hookOrigin(hooks: Hooks, id: string): Origin | undefined {
  return hooks.byId.get(id)?.origin;
}
