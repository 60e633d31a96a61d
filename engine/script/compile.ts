import { createHash } from "node:crypto";
import type { PlannedAction } from "../actions/action.ts";
import type { BlobReference } from "../actions/contents.ts";
import { type ActionDefinition, libraryOf, type Proof } from "../actions/definition.ts";
import { formatOrigin, PalletError } from "../errors.ts";
import type { JsonObject } from "../json.ts";
import type { Facts } from "../spec/node.ts";
import { describeDeferred, replaceDeferred } from "../plan/deferred.ts";
import { bindValues, type Bound, type CapturedValues } from "./bind.ts";
import { inTurn, withUndo } from "./guards.ts";
import { keptApart, Libraries } from "./libraries.ts";
import { quoteLiteral } from "./quote.ts";
import { lookedAt, proofOf } from "./proofs.ts";
import { pairReactions } from "./reactions.ts";
import { runtimeFor } from "./runtime.ts";
import type { CompiledScript, ScriptId } from "./types.ts";

/** Bash of an action whose definition lives in a crate. */
export interface CrateScript {
  readonly text: string;
  /** Functions that it calls, included once a script. */
  readonly library: string | readonly string[];
}

/** Bash of an action, and whether it must be kept apart from the rest, as others wrote it. */
interface ActionBash {
  readonly text: string;
  readonly library: readonly string[];
  readonly foreign: boolean;
  readonly plain: boolean;
  readonly proof?: Proof;
}

/** All that a compiled script depends on. Nothing else goes into its text. */
export interface CompileRequest {
  readonly actions: readonly PlannedAction[];
  /** All actions of the phase, where it is cut into more than one script: reactions may react to those of others. */
  readonly plan?: readonly PlannedAction[];
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
  readonly crateScripts?: ReadonlyMap<string, CrateScript>;
  /** For people to read: values that nothing provides stand as words. */
  readonly display?: boolean;
}

/** Text on one line, whatever it holds: a comment must end where its line ends. */
function oneLine(text: string): string {
  return replaceDeferred(text, (source) => `<${describeDeferred(source)}>`)
    .replaceAll(/[\p{C}\u2028\u2029]/gu, (char) => `\\u{${char.codePointAt(0)?.toString(16)}}`);
}

