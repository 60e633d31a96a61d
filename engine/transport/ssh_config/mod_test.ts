import assert from "node:assert/strict";
import { PalletError } from "../../errors.ts";
import type { SshQuery, SshSettings } from "../ssh_settings.ts";
import { localMachine } from "./local_machine.ts";
import type { Machine } from "./machine.ts";
import { openSshConfig } from "./mod.ts";

const USER = "/home/ann/.ssh/config";
const SYSTEM = "/etc/ssh/ssh_config";

/** A machine of files that are given, and what was asked of it. */
function fake(
  files: Readonly<Record<string, string>>,
  changes: Partial<Machine> = {},
): Machine & { asked: string[] } {
  const asked: string[] = [];
  return {
    home: "/home/ann",
    user: "ann",
    uid: 1000,
    hostname: "desk.example.org",
    env: { SSH_AUTH_SOCK: "/run/agent", EDITOR: "vi", LC_TIME: "C" },
    systemFolder: "/etc/ssh",
    isAbsolute: (path) => path.startsWith("/"),
    homeOf: (user) => Promise.resolve(user === "bob" ? "/home/bob" : undefined),
    read(path) {
      asked.push(`read ${path}`);
      const text = files[path];
      return Promise.resolve(text === undefined ? undefined : { text });
    },
    glob: (pattern) => Promise.resolve(Object.keys(files).filter((path) => path === pattern)),
    succeeds(command) {
      asked.push(`run ${command}`);
      return Promise.resolve(command === "yes");
    },
    algorithms: (kind) => Promise.resolve(kind === "cipher" ? ["aes256-ctr", "aes256-post"] : []),
    addresses: () => ["192.0.2.7", "fd00::7%eth0"],
    lookup(name) {
      asked.push(`look up ${name}`);
      const names: Record<string, string> = {
        "db.example.org.": "db-3.internal",
        "web.example.org.": "web.example.org",
      };
      return Promise.resolve(names[name]);
    },
    asked,
    ...changes,
  };
}

async function settings(
  user: string,
  query: Partial<SshQuery> = {},
  changes: Partial<Machine> = {},
): Promise<SshSettings> {
  return await openSshConfig(fake({ [USER]: user }, changes)).settings({ host: "web", ...query });
}

/** That a configuration is refused, with the line and words for people. */
async function refused(user: string, message: RegExp, query: Partial<SshQuery> = {}): Promise<PalletError> {
  let seen: unknown;
  await assert.rejects(settings(user, query), (thrown) => {
    seen = thrown;
    return true;
  });
  assert.ok(seen instanceof PalletError);
  assert.match(seen.message, message);
  assert.ok((seen.help ?? "").length > 10);
  return seen;
}

Deno.test("settings without files are ssh's defaults", async () => {
  const found = await openSshConfig(fake({})).settings({ host: "Web" });
  assert.equal(found.hostName, "web");
  assert.deepEqual([found.port, found.user, found.identityAgent], [22, "ann", "/run/agent"]);
  assert.equal(found.identitiesNamed, false);
  assert.equal(found.identityFiles[0], "/home/ann/.ssh/id_ed25519");
  assert.deepEqual(found.proxyJump, []);
  assert.equal(found.strictHostKeyChecking, "ask");
  assert.deepEqual([found.environment, found.ignored, found.origins], [{}, [], {}]);
});

Deno.test("settings tell file and line of each value, and who else says one", async () => {
  const config = "User ops\n\nIdentityFile ~/.ssh/a\nHost web\n  IdentityFile /keys/b\n  Port 2200\n";
  const found = await settings(config, { port: 2299, from: { port: "pallet.yaml:4" } });
  assert.deepEqual(found.identityFiles, ["/home/ann/.ssh/a", "/keys/b"]);
  assert.deepEqual(found.origins, {
    user: ["~/.ssh/config:1"],
    identityFiles: ["~/.ssh/config:3", "~/.ssh/config:5"],
    port: ["pallet.yaml:4"],
  });
  const asked = await settings(config, { user: "root", identities: ["/k%/own"] });
  assert.deepEqual([asked.user, asked.identityFiles], ["root", ["/k%/own"]]);
  assert.deepEqual([asked.origins["user"], asked.origins["identityFiles"]], [["its service"], [
    "its service",
  ]]);
});

