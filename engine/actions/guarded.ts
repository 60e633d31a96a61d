import { sh } from "../script/sh.ts";
import { callerOrigin } from "../origin.ts";
import { PalletError } from "../errors.ts";
import { object, preview, v } from "../schema.ts";
import type { Action } from "./action.ts";
import { type ActionOptions, copyAction, isAction, makeAction } from "./define.ts";
import type { ActionDefinition } from "./definition.ts";
import { limit } from "./fields.ts";
import guardLibrary from "./guard.sh" with { type: "text" };
import { rebootAction } from "./reboot.ts";

const guardSchema = object({ within: v.optional(limit, 60) });

type GuardArgs = v.InferOutput<typeof guardSchema>;

/** Options of {@linkcode guarded}. */
export interface GuardedOptions extends ActionOptions {
  /** Seconds, from before the first of them, in which the run must have come back: 60, unless told. */
  readonly within?: number;
  /** What the node does when the run did not come back, in this order; what fails ends it. */
  readonly undo: ActionList;
}

/** An action, or a list of them; what stands for nothing is left out. */
export type ActionList = Action | false | null | undefined | readonly ActionList[];

/** Begins guarded actions. The compiler hands it, by its standard input, the script that undoes them. */
export const guardAction: ActionDefinition<GuardArgs> = {
  kind: "guarded",
  schema: guardSchema,
  subject: () => "the line",
  describe: (args) => `changes, undone unless the run is back within ${args.within} s`,
  provides: () => [],
  needs: () => [],
  script: (args) => sh`pallet_guarded ${Math.ceil(args.within)}`,
  library: guardLibrary,
};

const keepSchema = object({});

/** Ends guarded actions: sent over another connection than they were. */
export const keepAction: ActionDefinition<v.InferOutput<typeof keepSchema>> = {
  kind: "keep",
  schema: keepSchema,
  subject: () => "the line",
  describe: () => "what was guarded",
  provides: () => [],
  needs: () => [],
  script: () => sh`pallet_keep`,
  library: guardLibrary,
};

/** Kinds that have a place of their own in a phase. */
const PLACED: readonly string[] = [guardAction.kind, keepAction.kind, rebootAction.kind];

/** Whether an action is one of those that stand around guarded ones. */
export function isGuard(action: { readonly kind: string; readonly undo?: true }): boolean {
  return action.undo === true || action.kind === guardAction.kind || action.kind === keepAction.kind;
}

function refuse(what: string, help: string): never {
  throw new PalletError(`Cannot guard actions: ${what}`, { kind: "infra", origin: callerOrigin(), help });
}

function listOf(value: unknown, what: string): readonly Action[] {
  const found: Action[] = [];
  for (const one of [value].flat(20)) {
    if (one === undefined || one === null || one === false) continue;
    if (!isAction(one)) {
      return refuse(
        `${what} must be actions, not ${preview(one)}`,
        "guarded(actions, { undo }) takes what functions such as remoteFile() return.",
      );
    }
    if (PLACED.includes(one.kind) || one.undo === true) {
      refuse(`a ${one.kind} action cannot be among ${what}`, "Let it stand before or after them.");
    }
    found.push(one);
  }
  return found;
}

function checkUndo(undo: readonly Action[]): void {
  if (undo.length === 0) refuse("there is nothing that would undo them", "Say how: undo: [...].");
  for (const { triggers, args } of undo) {
    if (triggers !== undefined) {
      refuse("what undoes them cannot be a reaction", "Let undo hold plain actions.");
    }
    if (args["capture"] !== undefined) {
      refuse("what undoes them cannot capture a value", "Nobody would be there to take it.");
    }
  }
}

/**
 * Changes that may cut the line to the node: firewall, sshd, network. The node undoes them by itself unless the run comes
 * back over a new connection in time and says that they may stay; also when the run was killed, and at once when one
 * of them fails. What was undone is told, and the phase has failed.
 *
 * @throws {PalletError} when there is no `undo`, for what is no action, and for an action that has to stand elsewhere.
 *
 * @example
 * ```ts
 * import { execScript, guarded, remoteFile, sh } from "pallet";
 *
 * guarded([
 *   remoteFile("/etc/nftables.conf", { content: "flush ruleset\n" }),
 *   execScript(sh`nft -f /etc/nftables.conf`),
 * ], {
 *   within: 30,
 *   undo: [execScript(sh`nft flush ruleset`)],
 * });
 * ```
 */
export function guarded(actions: ActionList, options: GuardedOptions): readonly Action[] {
  const { undo, within, id } = options;
  const inside = listOf(actions, "guarded actions");
  const undoing = listOf(undo, "what undoes them");
  checkUndo(undoing);
  if (inside.length === 0) return Object.freeze([]);
  const given = id === undefined ? {} : { id };
  const guard = makeAction(guardAction, { ...given, ...(within === undefined ? {} : { within }) });
  const keep = makeAction(keepAction, id === undefined ? {} : { id: `${id}:keep` });
  return Object.freeze([guard, ...undoing.map((one) => copyAction(one, { undo: true })), ...inside, keep]);
}
