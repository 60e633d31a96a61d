// Who gets in to machines that nobody has prepared, on the command line: by password first, and by key from then on.
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { join } from "node:path";
import { type CliRun, startCli } from "./support/cli.ts";
import { of } from "./support/lab.ts";
import { makeKey, sshdMissing, type TestSshd, withSshd } from "./support/sshd.ts";

const missing = await sshdMissing();
if (missing !== undefined) console.log(`Machines without a key are not logged in to: ${missing}`);

function test(name: string, body: () => Promise<void>): void {
  Deno.test({ name, ignore: missing !== undefined, fn: body });
}

const PASSWORD = `Canary5518 "it's" $HOME wörd`;
const base64 = (text: string) => Buffer.from(text).toString("base64");

const INFRA = `import { execScript, groupSpec, sh } from "pallet";
import { automatedAdminUser } from "pallet/crates/automated-admin-user";
export const web = groupSpec("web", {
  extends: automatedAdminUser(),
  phases: { configure: () => execScript(sh\`id -un >>/root/ran\`) },
});
`;

/** A machine as its maker ships it: one account with a password, no key, and sudo that asks. */
const PREPARE = `
  echo 'maker:x:3000:3000::/home/maker:/bin/bash' >>/etc/passwd
  echo 'maker:x:3000:' >>/etc/group
  echo 'maker:*:19000:0:99999:7:::' >>/etc/shadow
  mkdir -p /home/maker; chown 3000:3000 /home/maker
  printf 'maker:%s\\n' "$(base64 -d <<<${base64(PASSWORD)})" | chpasswd -c SHA512
  echo 'maker ALL=(ALL) ALL' >>/etc/sudoers.d/pallet
  printf 'Package: sudo\\nStatus: install ok installed\\nVersion: 1.9\\nArchitecture: amd64\\nMaintainer: m\\nDescription: d\\n\\n' >>/var/lib/dpkg/status
`;

const CONFIG = ["UsePAM yes", "PasswordAuthentication yes", "AuthorizedKeysFile .ssh/authorized_keys"];

interface Project {
  readonly folder: string;
  run(args: readonly string[], env?: Readonly<Record<string, string>>): Promise<CliRun>;
}

