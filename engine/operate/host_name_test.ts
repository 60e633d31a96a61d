import assert from "node:assert/strict";
import type { Target } from "../spec/node.ts";
import { afterNaming, namingActions } from "./host_name.ts";
import type { TargetReport } from "./results.ts";

const os = { id: "debian", family: "debian", version: "12", codename: "bookworm" };
const told = {
  arch: "x86_64",
  packager: "apt",
  init: "systemd",
  hostname: "box",
  addresses: [],
  bootId: "b",
};
const node = { id: "1", name: "web-1", service: "s", provider: "p", state: "running", tags: {} } as const;
const target: Target = {
  name: "web-1",
  groups: ["web"],
  planned: false,
  node: { ...node, unnamed: true },
  facts: { os, ...told, source: "node" },
};

Deno.test("a node is named whose provider could not, and known by its name from then on", () => {
  assert.deepEqual(namingActions(target).map(({ id }) => id), ["pallet:host-name"]);
  assert.deepEqual(namingActions({ ...target, node }), []);
  const after = (id: string, result: string) => {
    const report = { actions: [{ id, result }] } as unknown as TargetReport;
    return afterNaming(target, report).facts?.hostname;
  };
  assert.equal(after("pallet:host-name", "changed"), "web-1");
  assert.equal(after("pallet:host-name", "skipped"), "box");
  assert.equal(after("directory:/srv", "changed"), "box");
});
