import assert from "node:assert/strict";
import { labSizes, limitsOf, namedSizeProblems } from "./sizes.ts";

const machine = { cores: 2, ram: 1024, arch: "x86_64" };
const model = (id: string, more: object) => ({
  id,
  provider: {},
  origin: "pallet.yaml:3:5",
  shadows: [],
  ...more,
});
const models = [
  model("small", { cores: 1, ram: 256, shadows: ["config.yaml:2:3"] }),
  model("machine", { ram: 512 }),
  model("huge", { cores: 64 }),
  model("wide", { disk: 20 }),
];

Deno.test("labSizes() has the configuration's sizes first, each with what it hides", () => {
  const sizes = labSizes(models, machine);
  assert.deepEqual(sizes.map(({ id, cores, ram }) => [id, cores, ram]), [
    ["small", 1, 256],
    ["machine", 2, 512],
    ["huge", 64, 1024],
    ["wide", 2, 1024],
  ]);
  assert.deepEqual(sizes.map(({ shadows }) => shadows), [
    ["config.yaml:2:3"],
    ["this machine"],
    undefined,
    undefined,
  ]);
  assert.deepEqual(labSizes([], machine).map(({ id }) => id), ["machine"]);
});

Deno.test("a node is limited to the size that its spec names, else to the least that it asks for", () => {
  assert.deepEqual(limitsOf({ hardwareId: "small" }, models), { cores: 1, ram: 256 });
  assert.deepEqual(limitsOf({ hardwareId: "small", minRam: 128 }, models), { cores: 1, ram: 256 });
  assert.deepEqual(limitsOf({ minCores: 2 }, models), { cores: 2, ram: 0 });
  assert.deepEqual(limitsOf({ hardwareId: "machine" }, []), { cores: 0, ram: 0 });
});

Deno.test("namedSizeProblems() refuses sizes that there are not, and those that do not fit", () => {
  const messages = (spec: Parameters<typeof namedSizeProblems>[0]) =>
    namedSizeProblems(spec, models, machine).map(({ path, message }) => `${path}: ${message}`);
  assert.deepEqual(messages({ hardwareId: "small" }), []);
  assert.deepEqual(messages({ hardwareId: "smal" }), ['hardware.hardwareId: the lab has no hardware "smal"']);
  assert.deepEqual(messages({ hardwareId: "huge" }), [
    'hardware.hardwareId: size "huge" (pallet.yaml:3:5) has 64 cores, this machine 2',
  ]);
  assert.match(messages({ hardwareId: "wide" })[0] ?? "", /has a disk/);
  assert.deepEqual(messages({ hardwareId: "small", minRam: 512 }), [
    'hardware.minRam: size "small" has 256 megabytes of memory, not 512',
  ]);
});
