import assert from "node:assert/strict";
import { noRoots } from "../../tests/support/actions.ts";
import type { JsonObject } from "../../engine/json.ts";
import { assertCrateGolden, assertRefuses, planCrate, systems } from "../../tests/support/crates.ts";
import { has } from "../../tests/support/needs.ts";
import { withThrowawayRoot } from "../../tests/support/throwaway.ts";
import { type AdminUserOptions, automatedAdminUser } from "./mod.ts";

const ignore = await noRoots() || !await has("apt-get");

const KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIExampleExampleExampleExampleExampleExample0 ops@desk";
const RESTRICTED = `from="10.0.0.0/8",no-agent-forwarding ${KEY.replace("ops@desk", "it's a key")}`;

for (const os of systems) {
  Deno.test(`automatedAdminUser() becomes the same bash as ever on ${os}`, async () => {
    const spec = automatedAdminUser({ username: "ops", publicKeys: [`${KEY}\n`, RESTRICTED] });
    await assertCrateGolden("automated-admin-user", os, await planCrate(spec, os, { phase: "bootstrap" }));
  });
}

Deno.test("automatedAdminUser() refuses what would lock everybody out, and says where", () => {
  // What plain JavaScript may hand over.
  const given = (options: unknown) => () => automatedAdminUser(options as AdminUserOptions);
  assertRefuses(given({ username: "ops", publicKeys: [] }), /publicKeys must not be empty/);
  assertRefuses(given({ username: "ops", publicKeys: [KEY], shel: "/bin/sh" }), /Did you mean "shell"\?/);
  assertRefuses(
    given({ username: "ops", publicKeys: [KEY], shell: "zsh" }),
    /shell: must be an absolute path/,
  );
  assertRefuses(given({ username: "root", publicKeys: [KEY] }), /must not be root/);
  assertRefuses(
    given({ username: "ops", publicKeys: ["-----BEGIN OPENSSH PRIVATE KEY-----\n..."] }),
    /holds a private key/,
  );
  assertRefuses(
    given({ username: "ops", publicKeys: [KEY, "~/.ssh/id_ed25519.pub"] }),
    /publicKeys\[1\] must be/,
  );
  assertRefuses(given({ username: "ops", publicKeys: [`${KEY}\n${KEY}`] }), /publicKeys\[0\] must be/);
  for (const username of ["", "-rf", "a b", "Ops", "ops ALL=(ALL) ALL\n", "%wheel", "a".repeat(33)]) {
    assertRefuses(given({ username, publicKeys: [KEY] }), /username/);
  }
});

Deno.test("automatedAdminUser() without options makes the admin user of the run, or says that there is none", async () => {
  const environment = { user: { username: "ops", publicKey: KEY } };
  const made = await planCrate(automatedAdminUser(), "debian-12", { phase: "bootstrap", environment });
  assert.deepEqual(made.script.actions.map(({ id }) => id), [
    "packages:sudo",
    "user:ops",
    "directory:/home/ops/.ssh",
    "remoteFile:/home/ops/.ssh/authorized_keys",
    "remoteFile:/etc/sudoers.d/90-ops",
  ]);
  assert.match(made.script.text, /AAAAIExample/);
  const plan = (user?: JsonObject) =>
    planCrate(automatedAdminUser(), "debian-12", {
      phase: "bootstrap",
      ...(user === undefined ? {} : { environment: { user } }),
    });
  await assert.rejects(plan(), /no admin user is known/);
  await assert.rejects(plan({ username: "ops" }), /no public key of ops is known/);
});

Deno.test("automatedAdminUser() in a throwaway root", { ignore }, async (t) => {
  await withThrowawayRoot(async (root) => {
    const installed = await root.bash("apt-get update -qq && apt-get install -y -qq sudo");
    assert.equal(installed.code, 0, installed.stderr);
    let run = 0;
    const bootstrap = async (publicKeys: readonly string[]) => {
      const spec = automatedAdminUser({ username: "ops", publicKeys });
      const options = { phase: "bootstrap", run: String(++run), facts: root.facts };
      const { results } = await root.runScript((await planCrate(spec, "debian-12", options)).script);
      return results.map(({ id, result, message }) => message === undefined ? result : `${id}: ${message}`);
    };
    await t.step("makes the account, its keys and its rule, once", async () => {
      assert.deepEqual((await bootstrap([KEY])).slice(1), ["changed", "changed", "changed", "changed"]);
      assert.deepEqual(new Set(await bootstrap([KEY])), new Set(["ok"]));
    });
    await t.step("visudo takes the rule, and sudo obeys it", async () => {
      const { stdout, stderr } = await root.bash(
        "visudo -c -q && stat -c '%a %U' /etc/sudoers.d/90-ops && runuser -u ops -- sudo -n id -u",
      );
      assert.equal(stdout, "440 root\n0\n", stderr);
    });
    await t.step("keys are the ones given, readable by their owner alone", async () => {
      assert.ok((await bootstrap([RESTRICTED])).includes("changed"));
      const { stdout } = await root.bash(
        "stat -c '%a %U:%G' /home/ops/.ssh /home/ops/.ssh/authorized_keys; cat /home/ops/.ssh/authorized_keys",
      );
      assert.equal(stdout, `700 ops:ops\n600 ops:ops\n${RESTRICTED}\n`);
    });
  });
});
