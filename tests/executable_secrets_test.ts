// Secrets in the built file, which brings what encrypts them.
import assert from "node:assert/strict";
import { join } from "node:path";
import { newIdentity } from "../engine/secrets/age/age.ts";
import { executable, type Outcome, run, withFolder } from "./support/executable.ts";

const windows = Deno.build.os === "windows";
if (windows) console.log("ignored: secrets in the executable, which is an archive on Windows");

const INFRA = `import { execScript, groupSpec, secret, sh } from "pallet";
export const here = groupSpec("here", { count: 1, phases: {
  configure: () => execScript(sh\`login \${secret("db/password")}\`),
} });
`;

Deno.test({
  name: "the executable keeps secrets with a project, and shows them to those alone who may read them",
  ignore: windows,
  fn: async () => {
    const file = await executable();
    const { identity, recipient } = await newIdentity();
    await withFolder(async (folder) => {
      await Deno.writeTextFile(join(folder, "infra.ts"), INFRA);
      const env = { HOME: folder, PATH: "/usr/bin:/bin" };
      const secret = (
        args: readonly string[],
        given: { input?: string; env?: Record<string, string> } = {},
      ) => run([file, ...args], { cwd: folder, ...given, env: { ...env, ...given.env } });
      const good = async (outcome: Promise<Outcome>): Promise<string> => {
        const { status, out, err } = await outcome;
        assert.equal(status, 0, err);
        return out;
      };
      const nobody = await secret(["secret", "set", "db/password"], { input: "x" });
      assert.equal(nobody.status, 2);
      assert.match(nobody.err, /nobody is named who may read it/);

      const sources = `secrets:\n  - { from: age, recipients: [${recipient}] }\n`;
      await Deno.writeTextFile(join(folder, "pallet.yaml"), sources);
      const own = { env: { PALLET_AGE_IDENTITY: identity } };
      await good(secret(["secret", "set", "db/password"], { ...own, input: "it's\nsecret\n" }));
      assert.equal(await good(secret(["secret", "get", "db/password"], own)), "it's\nsecret");
      assert.equal(await good(secret(["secret", "list"], own)), "NAME\ndb/password\n");
      assert.ok(!(await Deno.readTextFile(join(folder, "secrets.age"))).includes("password"));
      const stranger = await secret(["secret", "get", "db/password"]);
      assert.deepEqual([stranger.status, stranger.out], [2, ""]);
      assert.match(stranger.err, /there is no identity to do it with/);

      const shown = await good(secret(["explain", "here", "--os", "debian-12", "--script"], own));
      assert.ok(shown.includes("db/password") && !shown.includes("it's"), shown);
    });
  },
});
