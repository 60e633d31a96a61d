// Proofs that actions have nothing to do, and what they look at; `look.sh` is the other half of it.
import type { PlannedAction } from "../actions/action.ts";
import type { ActionDefinition, Looks, Proof } from "../actions/definition.ts";
import { hasDeferred } from "../plan/deferred.ts";
import type { Facts } from "../spec/node.ts";
import { quoteLiteral } from "./quote.ts";

const LOOKS = ["paths", "files", "users", "groups", "packages"] as const satisfies readonly (keyof Looks)[];

/** Names with a line end are not looked at: what is read of many is a line each. */
function isPlain(looks: Looks): boolean {
  return LOOKS.every((kind) => !looks[kind]?.some((name) => /\p{Cc}/u.test(name)));
}

/** Lists of what the proofs look at, each name once. */
export function lookedAt(proofs: readonly Proof[]): readonly string[] {
  return LOOKS.flatMap((kind) => {
    const names = [...new Set(proofs.flatMap(({ looks }) => looks[kind] ?? []))];
    return names.length === 0 ? [] : [`pallet_${kind}=(${names.map(quoteLiteral).join(" ")})`];
  });
}

/** An action's proof, where it has one. */
export function proofOf(
  action: PlannedAction,
  definition: ActionDefinition,
  facts: Facts,
): Proof | undefined {
  // What is known only later may be a secret, or not come.
  if (hasDeferred(JSON.stringify(action.args))) return undefined;
  const proof = definition.proof?.(action.args, facts);
  return proof !== undefined && isPlain(proof.looks) ? proof : undefined;
}
