import { createHash } from "node:crypto";
import type { PlannedAction } from "../actions/action.ts";
import { type ActionDefinition, type BlobReference, libraryOf } from "../actions/definition.ts";
import { formatOrigin, PalletError } from "../errors.ts";
import type { JsonObject } from "../json.ts";
import type { Facts } from "../spec/node.ts";
import { describeDeferred, replaceDeferred } from "../plan/deferred.ts";
import { bindValues, type CapturedValues } from "./bind.ts";
import { quoteLiteral } from "./quote.ts";
import { pairReactions } from "./reactions.ts";
import { runtimeFor } from "./runtime.ts";
import type { CompiledScript, ScriptId } from "./types.ts";

/** Bash of an action: its own text, and functions that it calls, included once a script. */
export interface ActionBash {
  readonly text: string;
  readonly library: readonly string[];
}

/** All that a compiled script depends on. Nothing else goes into its text. */
export interface CompileRequest {
  readonly actions: readonly PlannedAction[];
  readonly facts: Facts;
  /** The environment of the target's group. */
  readonly environment: JsonObject;
  readonly group: string;
  readonly phase: string;
  /** Only asks what would change. */
  readonly check: boolean;
  /** Values captured before this script, by target and name. */
  readonly captured: CapturedValues;
  /** The target's name, for captured values of its own. */
  readonly target: string;
  readonly definitions: ReadonlyMap<string, ActionDefinition>;
  /** Bash of actions whose definition lives in a crate, by action id. */
  readonly crateScripts?: ReadonlyMap<string, ActionBash>;
}

/** Text on one line, whatever it holds: a comment must end where its line ends. */
function oneLine(text: string): string {
  return replaceDeferred(text, (source) => `<${describeDeferred(source)}>`)
    .replaceAll(/[\p{C}\u2028\u2029]/gu, (char) => `\\u{${char.codePointAt(0)?.toString(16)}}`);
}

function bashOf(action: PlannedAction, request: CompileRequest): ActionBash {
  const foreign = request.crateScripts?.get(action.id);
  if (foreign !== undefined) return foreign;
  const definition = request.definitions.get(action.kind);
  if (definition === undefined) {
    throw new PalletError(`Cannot compile action ${action.id}: there is no action of kind "${action.kind}"`, {
      kind: "internal",
      origin: action.origin,
    });
  }
  const { text } = definition.script(action.args, request.facts, { environment: request.environment });
  return { text, library: libraryOf(definition) };
}

function blobsOf(request: CompileRequest): readonly BlobReference[] {
  const blobs = new Map<string, BlobReference>();
  for (const action of request.actions) {
    for (const blob of request.definitions.get(action.kind)?.blobs?.(action.args) ?? []) {
      blobs.set(blob.sha256, blob);
    }
  }
  return [...blobs.values()];
}

/** Indexes of ids among the actions before one. */
function earlier(
  ids: readonly string[],
  before: number,
  actions: readonly PlannedAction[],
): readonly number[] {
  return actions.slice(0, before).flatMap((action, index) => ids.includes(action.id) ? [index] : []);
}

function functionOf(action: PlannedAction, index: number, count: number, body: string): string {
  const place = oneLine(formatOrigin(action.origin));
  return `# action ${index + 1}/${count} ${oneLine(action.title)}  (${place})\n` +
    `pallet_action_${index}() {\n${body.trimEnd() === "" ? ":" : body}\n}\n`;
}

function header(request: CompileRequest): string {
  const { os } = request.facts;
  const what = `phase ${request.phase} of group ${request.group}`;
  const system = [os.id, os.version].filter((part) => part !== "").join(" ");
  const mode = request.check ? "check mode: nothing is changed" : "changes are made";
  return `#!/usr/bin/env bash\n# Pallet: ${oneLine(what)}, for ${oneLine(system)}; ${mode}.\n` +
    "# shellcheck disable=SC2317,SC2329 # actions are called by name\n";
}

/**
 * The text of a plan's script: the same for the same plan, facts and mode, with no run, node, time or randomness in it.
 *
 * @throws {PalletError} for a deferred value that nothing before its use provides, and for an action of unknown kind.
 */
export function scriptText(request: CompileRequest): string {
  const { actions } = request;
  const bash = actions.map((action) => bashOf(action, request));
  const values = bindValues(actions, bash.map(({ text }) => text), request);
  const libraries = [...new Set(bash.flatMap(({ library }) => library.map((part) => part.trim())))];
  const functions = actions.map((action, index) =>
    functionOf(action, index, actions.length, values.bodies[index] ?? "")
  );
  const reactions = pairReactions(request).map(({ reaction, trigger, marker, content }) =>
    `pallet_react ${reaction} ${trigger} ${marker} ${quoteLiteral(content)}`
  );
  const calls = actions.flatMap((action, index) => {
    const needed = new Set([...earlier(action.needs ?? [], index, actions), ...values.needs[index] ?? []]);
    const run = ["pallet_run", index, ...[...needed].toSorted((a, b) => a - b)].join(" ");
    return [run, ...values.takes[index] ?? []];
  });
  return [
    header(request),
    `pallet_check=${request.check ? 1 : 0}\n`,
    runtimeFor([...libraries, ...values.bodies].join("\n")),
    ...libraries.map((library) => `${library}\n`),
    ...functions,
    [`pallet_begin ${actions.length}`, ...values.assignments, ...reactions, ...calls].join("\n") + "\n",
  ].join("\n");
}

/**
 * A plan as one bash script for one target.
 *
 * @throws {PalletError} as {@linkcode scriptText}.
 */
export function compile(id: ScriptId, request: Omit<CompileRequest, "phase" | "target">): CompiledScript {
  const whole: CompileRequest = { ...request, phase: id.phase, target: id.target };
  const text = scriptText(whole);
  return {
    id,
    text,
    sha256: createHash("sha256").update(text).digest("hex"),
    actions: request.actions,
    blobs: blobsOf(whole),
    check: request.check,
  };
}
