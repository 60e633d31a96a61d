import assert from "node:assert/strict";
import { parseConfig } from "./file.ts";
import { modelsOf } from "./models.ts";
import { bare, merge, userFile } from "./testing.ts";

Deno.test("modelsOf() has images and sizes with whole paths, where each is defined and what it hides", async () => {
  const user = await userFile(
    "hardware: { small: { cores: 1 } }",
    "images: { deb: { os: debian-12, disk: a.qcow2 } }",
  );
  const models = await parseConfig(
    "images:\n  deb: { os: debian-12, disk: disks/deb.qcow2, username: debian, private-key: ~/.ssh/deb }\n",
    "/srv/shop/models/deb.yaml",
    "project",
    "models",
  );
  assert.deepEqual(modelsOf(merge([user, models]), bare.env), {
    images: [{
      id: "deb",
      os: "debian-12",
      disk: "/srv/shop/models/disks/deb.qcow2",
      username: "debian",
      privateKey: "/home/ann/.ssh/deb",
      provider: {},
      origin: "/srv/shop/models/deb.yaml:2:3",
      shadows: ["/home/ann/.config/pallet/config.yaml:2:11"],
    }],
    hardware: [{
      id: "small",
      cores: 1,
      provider: {},
      origin: "/home/ann/.config/pallet/config.yaml:1:13",
      shadows: [],
    }],
  });
});