Deno.test("settings of the user come before those of the system, and a named file stands for both", async () => {
  const machine = fake({
    [USER]: "User mine\n",
    [SYSTEM]: "User theirs\nPort 2200\nInclude more\n",
    "/etc/ssh/more": "ConnectTimeout 7\n",
    "/other": "Port 2201\n",
  });
  const both = await openSshConfig(machine).settings({ host: "web" });
  assert.deepEqual([both.user, both.port, both.connectTimeout], ["mine", 2200, 7]);
  const other = await openSshConfig(machine, "/other").settings({ host: "web" });
  assert.deepEqual([other.user, other.port], ["ann", 2201]);
  const none = await openSshConfig(machine, "none").settings({ host: "web" });
  assert.deepEqual([none.user, none.port], ["ann", 22]);
  await assert.rejects(
    openSshConfig(machine, "/gone").settings({ host: "web" }),
    /"\/gone": there is no such file/,
  );
});

Deno.test("files are read once a run, and commands of Match exec run once", async () => {
  const machine = fake({ [USER]: "Match exec yes\n  User ops\n" });
  const config = openSshConfig(machine);
  for (const host of ["a", "b", "a"]) assert.equal((await config.settings({ host })).user, "ops");
  await config.defaults({ host: "lab" });
  assert.deepEqual(machine.asked, [`read ${USER}`, "run yes", `read ${SYSTEM}`]);
});

Deno.test("defaults are nobody's: no file is read for them", async () => {
  const machine = fake({ [USER]: "Nonsense\n" });
  const found = await openSshConfig(machine).defaults({
    host: "10.0.0.2",
    user: "admin",
    identities: ["/k"],
  });
  assert.deepEqual([found.user, found.identityFiles, found.proxyJump], ["admin", ["/k"], []]);
  assert.deepEqual(machine.asked, []);
});

Deno.test("a command of Match exec in a section that cannot hold does not run", async () => {
  const machine = fake({
    [USER]: "Match host other exec no\nHost other\nInclude /more\n",
    "/more": "Match exec no\nUser x\n",
  });
  await openSshConfig(machine).settings({ host: "web" });
  assert.deepEqual(machine.asked.filter((one) => one.startsWith("run")), []);
});

Deno.test("hops win over commands when they come first, and a service over both", async () => {
  const jump = await settings("ProxyJump ops@gate:2200,[fd00::1]\nProxyCommand nc %h %p\n");
  assert.deepEqual(jump.proxyJump, [{ host: "gate", user: "ops", port: 2200 }, { host: "fd00::1" }]);
  assert.equal(jump.proxyCommand, undefined);
  const command = await settings("ProxyCommand nc %h %p %r %n %%\nProxyJump gate\nHostName real\n");
  assert.equal(command.proxyCommand, "nc real 22 ann web %");
  const direct = await settings("ProxyCommand nc %h %p\n", { jump: [] });
  assert.deepEqual([direct.proxyJump, direct.proxyCommand], [[], undefined]);
  const without = await settings("ProxyJump none\nProxyCommand nc %h %p\nProxyJump gate\n");
  assert.deepEqual([without.proxyJump, without.proxyCommand], [[], "nc web 22"]);
  const asked = await settings("ProxyJump gate\n", { jump: [{ host: "other", port: 23 }] });
  assert.deepEqual(asked.proxyJump, [{ host: "other", port: 23 }]);
  assert.deepEqual(asked.origins["proxyJump"], ["its service"]);
  const error = await refused("Host *\n  ProxyJump gate\n", /gate is to be reached by way of itself/, {
    host: "gate",
  });
  assert.equal(error.origin?.line, 2);
});

