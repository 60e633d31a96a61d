import { PalletError } from "../errors.ts";
import type { Node } from "../spec/node.ts";

/** @throws {PalletError} when no node is given: nothing is never everything. */
export function needSome(nodes: readonly Node[], what: string): void {
  if (nodes.length > 0) return;
  throw new PalletError(`Cannot ${what} nodes: none was given`, { kind: "provider" });
}