function bashOf(action: PlannedAction, request: CompileRequest): ActionBash {
  const crate = request.crateScripts?.get(action.id);
  if (crate !== undefined) {
    return { text: crate.text, library: [crate.library].flat(), foreign: true, plain: false };
  }
  const definition = request.definitions.get(action.kind);
  if (definition === undefined) {
    throw new PalletError(`Cannot compile action ${action.id}: there is no action of kind "${action.kind}"`, {
      kind: "internal",
      origin: action.origin,
    });
  }
  const script = definition.script(action.args, request.facts, { environment: request.environment });
  const text = withUndo(
    action,
    script.text,
    request.actions,
    (undo) => scriptText({ ...request, actions: undo, plan: undo, check: false }),
  );
  const proof = proofOf(action, definition, request.facts);
  return {
    text,
    library: libraryOf(definition),
    foreign: false,
    plain: definition.plain?.(action.args) ?? false,
    ...(proof === undefined ? {} : { proof }),
  };
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

/** Places of a script's actions, by their ids. */
type Indexes = ReadonlyMap<string, number>;

/** An action with its bash, as it is bound to the values of its script. */
type Part = ActionBash & Bound & { readonly action: PlannedAction };

/** Bash functions of an action: it, and its proof. */
function functionsOf(part: Part, index: number, count: number, libraries: Libraries): string {
  const { action, body, foreign, plain, checks, proof } = part;
  const place = oneLine(formatOrigin(action.origin));
  const lines = [
    ...plain ? [] : ["LC_ALL=$LANG"],
    ...checks,
    ...libraries.add(part),
    foreign ? keptApart(body, `ACTION_${index + 1}`) : body.trim() === "" ? ":" : body,
  ].map((line) => line.includes("\n") ? line : `  ${line}`);
  return [
    `# action ${index + 1}/${count} ${oneLine(action.title)}  (${place})`,
    `pallet_action_${index}() {`,
    ...lines,
    "}",
    ...proof === undefined ? [] : [`pallet_proof_${index}() {`, `  ${proof.bash.text}`, "}"],
    "",
  ].join("\n");
}

/** Lines that run an action: which earlier ones it needs, and what it captured. */
function callsOf({ action, needs, takes }: Part, index: number, indexes: Indexes): readonly string[] {
  const planned = (action.needs ?? []).flatMap((id) => indexes.get(id) ?? []).filter((at) => at < index);
  const needed = new Set([...planned, ...needs]);
  return [["pallet_run", index, ...[...needed].toSorted((a, b) => a - b)].join(" "), ...takes];
}

/** Lines that tell of reactions that are, or whose triggers are, among a script's actions; `-` stands for another's. */
function reactionsIn(indexes: Indexes, request: CompileRequest): readonly string[] {
  const plan = inTurn(request.plan ?? request.actions);
  const place = (at: number) => indexes.get(plan[at]?.id ?? "");
  return pairReactions({ ...request, actions: plan }).flatMap((one) => {
    const [reaction, trigger] = [place(one.reaction), place(one.trigger)];
    if (reaction === undefined && trigger === undefined) return [];
    return `pallet_react ${reaction ?? "-"} ${trigger ?? "-"} ${one.marker} ${quoteLiteral(one.content)}`;
  });
}

function header(request: CompileRequest): string {
  const { os } = request.facts;
  const what = `phase ${request.phase} of group ${request.group}`;
  const system = [os.id, os.version].filter((part) => part !== "").join(" ");
  const mode = request.check ? "check mode: nothing is changed" : "changes are made";
  return `#!/usr/bin/env bash\n# Pallet: ${oneLine(what)}, for ${oneLine(system)}; ${mode}.\n` +
    "# shellcheck disable=SC2317,SC2329 # actions are called by name\n" +
    "# shellcheck disable=SC2016 # a text that holds $ is a text\n";
}

/**
 * The text of a plan's script as `explain` shows it: values that are not known yet stand as words in it.
 *
 * @throws {PalletError} for an action of unknown kind.
 */
export function explainScript(request: CompileRequest): string {
  return scriptText({ ...request, display: true });
}

/**
 * The text of a plan's script: the same for the same plan, facts and mode, with no run, node, time or randomness in it.
 *
 * @throws {PalletError} for a deferred value that nothing before its use provides, and for an action of unknown kind.
 */
export function scriptText(request: CompileRequest): string {
  const actions = inTurn(request.actions);
  const { actions: parts, assignments } = bindValues(
    actions.map((action) => ({ action, ...bashOf(action, request) })),
    request,
  );
  const indexes: Indexes = new Map(actions.map(({ id }, index) => [id, index]));
  const libraries = new Libraries();
  const functions = parts.map((part, index) => functionsOf(part, index, parts.length, libraries));
  const program = [
    ...assignments,
    ...lookedAt(parts.flatMap(({ proof }) => proof ?? [])),
    ...reactionsIn(indexes, request),
    ...parts.flatMap((part, index) => callsOf(part, index, indexes)),
  ].map((line) => `${line}\n`).join("");
  // It begins before anything that others wrote is parsed: whatever bash makes of that, there is a last record.
  const begin = `pallet_check=${request.check ? 1 : 0}\npallet_begin ${actions.length}\n`;
  const pieces = [begin, ...libraries.texts, ...functions, program];
  return [header(request), runtimeFor(pieces.join("\n")), ...pieces].join("\n");
}

/**
 * A plan as one bash script for one target. Pure: the same request gives the same bytes.
 *
 * @throws {PalletError} as {@linkcode scriptText}.
 *
 * @example
 * ```ts
 * import { compile } from "./compile.ts";
 *
 * const os = { id: "debian", family: "debian", version: "12", codename: "bookworm" };
 * const script = compile({ run: "1", target: "web-1", phase: "configure", segment: 0 }, {
 *   actions: [],
 *   facts: { os, arch: "x86_64", packager: "apt", init: "systemd", hostname: "", addresses: [], bootId: "", source: "image" },
 *   environment: {},
 *   group: "web",
 *   check: false,
 *   captured: {},
 *   definitions: new Map(),
 * });
 * console.assert(script.text.startsWith("#!"));
 * ```
 */
export function compile(id: ScriptId, request: Omit<CompileRequest, "phase" | "target">): CompiledScript {
  const whole: CompileRequest = { ...request, phase: id.phase, target: id.target };
  const text = scriptText(whole);
  return {
    id,
    text,
    sha256: createHash("sha256").update(text).digest("hex"),
    actions: inTurn(request.actions),
    blobs: blobsOf(whole),
    check: request.check,
  };
}
