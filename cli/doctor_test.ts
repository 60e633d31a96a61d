import assert from "node:assert/strict";
import { pallet } from "../tests/support/process.ts";

Deno.test("pallet doctor says what is there, what is not, and what to do", async () => {
  const folder = await Deno.makeTempDir({ prefix: "pallet-doctor-" });
  const env = { HOME: folder, XDG_STATE_HOME: "", XDG_CACHE_HOME: "", SSH_AUTH_SOCK: "" };
  const look = () => pallet(["doctor", "here"], { cwd: folder, env });
  try {
    await Deno.writeTextFile(`${folder}/pallet.yaml`, "services: { here: { provider: localhost } }\n");
    const without = await look();
    assert.equal(without.status, 1);
    assert.match(without.out, /^not {2}infra file: Cannot find the infra file/m);
    assert.match(without.out, /^ok {3}service here: 0 nodes$/m);
    await Deno.writeTextFile(
      `${folder}/infra.ts`,
      `import { groupSpec } from "pallet";\nexport const web = groupSpec("web");\n`,
    );
    const well = await look();
    assert.equal(well.status, 0, well.out + well.err);
    assert.match(well.out, /^ok {3}infra file: .*infra\.ts: 1 group$/m);
    assert.match(well.out, /^ok {3}ssh agent: none/m);
    await Deno.writeTextFile(`${folder}/pallet.yaml`, "servces: {}\n");
    assert.match((await look()).out, /^not {2}configuration: .*servces/m);
    await Deno.remove(`${folder}/pallet.yaml`);
    const other = await look();
    assert.match(other.out, /There is no service "here"/);
    const listed = await pallet(["doctor", "--json"], {
      cwd: folder,
      env: { ...env, SSH_AUTH_SOCK: "/nowhere" },
    });
    const findings: readonly { what: string; ok: boolean }[] = JSON.parse(listed.out);
    assert.equal(findings.find(({ what }) => what === "ssh agent")?.ok, false);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
