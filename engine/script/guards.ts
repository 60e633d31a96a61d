// Guarded actions in a script: the script within it that undoes them.
import type { PlannedAction } from "../actions/action.ts";
import { guardAction } from "../actions/guarded.ts";
import { quoteLiteral } from "./quote.ts";

/** Actions that run in their turn, in the order in which a script's records speak of them. */
export function inTurn(actions: readonly PlannedAction[]): readonly PlannedAction[] {
  return actions.filter((action) => action.undo !== true);
}

/** The actions that undo what a guard guards: those that stand right behind it. */
function undoOf(guard: PlannedAction, actions: readonly PlannedAction[]): readonly PlannedAction[] {
  const behind = actions.slice(actions.indexOf(guard) + 1);
  const end = behind.findIndex((action) => action.undo !== true);
  return (end < 0 ? behind : behind.slice(0, end)).map(({ undo: _, ...action }) => action);
}

/**
 * Bash of an action, with what a guard needs besides: titles of the actions that undo, and their script as a
 * here-document.
 *
 * @param compile Makes the script of the actions that undo.
 */
export function withUndo(
  action: PlannedAction,
  text: string,
  actions: readonly PlannedAction[],
  compile: (undo: readonly PlannedAction[]) => string,
): string {
  if (action.kind !== guardAction.kind) return text;
  const undo = undoOf(action, actions);
  const script = compile(undo);
  const lines = new Set(script.split("\n"));
  let end = "END_OF_UNDO";
  while (lines.has(end)) end += "_";
  const titles = undo.map(({ title }) => quoteLiteral(title.replace(/^undo: /, "")));
  return `${[text, ...titles].join(" ")} <<'${end}'\n${script.replace(/\n$/, "")}\n${end}`;
}