async function withProject(
  sshd: TestSshd,
  changes: Readonly<Record<string, unknown>>,
  body: (project: Project) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "pallet-login-" });
  const nodes = ["web-1", "web-2"].map((name) => ({
    name,
    group: "web",
    address: "127.0.0.1",
    port: sshd.port,
    "host-keys": sshd.hostKeys,
  }));
  try {
    await Deno.writeTextFile(join(folder, "infra.ts"), INFRA);
    // JSON is YAML.
    await Deno.writeTextFile(
      join(folder, "pallet.yaml"),
      JSON.stringify({
        services: {
          mine: {
            provider: "node-list",
            user: "maker",
            password: { secret: "image/maker" },
            nodes: nodes.slice(0, 1),
          },
          two: { provider: "node-list", user: "maker", password: { secret: "image/maker" }, nodes },
        },
        "default-service": "mine",
        "ssh-config": "none",
        defaults: { "connect-timeout": 20 },
        ...changes,
      }),
    );
    await body({
      folder,
      run: async (args, env = {}) => {
        await sshd.exec("rm -f /var/lib/pallet/lease");
        return await startCli(args, {
          cwd: folder,
          env: {
            XDG_STATE_HOME: join(folder, "state"),
            XDG_CACHE_HOME: join(folder, "cache"),
            SSH_AUTH_SOCK: "",
            HOME: folder,
            ...env,
          },
        }).finished;
      },
    });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Files of the project and of the state that hold some text. */
async function holding(folder: string, text: string): Promise<readonly string[]> {
  const { stdout } = await new Deno.Command("grep", { args: ["-rlaF", text, folder] }).output();
  return new TextDecoder().decode(stdout).split("\n").filter((line) => line !== "");
}

test("check 78: a machine with a password and no key is set up by its first user, and is the admin user's by key", () =>
  withSshd(
    { config: CONFIG, prepare: PREPARE },
    (sshd) =>
      withProject(
        sshd,
        { "admin-user": { username: "ops", "private-key": "key" } },
        async ({ folder, run }) => {
          await makeKey(join(folder, "key"), ["-t", "ed25519"]);
          const first = await run(["converge", "web=1", "--yes"], { PALLET_SECRET_IMAGE_MAKER: PASSWORD });
          assert.equal(first.status, 0, first.err + JSON.stringify(of(first, "run-finished")));
          assert.deepEqual(of(first, "phase-started").map(({ phase }) => phase), ["bootstrap", "configure"]);
          assert.match(await sshd.log(), /Accepted password for maker[^]*Accepted publickey for ops/);
          assert.equal(await sshd.exec("cat /root/ran"), "root\n");

          // From then on nobody needs it, and nothing has it.
          const later = await run(["lift"]);
          assert.equal(later.status, 0, later.err);
          assert.equal((await sshd.log()).match(/Accepted password/g)?.length, 1);
          // Should the machine be made anew, its first user is tried after all.
          await sshd.exec("rm -r /home/ops/.ssh /var/lib/pallet/tags");
          const anew = await run(["converge", "web=1", "--yes"], { PALLET_SECRET_IMAGE_MAKER: PASSWORD });
          assert.equal(anew.status, 0, anew.err + JSON.stringify(of(anew, "node-failed")));
          assert.deepEqual(of(anew, "phase-started").map(({ phase }) => phase), ["bootstrap", "configure"]);
          assert.deepEqual(await holding(folder, "Canary5518"), []);
          assert.doesNotMatch(JSON.stringify(first.events) + first.err, /Canary5518/);
          assert.equal(
            await sshd.exec(
              "w=Canary; grep -rlaF ${w}5518 /var/lib/pallet /var/log /run /dev/shm /home /etc 2>/dev/null; true",
            ),
            "",
          );
        },
      ),
  ));

test("fault 23: a wrong first password is one failed login for all machines, with what to do", () =>
  withSshd({ config: CONFIG, prepare: PREPARE }, (sshd) =>
    withProject(sshd, {}, async ({ folder, run }) => {
      const env = { PALLET_SECRET_IMAGE_MAKER: "Canary5518 wrong" };
      const done = await run(["lift", "--service", "two"], env);
      assert.equal(done.status, 4, done.err);
      const failures = of(done, "node-failed").map(({ failure }) => `${failure.message} ${failure.help}`);
      assert.equal(failures.length, 2);
      assert.ok(
        failures.every((text) => /as "maker": its password was refused.*no account is locked/.test(text)),
      );
      assert.equal(failures.filter((text) => /refused by web-\d/.test(text)).length, 1, failures.join("\n"));
      assert.equal((await sshd.log()).match(/Failed password/g)?.length, 1);
      assert.deepEqual(await holding(folder, "Canary5518"), []);

      const none = await run(["lift"]);
      assert.equal(none.status, 1, none.err);
      const [failed] = of(none, "node-failed");
      assert.match(failed?.failure.message ?? none.err, /There is no secret "image\/maker"/);
      assert.equal((await sshd.log()).match(/Failed password/g)?.length, 1);
    })));

test("check 79: the password of sudo comes from the sources of secrets, and is nowhere afterwards", () =>
  withSshd({
    prepare: `${PREPARE}
      sed -i 's/^maker\\b/ops/' /etc/passwd /etc/shadow /etc/sudoers.d/pallet`,
  }, (sshd) => {
    const admin = {
      username: "ops",
      "private-key": sshd.identity,
      "become-password": { secret: "ops/sudo" },
    };
    const nodes = [{
      name: "web-1",
      group: "web",
      address: "127.0.0.1",
      port: sshd.port,
      "host-keys": sshd.hostKeys,
      tags: { bootstrapped: "true" },
    }];
    const changes = {
      services: { mine: { provider: "node-list", nodes } },
      "admin-user": admin,
      secrets: [{ from: "files", folder: "kept" }],
    };
    return withProject(sshd, changes, async ({ folder, run }) => {
      await Deno.mkdir(join(folder, "kept/ops"), { recursive: true });
      const missing = await run(["lift"]);
      assert.notEqual(missing.status, 0);
      assert.match(missing.err + JSON.stringify(missing.events), /There is no secret \\?"ops\/sudo/);
      await Deno.writeTextFile(join(folder, "kept/ops/sudo"), `${PASSWORD}\n`);
      const done = await run(["lift", "--verbose"]);
      assert.equal(done.status, 0, done.err + JSON.stringify(done.events.at(-1)));
      assert.equal(await sshd.exec("cat /root/ran"), "root\n");
      assert.deepEqual(await holding(folder, "Canary5518"), [join(folder, "kept/ops/sudo")]);
      assert.doesNotMatch(JSON.stringify(done.events) + done.err, /Canary5518/);
    });
  }));
