// Actions in throwaway roots: planned, compiled and run as a phase of one target would be.
import type { Action, PlannedAction } from "../../engine/actions/action.ts";
import { definitionOf } from "../../engine/actions/define.ts";
import type { ActionDefinition } from "../../engine/actions/definition.ts";
import { definitions } from "../../engine/actions/list.ts";
import type { LocalFiles } from "../../engine/actions/contents.ts";
import { prepareAction } from "../../engine/actions/prepare.ts";
import { satisfies } from "../../engine/actions/things.ts";
import { defaultId, titleOf } from "../../engine/actions/words.ts";
import type { JsonObject } from "../../engine/json.ts";
import { compile } from "../../engine/script/compile.ts";
import type { CompiledScript } from "../../engine/script/types.ts";
import type { Facts } from "../../engine/spec/node.ts";
import type { ActionOutcome, ScriptOutcome, ThrowawayRoot } from "./throwaway.ts";
import { whyNoThrowawayRoot } from "./throwaway.ts";

/** How {@linkcode compileActions} compiles. */
export interface CompileOptions {
  readonly check?: boolean;
  readonly environment?: JsonObject;
  readonly captured?: Readonly<Record<string, string>>;
  /** Facts to compile by, in place of the root's own. */
  readonly facts?: Facts;
  /** Files of the workstation; without them an action that wants one fails. */
  readonly files?: LocalFiles;
}

const noFiles: LocalFiles = {
  open: (path) => Promise.reject(new Error(`No local file is given: ${path}`)),
};

function definitionFor(action: Action): ActionDefinition {
  const definition = definitionOf(action) ?? definitions.get(action.kind);
  if (definition === undefined) throw new Error(`No definition of ${action.kind}`);
  return definition;
}

/** Actions in their places in a plan, with ids and needs. */
export function planned(actions: readonly Action[]): readonly PlannedAction[] {
  return actions.map((action, at): PlannedAction => {
    const definition = definitionFor(action);
    const needed = definition.needs(action.args);
    const needs = actions.slice(0, at).flatMap((earlier, index) => {
      const provided = definitionFor(earlier).provides(earlier.args);
      const wanted = needed.some((need) => provided.some((thing) => satisfies(thing, need)));
      return wanted ? [idOf(earlier, index)] : [];
    });
    return {
      kind: action.kind,
      args: action.args,
      id: idOf(action, at),
      origin: { file: "infra.ts", line: at + 1, column: 1 },
      title: titleOf(definition, action.args),
      needs,
    };
  });
}

function idOf(action: Action, at: number): string {
  return action.id ?? `${defaultId(definitionFor(action), action)}@${at + 1}`;
}

/** The script of a phase with these actions. */
export async function compileActions(
  actions: readonly Action[],
  facts: Facts,
  options: CompileOptions = {},
): Promise<CompiledScript> {
  const plan = await Promise.all(
    planned(actions).map((action, at) => {
      const made = actions[at];
      if (made === undefined) throw new Error("No such action");
      return prepareAction(action, definitionFor(made), options.files ?? noFiles);
    }),
  );
  return compile({ run: "run", target: "web-1", phase: "configure", segment: 0 }, {
    actions: plan,
    facts,
    environment: options.environment ?? {},
    group: "web",
    check: options.check ?? false,
    captured: options.captured === undefined ? {} : { "web-1": options.captured },
    definitions: new Map(actions.map((action) => [action.kind, definitionFor(action)])),
  });
}

/** Runs actions as one script; blobs are put into the root before it. */
export async function runActions(
  root: ThrowawayRoot,
  actions: readonly Action[],
  options: CompileOptions = {},
): Promise<ScriptOutcome> {
  const script = await compileActions(actions, options.facts ?? root.facts, options);
  for (const blob of script.blobs) {
    const folder = `${root.path}/var/lib/pallet/blobs`;
    await Deno.mkdir(folder, { recursive: true, mode: 0o700 });
    await Deno.copyFile(blob.path, `${folder}/${blob.sha256}`);
  }
  return await root.runScript(script);
}

/** Runs one action and returns what it reported. */
export async function runAction(
  root: ThrowawayRoot,
  action: Action,
  options: CompileOptions = {},
): Promise<ActionOutcome> {
  const outcome = await runActions(root, [action], options);
  const [result] = outcome.results;
  if (result === undefined) throw new Error(`The script ended without a result: ${outcome.output}`);
  return result;
}

/** Runs one action twice and returns both results, with the reason when one failed. */
export async function twice(
  root: ThrowawayRoot,
  action: Action,
  options: CompileOptions = {},
): Promise<readonly string[]> {
  const results: string[] = [];
  for (let time = 0; time < 2; time++) {
    const { result, message } = await runAction(root, action, options);
    results.push(result === "failed" ? `failed: ${message}` : result);
  }
  return results;
}

/** What each of some actions answers as one script: its message, or its result; the output where nothing ran. */
export async function answers(
  root: ThrowawayRoot,
  actions: readonly Action[],
  check = false,
): Promise<readonly string[]> {
  const { results, output } = await runActions(root, actions, { check });
  return results.length === 0 ? [output] : results.map(({ result, message }) => message ?? result);
}

/** What a command prints in a root. */
export async function out(root: ThrowawayRoot, command: string): Promise<string> {
  return (await root.bash(command)).stdout;
}

/** Names that break scripts which do not quote: for paths, and, without slashes in them, for everything else. */
export const hostileNames: readonly string[] = [
  "two words",
  'it\'s "quoted"',
  "$(touch owned)",
  "`touch owned`",
  "-rf",
  "+plus",
  "new\nline",
  "trailing newline\n",
  "back\\slash",
  "*?[a-z]{x,y}~!#&;|<>",
  "@sha256",
  "ünïcödé ☃ 日本",
  "%s%n$HOME",
];

/** Whether one of the {@linkcode hostileNames} was run as a command. */
export async function wasOwned(root: ThrowawayRoot): Promise<boolean> {
  return (await root.bash("[[ -e /owned || -e /root/owned || -e /srv/owned || -e /tmp/owned ]]")).code === 0;
}

/** Whether throwaway roots cannot be made here; says why, once for a test file. */
export async function noRoots(): Promise<boolean> {
  const why = await whyNoThrowawayRoot();
  if (why !== undefined) console.log(`Ignored: ${why}`);
  return why !== undefined;
}
