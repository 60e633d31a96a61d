// Captured values before anything runs: whether each that is used will have been provided.
import type { PlannedAction } from "../actions/action.ts";
import { PalletError } from "../errors.ts";
import type { Json } from "../json.ts";
import { type DeferredSource, describeDeferred, pieces } from "../plan/deferred.ts";
import { didYouMean } from "../suggest.ts";
import type { MadePlan } from "./actions.ts";

function sourcesIn(value: Json | undefined): readonly DeferredSource[] {
  if (typeof value === "string") {
    return pieces(value).flatMap((piece) => "source" in piece ? [piece.source] : []);
  }
  if (typeof value !== "object" || value === null) return [];
  return Object.values(value).flatMap(sourcesIn);
}

function captureOf(action: PlannedAction): readonly string[] {
  if (action.undo === true) return [];
  const name = action.args["capture"];
  return typeof name === "string" ? [name] : [];
}

function refuse(source: DeferredSource, action: PlannedAction, known: readonly string[]): never {
  const name = source.kind === "captured" ? source.name : "";
  const names = known.length === 0
    ? "Nothing is captured before it."
    : `Captured by then: ${known.join(", ")}.`;
  throw new PalletError(
    `Cannot use ${describeDeferred(source)} in ${action.id}: nothing before it provides it.${
      didYouMean(name, known)
    }`,
    {
      kind: "infra",
      help: `An earlier action of this plan, or of an earlier phase, must capture it. ${names}`,
      origin: action.origin,
    },
  );
}

/** Names that a run's plans capture, by target, as far as they were made. */
export class Captures {
  readonly #byTarget = new Map<string, Set<string>>();

  #of(target: string): Set<string> {
    const names = this.#byTarget.get(target) ?? new Set();
    this.#byTarget.set(target, names);
    return names;
  }

  /**
   * Takes in the plans of one phase.
   *
   * @param unplanned Whether a target has plans that could not be made yet: what it captures is not known.
   * @throws {PalletError} of kind `infra` for a value that nothing provides before it is used.
   */
  add(plans: readonly MadePlan[], unplanned: (target: string) => boolean): void {
    const later = new Map(plans.map((plan) => [plan.target, new Set(plan.actions.flatMap(captureOf))]));
    for (const { target, actions } of plans) {
      const own = new Set(this.#of(target));
      for (const action of actions) {
        for (const source of sourcesIn(action.args)) {
          if (source.kind !== "captured") continue;
          const whose = source.target ?? target;
          // Another target of the phase may run before this one.
          const known = whose === target ? own : new Set([...this.#of(whose), ...later.get(whose) ?? []]);
          if (!known.has(source.name) && !unplanned(whose)) refuse(source, action, [...known]);
        }
        captureOf(action).forEach((name) => own.add(name));
      }
    }
    for (const [target, names] of later) names.forEach((name) => this.#of(target).add(name));
  }
}