Deno.test("short names are made whole, and sections for whole names are read then", async () => {
  const config = [
    "CanonicalizeHostname yes",
    "CanonicalDomains nowhere.org example.org",
    "CanonicalizePermittedCNAMEs *.example.org:*.internal",
    "Match canonical host *.example.org",
    "  User ops",
    "Host db-3.internal",
    "  Port 2200",
  ].join("\n");
  const web = await settings(config);
  assert.deepEqual([web.hostName, web.user, web.port], ["web.example.org", "ops", 22]);
  const db = await settings(config, { host: "DB" });
  assert.deepEqual([db.hostName, db.user, db.port], ["db-3.internal", "ann", 2200]);
  await refused(config, /Cannot find "x": nobody knows the name/, { host: "x" });
  const plain = config.replace(/^CanonicalizePermitted.*$/m, "");
  const unknown = await settings(plain, { host: "x" });
  assert.deepEqual([unknown.hostName, unknown.user], ["x", "ann"]);
  const dotted = await settings(plain, { host: "a.b.c" });
  assert.equal(dotted.hostName, "a.b.c");
  const behind = await settings(`ProxyJump gate\n${config}`);
  assert.equal(behind.hostName, "web");
  const always = await settings(`ProxyJump gate\n${config.replace("yes", "always")}`);
  assert.equal(always.hostName, "web.example.org");
  const error = await refused(`CanonicalizeFallbackLocal no\n${config}`, /Cannot find "x" in any/, {
    host: "x",
  });
  assert.equal(error.kind, "unreachable");
});

Deno.test("criteria of newer versions of ssh are known", async () => {
  assert.equal((await settings("Match localnetwork 192.0.2.0/24\nUser near\n")).user, "near");
  assert.equal((await settings("Match localnetwork fd00::/64,10.0.0.0/8\nUser near\n")).user, "near");
  assert.equal((await settings("Match !localnetwork 10.0.0.0/8\nUser far\n")).user, "far");
  assert.equal((await settings("Host web\n  Tag blue\nMatch tagged blue,green\n  User t\n")).user, "t");
  assert.equal((await settings('Match tagged ""\n  User t\n')).user, "t");
  assert.equal((await settings("Match sessiontype exec\n  User t\n", { command: "id" })).user, "t");
  assert.equal((await settings("Match command git-*\n  User t\n", { command: "git-x" })).user, "t");
  assert.equal((await settings("Match version OpenSSH_10.*\n  User t\n")).user, "t");
  await refused("Match localnetwork 10.0.0.0/40\n", /"10\.0\.0\.0\/40" is no list of networks/);
  await refused("RefuseConnection 'gone since May'\n", /gone since May/);
  assert.equal((await settings("Host other\nRefuseConnection no\n")).port, 22);
});

Deno.test("tokens of users, keys and agents stand for what is known", async () => {
  const found = await settings(
    "User %u-%n\nIdentityFile %d/%r@%h:%p\nIdentityFile ~bob/k\nIdentityFile none\nIdentityAgent ${SSH_AUTH_SOCK}.2\n" +
      "CertificateFile %L.%l.%i.%j.%k\nHostKeyAlias Alias\nProxyJump ops@[fd00::1]:22\n",
  );
  assert.equal(found.user, "ann-web");
  assert.deepEqual(found.identityFiles, ["/home/ann/ann-web@web:22", "/home/bob/k"]);
  assert.equal(found.identityAgent, "/run/agent.2");
  assert.deepEqual(found.certificateFiles, ["desk.desk.example.org.1000.fd00::1.alias"]);
  assert.equal((await settings("IdentityAgent none\n")).identityAgent, undefined);
  assert.equal((await settings("IdentityAgent $EDITOR\n")).identityAgent, "vi");
  const none = await settings("IdentityFile none\n");
  assert.deepEqual([none.identityFiles, none.identitiesNamed], [[], true]);
  const error = await refused("\nIdentityFile ${NOPE}/k\n", /identityfile: the environment has no NOPE/);
  assert.deepEqual([error.origin?.file, error.origin?.line], [USER, 2]);
});

Deno.test("variables are those that SendEnv names, and SetEnv over them", async () => {
  const found = await settings("SendEnv LC_* EDITOR\nSendEnv -EDIT*\nSetEnv LC_TIME=de 'A=1 2'\n");
  assert.deepEqual(found.environment, { LC_TIME: "de", A: "1 2" });
});

