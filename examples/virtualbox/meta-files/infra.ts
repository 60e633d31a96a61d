// A node with three adapters: this machine, the world, and a network of the nodes' own.
import { groupSpec, nodeSpec, packages } from "pallet";

export const three = groupSpec("three", {
  nodeSpec: nodeSpec({ image: { osFamily: "debian" }, hardware: { hardwareId: "tiny-with-three" } }),
  count: 1,
  phases: { configure: () => packages("curl") },
});
