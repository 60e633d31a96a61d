// What tests of operations share: what ran on a stage, in which order, and how it is held up.
import assert from "node:assert/strict";
import type { Stage } from "../../tests/support/stage.ts";
import { directory } from "../actions/list.ts";

/** A phase that does something. */
export const configure = { configure: () => directory("/srv/configure") };

/** How scripts began and ended: `begin web-1 configure`, `end web-1 configure`. */
export function ran(stage: Stage): readonly string[] {
  return stage.transport.log.filter((line) => /^(begin|end) /.test(line));
}

/** What ran, as `web-1 configure`, in the order it began. */
export function began(stage: Stage): readonly string[] {
  return stage.transport.log.filter((line) => line.startsWith("begin ")).map((line) => line.slice(6));
}

/** Nodes that are there from the beginning, each of the group that its name tells. */
export function have(stage: Stage, ...names: readonly string[]): void {
  for (const name of names) stage.provider.have(name, name.replace(/-\d+$/, ""));
}

/** A promise and what fulfils it. */
export function gate(): { readonly wait: Promise<void>; readonly open: () => void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { wait: promise, open: resolve };
}

/** Waits until something holds. */
export async function until(condition: () => boolean): Promise<void> {
  for (let at = 0; at < 400 && !condition(); at++) await new Promise((resolve) => setTimeout(resolve, 5));
  assert.ok(condition());
}
