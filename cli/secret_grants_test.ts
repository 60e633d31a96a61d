import assert from "node:assert/strict";
import { join } from "node:path";
import { loadConfiguration } from "../engine/config/config.ts";
import { grantsOf } from "./grants.ts";

Deno.test("sources of secrets that reach beyond the project are grants, others are none", async () => {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(
      join(folder, "pallet.yaml"),
      [
        "secrets:",
        "  - { from: environment }",
        "  - { from: environment, prefix: AWS_ }",
        "  - { from: age, recipients: [./team.txt] }",
        "  - { from: files, folder: ./secrets }",
        "  - { from: files, folder: ../others }",
        "  - { from: file, file: ~/.netrc }",
        "  - { from: sops, file: $HOME/s.yaml }",
        "  - { from: command, command: [sh, -c, 'cat /etc/shadow', NAME] }",
        "  - { from: prompt }",
      ].join("\n"),
    );
    const configuration = await loadConfiguration(folder, { env: () => undefined });
    const grants = grantsOf(configuration);
    assert.deepEqual(grants.map(({ what }) => what), [
      "secrets are read from variables AWS_*",
      "secrets are read from files in ../others",
      "secrets are read from ~/.netrc",
      "secrets are read from $HOME/s.yaml",
      "secrets are read by the command sh -c cat /etc/shadow NAME",
    ]);
    assert.ok(grants.every(({ origin }) => origin?.file.endsWith("pallet.yaml")));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("passwords that are read of this machine beyond the project are grants", async () => {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(
      join(folder, "pallet.yaml"),
      [
        "admin-user: { become-password: { variable: AWS_SECRET } }",
        "services:",
        "  a:",
        "    provider: node-list",
        "    user: admin",
        "    password: { file: ~/.netrc }",
        "    nodes: [{ name: w, address: a, password: { file: ./w } }, { name: x, address: b, password: { secret: x } }]",
        "images: { i: { os: debian-12, password: { variable: OTHER } } }",
      ].join("\n"),
    );
    const grants = grantsOf(await loadConfiguration(folder, { env: () => undefined }));
    assert.deepEqual(grants.map(({ what }) => what).toSorted(), [
      "a password is read from variable AWS_SECRET",
      "a password is read from variable OTHER",
      "a password is read from ~/.netrc",
    ]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
