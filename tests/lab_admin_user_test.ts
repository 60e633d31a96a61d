// Who logs in to real nodes: the image's user first, then the admin user that the configuration names.
import assert from "node:assert/strict";
import { labTest } from "./support/lab.ts";

const INFRA = `import { environmentSpec, groupSpec, remoteFile } from "pallet";
import { automatedAdminUser } from "pallet/crates/automated-admin-user";
export const web = groupSpec("web", {
  extends: automatedAdminUser(),
  nodeSpec: { hardware: { hardwareId: "small" } },
  phases: { configure: () => remoteFile("/etc/made", { content: "by an admin\\n" }) },
});
export const prod = environmentSpec("prod", { groups: { web: { count: 1 } } });
`;

const YAML = `services:
  test: { provider: lab, image: host }
default-service: test
default-environment: prod
hardware: { small: { cores: 1, ram: 256 } }
admin-user: { username: ops, private-key: key, passphrase: { file: pass } }
`;

labTest(
  "check 78: a fresh node is set up by its image's user, and administered by the configured one from then on",
  INFRA,
  async (project) => {
    const { folder } = project;
    const passphrase = "two words";
    const args = ["-q", "-t", "ed25519", "-N", passphrase, "-f", `${folder}/key`];
    assert.ok((await new Deno.Command("ssh-keygen", { args }).output()).success);
    await project.write("pass", `${passphrase}\n`);
    await project.write("pallet.yaml", YAML);
    const { events } = await project.ok("converge", "--yes");
    const [started] = events;
    assert.ok(started?.type === "run-started");
    const [login, ...others] = started.logins ?? [];
    assert.equal(others.length, 0);
    assert.equal(login?.username, "ops");
    assert.match(login?.fingerprint ?? "", /^SHA256:/);
    assert.equal(login?.origin?.line, 6);
    const phases = events.flatMap((event) => event.type === "phase-started" ? [event.phase] : []);
    assert.deepEqual(phases, ["bootstrap", "configure"]);
    assert.equal(events.filter(({ type }) => type === "node-connected").length, 2, "as root, then as ops");
    assert.equal(await project.on("web-1", "cat /etc/made"), "by an admin");

    // Nobody but the admin user can log in any more: later runs are that user's alone.
    await project.on("web-1", "rm -f /root/.ssh/authorized_keys");
    const { events: later } = await project.ok("lift");
    assert.equal(later.filter(({ type }) => type === "action-finished").length, 1);
    await project.ok("destroy", "--yes");
  },
);
