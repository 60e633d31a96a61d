// Nodes that are hard to reach, on the command line: behind jump hosts, and not at all.
import assert from "node:assert/strict";
import { join } from "node:path";
import { type CliRun, startCli } from "./support/cli.ts";
import { of } from "./support/lab.ts";
import { networkMissing, withNetwork } from "./support/network.ts";
import { palletCommand } from "./support/process.ts";
import { startProxy } from "./support/proxy.ts";
import { freePort, makeKey, sshdMissing, withSshd } from "./support/sshd.ts";

const missing = await sshdMissing() ?? await networkMissing();
if (missing !== undefined) console.log(`Nodes that are hard to reach are not tried: ${missing}`);

function test(name: string, body: () => Promise<void>): void {
  Deno.test({ name, ignore: missing !== undefined, fn: body });
}

const INFRA = `import { execScript, groupSpec, sh } from "pallet";
export const a = groupSpec("a", { phases: { work: () => execScript(sh\`echo worked >>/root/ran\`) } });
`;

/** A project with a list of nodes; what a service says of all of them stands in \`common\`. */
async function withProject(
  nodes: readonly Record<string, unknown>[],
  common: Readonly<Record<string, unknown>>,
  config: string,
  body: (folder: string) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "pallet-reach-" });
  try {
    await Deno.writeTextFile(join(folder, "infra.ts"), INFRA);
    await Deno.writeTextFile(join(folder, "ssh_config"), config);
    const listed = nodes.map((node) => ({ group: "a", tags: { bootstrapped: "true" }, ...node }));
    // JSON is YAML.
    await Deno.writeTextFile(
      join(folder, "pallet.yaml"),
      JSON.stringify({
        services: { mine: { provider: "node-list", user: "root", ...common, nodes: listed } },
        "default-service": "mine",
        "ssh-config": join(folder, "ssh_config"),
        defaults: { "connect-timeout": 3, "reconnect-timeout": 5 },
      }),
    );
    await body(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function env(folder: string): Record<string, string> {
  return { XDG_STATE_HOME: join(folder, "state"), XDG_CONFIG_HOME: "/nonexistent", SSH_AUTH_SOCK: "" };
}

/** What a command prints, whatever it is. */
async function plain(
  folder: string,
  ...args: readonly string[]
): Promise<{ status: number; out: string; err: string }> {
  const [program = "", ...first] = palletCommand;
  const { code, stdout, stderr } = await new Deno.Command(program, {
    args: [...first, ...args],
    cwd: folder,
    env: env(folder),
    stdin: "null",
  }).output();
  return { status: code, out: new TextDecoder().decode(stdout), err: new TextDecoder().decode(stderr) };
}

function targetsOf(run: CliRun): Readonly<Record<string, { result: string; message: string }>> {
  const [last] = of(run, "run-finished");
  return Object.fromEntries(
    (last?.targets ?? []).map((one) => [one.target, {
      result: one.result,
      message: `${one.failure?.message ?? ""} | ${one.failure?.help ?? ""}`,
    }]),
  );
}

test("fault 1, fault 2, fault 3, fault 12: nodes that cannot be reached say why; the others go on, and the status is 4", () =>
  withSshd({}, (sshd) =>
    withNetwork(async ({ address, firewall }) => {
      await firewall("drop");
      const silent = Deno.listen({ hostname: "127.0.0.1", port: 0 });
      const identities = [sshd.identity];
      const cut = startProxy({ port: sshd.port });
      cut.cutAfter(1500, "up");
      const nodes = [
        { name: "cut", address: "127.0.0.1", port: cut.port, "host-keys": sshd.hostKeys },
        { name: "good", address: "127.0.0.1", port: sshd.port, "host-keys": sshd.hostKeys },
        { name: "refused", address: "127.0.0.1", port: freePort() },
        { name: "hole", address },
        { name: "silent", address: "127.0.0.1", port: (silent.addr as Deno.NetAddr).port },
        { name: "nameless", address: "nowhere.invalid" },
      ];
      try {
        await withProject(nodes, { identities }, "", async (folder) => {
          const began = performance.now();
          const run = await startCli(["lift", "--phase", "work"], { cwd: folder, env: env(folder) }).finished;
          assert.equal(run.status, 4, run.err);
          assert.ok(performance.now() - began < 10_000);
          const { good, refused, hole, silent: tarpit, nameless } = targetsOf(run);
          assert.equal(good?.result, "ok");
          assert.equal(await sshd.exec("cat /root/ran"), "worked\nworked\n");
          assert.deepEqual(
            of(run, "message").filter(({ target }) => target === "cut").map(({ text }) => text),
            ["connected at attempt 2: the others were cut or turned away"],
          );
          for (
            const [target, message] of [
              [
                refused,
                /^Cannot connect to refused \(127\.0\.0\.1:\d+\): the connection was refused \| See whether sshd/,
              ],
              [
                hole,
                /^Cannot connect to hole \(198\.18\.\S+:22\): no TCP connection within 3 s \| See whether the node/,
              ],
              [tarpit, /^Cannot connect to silent \(127\.0\.0\.1:\d+\): no ssh banner within 3 s \| /],
              [
                nameless,
                /^Cannot connect to nameless \(nowhere\.invalid:22\): the name "nowhere\.invalid" is unknown/,
              ],
            ] as const
          ) {
            assert.equal(target?.result, "unreachable");
            assert.match(target.message, message);
          }
        });
      } finally {
        silent.close();
        await cut.close();
      }
    })));

test("a wrong ssh configuration ends a run before any node is touched, with its place", () =>
  withProject(
    [{ name: "one", address: "127.0.0.1" }, { name: "two", address: "127.0.0.1" }],
    {},
    "Host *\n  Prot 22\n",
    async (folder) => {
      const { status, err } = await plain(folder, "lift", "--phase", "work");
      assert.equal(status, 2, err);
      assert.equal(err.match(/there is no keyword "prot"/g)?.length, 1);
      assert.match(err, /ssh_config:2:\d+[^]*Did you mean port\?/);
    },
  ));

test("fault 11: lift, exec and ssh go by way of the jump host that a service names", () =>
  withSshd({}, async (sshd) => {
    const work = await Deno.makeTempDir({ prefix: "pallet-hop-" });
    try {
      const key = await makeKey(join(work, "key"), ["-t", "ed25519"]);
      const authorized = [(await Deno.readTextFile(`${key}.pub`)).trim()];
      await withSshd({ authorized, config: ["MaxSessions 0"] }, async (hop) => {
        const proxy = startProxy({ port: hop.port });
        const known = join(work, "known_hosts");
        await Deno.writeTextFile(known, `[127.0.0.1]:${proxy.port} ${hop.hostKeys[0]}\n`);
        const config = `Host bastion\n  HostName 127.0.0.1\n  Port ${proxy.port}\n  User root\n` +
          `  IdentityFile ${key}\nHost *\n  UserKnownHostsFile ${known}\n`;
        const node = { address: "127.0.0.1", port: sshd.port, "host-keys": sshd.hostKeys };
        const nodes = [{ ...node, name: "one" }, { ...node, name: "direct", jump: "none" }];
        const common = { identities: [sshd.identity], jump: "bastion" };
        try {
          await withProject(nodes.slice(0, 1), common, config, async (folder) => {
            const lift = await startCli(["lift", "--phase", "work"], { cwd: folder, env: env(folder) })
              .finished;
            assert.equal(lift.status, 0, lift.err);
            assert.equal(proxy.connections, 1);
            const exec = await plain(folder, "exec", "echo $SSH_CONNECTION; hostname");
            assert.equal(exec.status, 0, exec.err);
            assert.match(exec.out, /one.*node/);
            assert.equal(proxy.connections, 2);
            const ssh = await plain(folder, "ssh", "one", "--", "echo hello; exit 7");
            assert.deepEqual([ssh.status, ssh.out], [7, "hello\n"], ssh.err);
            assert.equal(proxy.connections, 3);
          });
          await withProject(nodes.slice(1), common, config, async (folder) => {
            const ssh = await plain(folder, "ssh", "direct", "--", "echo hello");
            assert.deepEqual([ssh.status, ssh.out], [0, "hello\n"], ssh.err);
            assert.equal(proxy.connections, 3, "none: not by way of the jump host");
          });
        } finally {
          await proxy.close();
        }
        const gone = config.replace(/Port \d+/, `Port ${freePort()}`);
        await withProject(nodes.slice(0, 1), common, gone, async (folder) => {
          const lift = await startCli(["lift", "--phase", "work"], { cwd: folder, env: env(folder) })
            .finished;
          assert.equal(lift.status, 4, lift.err);
          assert.match(
            targetsOf(lift)["one"]?.message ?? "",
            /^Cannot reach one \(\S+\) by way of its jump host: Cannot connect to bastion \(\S+\): the connection was refused/,
          );
          const ssh = await plain(folder, "ssh", "one");
          assert.equal(ssh.status, 4, ssh.err);
          assert.match(ssh.err, /by way of its jump host: Cannot connect to bastion/);
        });
      });
    } finally {
      await Deno.remove(work, { recursive: true });
    }
  }));