Deno.test("an agent goes along by explicit choice alone, and what has no effect is said", async () => {
  const found = await settings(
    "ForwardAgent yes\nPubkeyAuthentication no\nVerifyHostKeyDNS no\nKnownHostsCommand x\n",
  );
  assert.equal(found.forwardAgent, false);
  assert.equal(found.ignored.length, 3);
  assert.match(found.ignored.join("\n"), /ForwardAgent: .* \(~\/\.ssh\/config:1\)/);
  assert.equal((await settings("ForwardAgent no\n", { forwardAgent: true })).forwardAgent, true);
});

Deno.test("unknown keywords are refused with what was meant, unless they are to be ignored", async () => {
  const error = await refused("User a\nHostNam x\n", /there is no keyword "hostnam"/);
  assert.match(error.help ?? "", /Did you mean hostname\?/);
  assert.deepEqual([error.origin?.file, error.origin?.line], [USER, 2]);
  assert.equal((await settings("IgnoreUnknown HostNam*\nHostNam x\n")).hostName, "web");
});

Deno.test("files that include each other are refused", async () => {
  const machine = fake({ [USER]: "Include /a\n", "/a": "Include /a\n" });
  await assert.rejects(openSshConfig(machine).settings({ host: "web" }), /include each other too deeply/);
});

Deno.test("names that a shell would act on are refused before any command is made of them", async () => {
  const machine = fake({ [USER]: 'Match exec "echo %h %r"\nProxyCommand nc %h\n' });
  const config = openSshConfig(machine);
  for (const host of ["a;b", "$(x)", "-oX=y", "a b", "`x`", "", "a\nb"]) {
    await assert.rejects(config.settings({ host }), /is no host/, JSON.stringify(host));
  }
  await assert.rejects(config.settings({ host: "a", user: "x|y" }), /is no user/);
  assert.deepEqual(machine.asked, []);
});

Deno.test("commands of Match exec run in the user's shell with the user's variables", async () => {
  const env = { SHELL: "/bin/sh", PATH: "/usr/bin:/bin", ANSWER: "yes" };
  const machine = localMachine("/nonexistent", env);
  assert.equal(await machine.succeeds('test "$ANSWER" = yes && test "$(cat)" = ""'), true);
  assert.equal(await machine.succeeds("exit 3"), false);
  const gone = localMachine("/nonexistent", { ...env, SHELL: "/nonexistent/shell" });
  await assert.rejects(gone.succeeds("true"), /Match exec "true" cannot run: /);
});

Deno.test({
  name: "files that others can write are refused",
  ignore: Deno.build.os === "windows",
  async fn() {
    const home = await Deno.makeTempDir();
    try {
      await Deno.mkdir(`${home}/.ssh`);
      const path = `${home}/.ssh/config`;
      await Deno.writeTextFile(path, "Port 2200\nInclude more\n");
      await Deno.writeTextFile(`${home}/.ssh/more`, "User ops\n");
      const ask = () => openSshConfig(localMachine(home)).settings({ host: "web" });
      await Deno.chmod(`${home}/.ssh/more`, 0o644);
      for (const [mode, fine] of [[0o600, true], [0o644, true], [0o646, false], [0o602, false]] as const) {
        await Deno.chmod(path, mode);
        if (fine) assert.deepEqual([(await ask()).port, (await ask()).user], [2200, "ops"]);
        else await assert.rejects(ask(), /config": everybody can write it/);
      }
      await Deno.chmod(path, 0o600);
      await Deno.chmod(`${home}/.ssh/more`, 0o646);
      await assert.rejects(ask(), /more": everybody can write it/);
      if (Deno.uid() === 0) {
        await Deno.chmod(`${home}/.ssh/more`, 0o600);
        await Deno.chown(path, 12345, null);
        await assert.rejects(ask(), /config": it belongs to another user \(12345\)/);
        await Deno.chown(path, 0, 65534);
        await Deno.chmod(path, 0o660);
        await assert.rejects(ask(), /config": its group can write it/);
      }
    } finally {
      await Deno.remove(home, { recursive: true });
    }
  },
});
