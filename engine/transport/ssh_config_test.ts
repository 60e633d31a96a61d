// Routes that ssh's configuration completes, against a real OpenSSH server.
import assert from "node:assert/strict";
import type { SshRoute } from "./connection.ts";
import { withAgent } from "./keys_testing.ts";
import { makeTransport } from "./mod.ts";
import { folder, serveTests, sshd, test } from "./ssh_testing.ts";
import { options, runScript, script } from "./testing.ts";

serveTests(() => ({ config: ["AcceptEnv PALLET_* LC_*"] }));

/** A route that tells no more than a name. */
function named(changes: Partial<SshRoute> = {}): SshRoute {
  const { hostKeys } = sshd.route();
  return { kind: "ssh", address: "shop", hostKeyAlias: "mine/shop", hostKeys, identities: [], ...changes };
}

async function configured(lines: readonly string[]): Promise<string> {
  const path = `${folder}/${crypto.randomUUID()}`;
  await Deno.writeTextFile(path, `${lines.join("\n")}\n`, { mode: 0o600 });
  return path;
}

function whole(): readonly string[] {
  return [
    "Host shop",
    "  HostName 127.0.0.1",
    `  Port ${sshd.port}`,
    "  User admin",
    `  IdentityFile ${sshd.identity}`,
    "  SetEnv PALLET_A='one two' LC_TIME=de_DE.UTF-8",
  ];
}

let runs = 0;
const lease = () => options({ run: `settings-${++runs}` });

test("a route that is a name alone is completed by ssh's configuration", async () => {
  const transport = makeTransport({
    stateDir: folder,
    agentSocket: "",
    sshConfig: await configured(whole()),
  });
  try {
    const connection = await transport.connect(named(), lease());
    assert.equal((await runScript(connection, script("echo hello"))).end, "ended");
    const { hostName, port, user } = await transport.settings(named());
    assert.deepEqual([hostName, port, user], ["127.0.0.1", sshd.port, "admin"]);
  } finally {
    await transport.close();
  }
});

test("what a route says wins over ssh's configuration, and none of it counts where it has no say", async () => {
  const sshConfig = await configured([
    "Host *",
    "  User nobody",
    "  Port 1",
    "  IdentityFile /nonexistent",
    "  ProxyCommand false",
    "  HostName 192.0.2.1",
  ]);
  const transport = makeTransport({ stateDir: folder, agentSocket: "", sshConfig });
  try {
    const settings = await transport.settings(sshd.route({}));
    assert.deepEqual([settings.port, settings.user], [sshd.port, "root"]);
    assert.deepEqual(settings.identityFiles, [sshd.identity]);
    assert.equal(settings.proxyCommand, "false");
    await assert.rejects(transport.connect(sshd.route({}), lease()), /proxy command/);
    const alone: SshRoute = { ...sshd.route({}), sshConfig: false };
    const connection = await transport.connect(alone, lease());
    await connection.close();
  } finally {
    await transport.close();
  }
});

/** What a command prints that `pallet ssh` would run. */
async function shell(
  options: Readonly<Record<string, unknown>>,
  route: SshRoute,
  command: string,
): Promise<string> {
  const program = `${folder}/shell.ts`;
  const text = `
    import { makeTransport } from ${JSON.stringify(new URL("./mod.ts", import.meta.url).href)};
    const [options, route, command] = JSON.parse(Deno.args[0] ?? "");
    const transport = makeTransport(options);
    Deno.exitCode = await transport.shell(route, ["sh", "-c", command]);
    await transport.close();
  `;
  await Deno.writeTextFile(program, text);
  const config = new URL("../../deno.json", import.meta.url).pathname;
  const { stdout, stderr, success } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", "--config", config, program, JSON.stringify([options, route, command])],
    stdin: "null",
  }).output();
  const decoder = new TextDecoder();
  assert.ok(success, decoder.decode(stderr));
  return decoder.decode(stdout);
}

test("variables of ssh's configuration reach a command, and the loop without the user's language", async () => {
  const given = { stateDir: folder, agentSocket: "", sshConfig: await configured(whole()) };
  assert.equal(await shell(given, named(), 'echo "$PALLET_A|$LC_TIME"'), "one two|de_DE.UTF-8\n");
  const transport = makeTransport(given);
  try {
    const connection = await transport.connect(named({ user: "root" }), lease());
    const seen = await sshd.exec(
      "for p in $(pgrep -x bash); do tr '\\0' '\\n' </proc/$p/environ 2>/dev/null; done | grep -E '^(PALLET_A|LC_TIME)=' | sort -u",
    );
    assert.equal(seen, "PALLET_A=one two\n");
    await connection.close();
  } finally {
    await transport.close();
  }
});

test("the agent goes along where the route says so, and never because ssh's configuration does", () =>
  withAgent([], async ({ socket }) => {
    const sshConfig = await configured([...whole(), "  ForwardAgent yes", `  IdentityAgent ${socket}`]);
    const look = 'test -S "$SSH_AUTH_SOCK" && echo here || echo none';
    const given = { stateDir: folder, sshConfig };
    assert.equal(await shell(given, named({ forwardAgent: true }), look), "here\n");
    assert.equal(await shell(given, named(), look), "none\n");
  }));

test("a wrong file of ssh's configuration is an error of the configuration, before any connection", async () => {
  const sshConfig = await configured(["Host shop", "  Prot 22"]);
  const transport = makeTransport({ stateDir: folder, agentSocket: "", sshConfig });
  try {
    await assert.rejects(
      transport.connect(named(), lease()),
      (error: { kind?: string; origin?: { line: number }; help?: string }) =>
        error.kind === "config" && error.origin?.line === 2 && /Did you mean port\?/.test(error.help ?? ""),
    );
  } finally {
    await transport.close();
  }
});
