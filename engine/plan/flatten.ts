// What phases return, made flat.
import { type Origin, PalletError } from "../errors.ts";
import { preview } from "../schema.ts";

/** Most actions that a phase may have for one target. */
export const MAX_ACTIONS = 10_000;

/** Lists are nested for order, not for depth. */
const DEPTH = 100;

/** Whose result it is, for messages. */
export interface ResultOf {
  readonly phase: string;
  readonly origin: Origin;
}

function refuse(of: ResultOf, message: string, help: string): never {
  throw new PalletError(`Phase "${of.phase}" ${message}`, { kind: "infra", origin: of.origin, help });
}

const TAKES = "A phase returns actions, lists of them, or nothing.";

/** Whether something can be awaited. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null && typeof Reflect.get(value, "then") === "function";
}

function describe(value: unknown): string {
  if (typeof value === "function") return "a function";
  return isThenable(value) ? "a promise inside a list" : preview(value);
}

function helpFor(value: unknown): string {
  if (typeof value === "function") return `${TAKES} Was it meant to be called?`;
  return isThenable(value) ? `${TAKES} Await promises before they are put into a list.` : TAKES;
}

/**
 * The objects in a phase's result, in order; what stands for nothing (`null`, `undefined`, `false`) is left out.
 *
 * @param already How many earlier parts of the phase have given.
 * @throws {PalletError} of kind `infra` for anything else, for a list that holds itself, and for more than `limit`.
 */
export function flatten(result: unknown, of: ResultOf, limit: number, already = 0): readonly object[] {
  const found: object[] = [];
  const open = new Set<unknown>();
  let visited = 0;
  const visit = (value: unknown): void => {
    if (++visited > limit * 10) refuse(of, `returned more than ${limit * 10} values`, TAKES);
    if (value === null || value === undefined || value === false) return;
    if (Array.isArray(value)) {
      if (open.has(value)) refuse(of, "returned a list that holds itself", TAKES);
      if (open.size >= DEPTH) refuse(of, `returned lists nested more than ${DEPTH} deep`, TAKES);
      open.add(value);
      for (let index = 0; index < value.length; index++) visit(value[index]);
      open.delete(value);
      return;
    }
    if (typeof value !== "object" || isThenable(value)) {
      refuse(of, `returned ${describe(value)}, which is no action`, helpFor(value));
    }
    if (already + found.length >= limit) {
      refuse(
        of,
        `has more than ${limit} actions for one target`,
        "Do it in one script, or in several phases.",
      );
    }
    found.push(value);
  };
  visit(result);
  return found;
}
