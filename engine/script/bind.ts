// Deferred values of a plan become variables of its script.
import type { PlannedAction } from "../actions/action.ts";
import { PalletError } from "../errors.ts";
import { type DeferredSource, describeDeferred, replaceDeferred } from "../plan/deferred.ts";
import { quoteLiteral } from "./quote.ts";

/** Values captured so far: target, name, value. */
export type CapturedValues = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** What a plan's deferred values add to its script. */
export interface BoundValues {
  /** Bash of each action, tokens replaced by variables. */
  readonly bodies: readonly string[];
  /** Lines that set what is known already. */
  readonly assignments: readonly string[];
  /** For each action, lines that read what it captured, after it ran. */
  readonly takes: readonly (readonly string[])[];
  /** For each action, indexes of earlier ones that capture what it uses. */
  readonly needs: readonly (readonly number[])[];
}

/** Name under which an action's output is captured. */
export function captureOf(action: PlannedAction): string | undefined {
  const name = action.args["capture"];
  return typeof name === "string" ? name : undefined;
}

function keyOf(source: DeferredSource, target: string): string {
  return JSON.stringify(
    source.kind === "captured"
      ? ["captured", source.target ?? target, source.name]
      : ["attribute", source.target, source.attribute],
  );
}

function unknown(source: DeferredSource, action: PlannedAction): PalletError {
  const help = source.kind === "captured"
    ? "An earlier action of this plan, or of an earlier phase, must capture it."
    : "It is known once the node exists.";
  return new PalletError(
    `Cannot use ${describeDeferred(source)} in ${action.id}: nothing before it provides it`,
    {
      kind: "infra",
      help,
      origin: action.origin,
    },
  );
}

/**
 * Replaces the tokens in bash of a plan's actions.
 *
 * @throws {PalletError} for a value that neither an earlier action nor an earlier script provides.
 */
export function bindValues(
  actions: readonly PlannedAction[],
  texts: readonly string[],
  known: { readonly target: string; readonly captured: CapturedValues },
): BoundValues {
  const variables = new Map<string, string>();
  const assignments: string[] = [];
  const takes: string[][] = actions.map(() => []);
  const needs: number[][] = actions.map(() => []);

  const variableOf = (source: DeferredSource): string => {
    const key = keyOf(source, known.target);
    const existing = variables.get(key);
    if (existing !== undefined) return existing;
    const variable = `pallet_value_${variables.size + 1}`;
    variables.set(key, variable);
    const value = source.kind === "captured"
      ? known.captured[source.target ?? known.target]?.[source.name]
      : undefined;
    if (value !== undefined) assignments.push(`${variable}=${quoteLiteral(value)}`);
    actions.forEach((action, index) => {
      const own = source.kind === "captured" && (source.target ?? known.target) === known.target;
      if (own && captureOf(action) === source.name) takes[index]?.push(`pallet_take ${index} ${variable}`);
    });
    return variable;
  };

  const bodies = actions.map((action, index) => {
    const checks = new Set<string>();
    const body = replaceDeferred(texts[index] ?? "", (source) => {
      const own = source.kind === "captured" && (source.target ?? known.target) === known.target;
      const before = own
        ? actions.slice(0, index).flatMap((other, at) => captureOf(other) === source.name ? [at] : [])
        : [];
      const value = source.kind === "captured"
        ? known.captured[source.target ?? known.target]?.[source.name]
        : undefined;
      if (before.length === 0 && value === undefined) throw unknown(source, action);
      needs[index]?.push(...before);
      const variable = variableOf(source);
      checks.add(`pallet_known ${variable} ${quoteLiteral(describeDeferred(source))}\n`);
      return `\${${variable}}`;
    });
    return [...checks, body].join("");
  });
  return { bodies, assignments, takes, needs };
}
