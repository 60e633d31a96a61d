// Schedules whose secrets nobody would be there to give are refused when they are added.
import assert from "node:assert/strict";
import { byCron, inScheduleProject } from "./support/schedules.ts";

const INFRA = `import { execScript, groupSpec, secret, sh } from "pallet";
const use = (name: string) => execScript(sh\`echo \${secret(name)}\`, { id: name });
export const me = groupSpec("me", { count: 1, phases: {
  bootstrap: () => use("boot/pw"),
  typed: () => use("root/pw"),
  variable: () => use("db/password"),
  kept: () => use("kept/pw"),
} });
`;

Deno.test("a schedule whose secrets only a person or this shell can give is refused, with their names and places", async () => {
  await inScheduleProject(async ({ folder, run, schedules }) => {
    await Deno.writeTextFile(`${folder}/project/infra.ts`, INFRA);
    await Deno.mkdir(`${folder}/project/store/kept`, { recursive: true });
    await Deno.writeTextFile(`${folder}/project/store/kept/pw`, "from a file\n");
    await Deno.writeTextFile(
      `${folder}/project/pallet.yaml`,
      `services: { here: { provider: localhost } }
secrets:
  - from: environment
  - { from: files, folder: store, names: ["kept/*"] }
  - { from: prompt, names: ["root/*", "boot/*"] }
`,
    );
    let count = 0;
    const add = (...command: readonly string[]) =>
      run("schedule", "add", `s${count++}`, "--cron", "@daily", ...byCron, "--", ...command);
    Deno.env.set("PALLET_SECRET_DB_PASSWORD", "of this shell");
    try {
      const typed = await add("lift", "--phase", "typed");
      assert.deepEqual([typed.status, typed.out], [2, ""]);
      assert.match(
        typed.err,
        /Nobody is there to give the secret "root\/pw": somebody has to be asked \(prompt\)\n {2}at infra\.ts:2:/,
      );
      const variable = await add("lift", "--phase", "variable");
      assert.match(variable.err, /"db\/password": missing \(asked: environment\)/);
      assert.match(variable.err, /pallet secret set db\/password.*the runs have HOME, PATH, .* alone/);
      const both = await add("converge", "--phase", "typed,variable,kept");
      assert.match(
        both.err,
        /give 3 secrets:\n {2}"boot\/pw": somebody.*\n {2}"db\/password".*\n {2}"root\/pw"/,
      );
      assert.deepEqual(await schedules.names(), []);
    } finally {
      Deno.env.delete("PALLET_SECRET_DB_PASSWORD");
    }
    for (
      const command of [["lift", "--phase", "kept"], ["plan", "--phase", "typed"], [
        "exec",
        "uptime",
      ]] as const
    ) {
      const { status, err } = await add(...command);
      assert.equal(status, 0, `${command.join(" ")}: ${err}`);
    }
    const check = await add("plan", "--phase", "typed", "--check");
    assert.match(check.err, /secret "root\/pw"/);
    assert.doesNotMatch(check.err, /boot/);

    const yaml = await Deno.readTextFile(`${folder}/project/pallet.yaml`);
    const admin = "admin-user: { username: ops, become-password: { secret: root/sudo } }\n";
    await Deno.writeTextFile(`${folder}/project/pallet.yaml`, `${yaml}${admin}`);
    const warned = await add("exec", "uptime", "me");
    assert.equal(warned.status, 0, warned.err);
    assert.match(
      warned.err,
      /warn: Where a node wants a password of "ops", the runs fail: .*secret "root\/sudo"/,
    );
  });
});
