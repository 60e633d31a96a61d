// Deferred values of a plan become variables of its script.
import type { PlannedAction } from "../actions/action.ts";
import { PalletError } from "../errors.ts";
import { type DeferredSource, describeDeferred, pieces } from "../plan/deferred.ts";
import { quoteLiteral } from "./quote.ts";
import { BashReader } from "./reader.ts";

/** Values captured so far: target, name, value. */
export type CapturedValues = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** What decides which values are known. */
export interface KnownValues {
  /** Target whose script it is. */
  readonly target: string;
  /** Captured by earlier scripts. */
  readonly captured: CapturedValues;
  /** Shows in words what nothing provides, in a script that is only read. */
  readonly display?: boolean;
}

/** What deferred values make of an action's bash. */
export interface Bound {
  /** Its bash, tokens replaced by variables. */
  readonly body: string;
  /** Lines that refuse to run it without the values that it uses, and keep secrets from being seen. */
  readonly checks: readonly string[];
  /** Lines that read what it captured, after it ran. */
  readonly takes: readonly string[];
  /** Indexes of earlier actions that capture what it uses. */
  readonly needs: readonly number[];
}

/** What a plan's deferred values add to its script. */
export interface BoundValues<A> {
  /** Each action with what they make of it. */
  readonly actions: readonly (A & Bound)[];
  /** Lines that declare the variables, and set what is known already. */
  readonly assignments: readonly string[];
}

/** Name under which an action's output is captured. */
function captureOf(action: PlannedAction): string | undefined {
  const name = action.args["capture"];
  return typeof name === "string" ? name : undefined;
}

function refuse(source: DeferredSource, action: PlannedAction, why: string, help: string): never {
  throw new PalletError(`Cannot use ${describeDeferred(source)} in ${action.id}: ${why}`, {
    kind: "infra",
    help,
    origin: action.origin,
  });
}

/** A variable's reference at a place in bash, so that its value stays text there. */
function reference(
  variable: string,
  source: DeferredSource,
  action: PlannedAction,
  reader: BashReader,
): string {
  const place = reader.place;
  switch (place) {
    case "word":
      reader.skipWord();
      return `"\${${variable}}"`;
    case "double quotes":
    case "${...}":
    case "arithmetic":
    case "a here-document":
      return `\${${variable}}`;
    case "single quotes":
      return `'"\${${variable}}"'`;
    case "$'...' quotes":
      return `'"\${${variable}}"$'`;
    case "a comment":
      return variable;
    default:
      return refuse(
        source,
        action,
        `it stands in ${place}`,
        "Assign it to a variable first, and use that there.",
      );
  }
}

/** The variables of one script. */
class Variables {
  /** Variables of secrets by their names, in the order in which they were first used. */
  readonly secrets = new Map<string, string>();
  readonly #assignments: string[] = [];
  readonly #takes: string[][];
  readonly #names = new Map<string, string>();

  constructor(readonly actions: readonly PlannedAction[], readonly known: KnownValues) {
    this.#takes = actions.map(() => []);
  }

  /** Lines that read what an action captured, once all actions were looked at. */
  takes(index: number): readonly string[] {
    return this.#takes[index] ?? [];
  }

  /** Indexes of the actions that capture a value on the script's own target. */
  capturing(source: DeferredSource): readonly number[] {
    if (source.kind !== "captured" || (source.target ?? this.known.target) !== this.known.target) return [];
    return this.actions.flatMap((action, index) => captureOf(action) === source.name ? [index] : []);
  }

  /** Whether a value is there before the script begins; of a script that is only read, all are. */
  isKnown(source: DeferredSource): boolean {
    return source.kind === "secret" || this.known.display === true || this.#value(source) !== undefined;
  }

  #value(source: DeferredSource): string | undefined {
    if (source.kind !== "captured") return undefined;
    return this.known.captured[source.target ?? this.known.target]?.[source.name];
  }

  /** The name of a value's variable; what sets it is noted the first time. */
  name(source: DeferredSource): string {
    const whose = source.kind === "secret" ? "" : source.target ?? this.known.target;
    const what = source.kind === "attribute" ? source.attribute : source.name;
    const key = JSON.stringify([source.kind, whose, what]);
    const existing = this.#names.get(key);
    if (existing !== undefined) return existing;
    const name = `pallet_value_${this.#names.size + 1}`;
    this.#names.set(key, name);
    if (source.kind === "secret") {
      this.secrets.set(source.name, name);
      return name;
    }
    const capturing = this.capturing(source);
    const shown = this.known.display === true && capturing.length === 0
      ? `<${describeDeferred(source)}>`
      : undefined;
    const value = this.#value(source) ?? shown;
    this.#assignments.push(value === undefined ? `declare ${name}` : `${name}=${quoteLiteral(value)}`);
    for (const index of capturing) this.#takes[index]?.push(`pallet_take ${index} ${name}`);
    return name;
  }

  /** Lines that declare the variables, and set what is known already. */
  get assignments(): readonly string[] {
    if (this.secrets.size === 0) return this.#assignments;
    const taken = [...this.secrets].map(([name, variable]) => `${variable} ${quoteLiteral(name)}`);
    // Values of secrets come beside the script, so that it holds none and stays the same when they change.
    const lines = [`declare ${[...this.secrets.values()].join(" ")}`, `pallet_secrets ${taken.join(" ")}`];
    return [...lines, ...this.#assignments];
  }
}

/**
 * Replaces the tokens in the bash of a plan's actions.
 *
 * @throws {PalletError} for a value that neither an earlier action nor an earlier script provides, and for one at a
 * place where bash has no way to put a variable.
 */
export function bindValues<A extends { readonly action: PlannedAction; readonly text: string }>(
  actions: readonly A[],
  known: KnownValues,
): BoundValues<A> {
  const variables = new Variables(actions.map(({ action }) => action), known);
  const bound = actions.map((one, index) => ({ ...one, ...bind(one.action, one.text, index, variables) }));
  return {
    actions: bound.map((one, index) => ({ ...one, takes: variables.takes(index) })),
    assignments: variables.assignments,
  };
}

/** Replaces the tokens in one action's bash. */
function bind(
  action: PlannedAction,
  text: string,
  index: number,
  variables: Variables,
): Omit<Bound, "takes"> {
  const reader = new BashReader();
  const used = new Map<string, DeferredSource>();
  const needed = new Set<number>();
  const body = pieces(text).map((piece, position, all) => {
    if ("literal" in piece) {
      // Behind the last token nothing need be followed.
      if (position < all.length - 1) reader.read(piece.literal);
      return piece.literal;
    }
    const { source } = piece;
    const before = variables.capturing(source).filter((at) => at < index);
    if (before.length === 0 && !variables.isKnown(source)) {
      const help = source.kind === "captured"
        ? "An earlier action of this plan, or of an earlier phase, must capture it."
        : "It is known once the node exists.";
      refuse(source, action, "nothing before it provides it", help);
    }
    for (const at of before) needed.add(at);
    const name = variables.name(source);
    used.set(name, source);
    return reference(name, source, action, reader);
  }).join("");
  const [secrets, others] = [[...used].filter(isSecret), [...used].filter((one) => !isSecret(one))];
  return {
    body,
    needs: [...needed],
    checks: [
      ...secrets.length > 0 ? ["pallet_hide"] : [],
      ...others.map(([name, source]) => `pallet_known ${name} ${quoteLiteral(describeDeferred(source))}`),
    ],
  };
}

function isSecret([, source]: readonly [string, DeferredSource]): boolean {
  return source.kind === "secret";
}
