// Every action, on both families of systems: the bash that it becomes, kept beside this test, and checked by bash and
// shellcheck. UPDATE_GOLDEN=1 writes the files anew.
import assert from "node:assert/strict";
import { deferred } from "../plan/deferred.ts";
import { parseOs } from "../os/mod.ts";
import { sh } from "../script/sh.ts";
import { compileActions, hostileNames, planned } from "../../tests/support/actions.ts";
import { has } from "../../tests/support/needs.ts";
import type { Action } from "./action.ts";
import {
  definitions,
  directory,
  execCheckedScript,
  execScript,
  file,
  group,
  guarded,
  lineInFile,
  packageManager,
  packages,
  reboot,
  remoteFile,
  sed,
  service,
  symbolicLink,
  user,
  waitForFile,
  waitForHttp,
  waitForPort,
} from "./list.ts";

const address = deferred({ kind: "captured", name: "address" });

const actions: readonly Action[] = [
  directory("/srv/app", { owner: "www-data", group: "www-data", mode: "0750", recursive: true }),
  directory("/srv/old", { action: "delete" }),
  execCheckedScript(
    "unpack",
    sh`
      cd /opt
      tar -xzf ${"/var/cache/it's.tar.gz"}
    `,
    { creates: "/opt/app", timeout: 60, user: "deploy", dir: "/opt", env: { A: "b c" } },
  ),
  execScript(sh`hostname -I`, { capture: "address", changedWhen: false }),
  execScript(sh`echo ${address} >/tmp/address`, {
    onlyIf: sh`test -d /tmp`,
    unless: sh`grep -q ${address} /tmp/address`,
    changedWhen: sh`test -n "$output"`,
  }),
  execScript(sh`an 'open quote`, { id: "broken" }),
  file("/var/log/app.log", { owner: "www-data", mode: "u=rw,g=r,o=" }),
  file("/var/log/app.touched", { action: "touch" }),
  file("/var/log/app.old", { action: "delete" }),
  group("deploy", { gid: 1500, system: true }),
  group("old", { action: "remove" }),
  lineInFile("/etc/hosts", "10.0.0.5 db", { match: "^[0-9.]+ db$", after: "localhost" }),
  lineInFile("/etc/hosts", "10.0.0.4 db", { action: "absent" }),
  ...guarded(execScript(sh`nft flush ruleset`, { id: "flush" }), {
    within: 30,
    undo: execScript(sh`systemctl restart nftables`, { id: "load" }),
  }),
  packageManager("update", { maxAge: 86400 }),
  packageManager("upgrade", { full: true }),
  packages("curl", "git"),
  packages({ apt: ["apache2", "g++"], dnf: ["httpd", "gcc-c++"], recommends: false }),
  packages("nginx=1.22.1-9"),
  packages("curl", { action: "upgrade" }),
  packages("telnet", { action: "purge" }),
  reboot(),
  reboot({ when: "always" }),
  remoteFile("/etc/motd", { content: "It's $HOME\n", owner: "root", group: "root", mode: "0644" }),
  remoteFile("/etc/app.conf", { content: `listen=${address}\n`, verify: "appctl check", noVersioning: true }),
  remoteFile("/opt/app.tar.gz", {
    url: "https://files.example/app.tar.gz?v='1'",
    sha256: "0".repeat(64),
    mode: "0644",
  }),
  remoteFile("/opt/late.tar.gz", { url: `http://${address}/late`, sha256: "1".repeat(64), timeout: 60 }),
  remoteFile("/etc/old.conf", { action: "delete", overwriteChanges: true }),
  sed("/etc/ssh/sshd_config", { "^#?PermitRootLogin .*": "PermitRootLogin no" }),
  sed("/etc/app.conf", [["a/b", "c&d"]], { literal: true, firstOnly: true, restriction: "1,10" }),
  service("nginx", { action: ["start", "enable"] }),
  service("nginx", { action: "reload" }),
  symbolicLink("../sites-available/app", "/etc/nginx/sites-enabled/app", { owner: "www-data" }),
  symbolicLink("/anywhere", "/etc/nginx/sites-enabled/default", { action: "delete" }),
  user("deploy", {
    group: "deploy",
    groups: ["adm", "www-data"],
    append: true,
    shell: "bash",
    comment: "Deploy er",
  }),
  user("mallory", { action: "lock" }),
  user("mallory", { action: "unlock" }),
  user("mallory", { action: "remove", removeHome: true }),
  waitForFile("/run/app.pid", { serviceName: "app" }),
  waitForFile("/run/app.lock", { action: "remove", maxRetries: 3, standoff: 0.5 }),
  waitForHttp("http://127.0.0.1/health?a=1", { status: [200, 204] }),
  waitForPort(3306),
  waitForPort(5432, { host: address }),
];

const systems = ["debian-12", "rocky-9"];
const environment = { proxy: "http://proxy.example:3128", noProxy: ["10.0.0.1", "inside.example"] };

/** Bash of each action by itself, without libraries. */
function bodies(system: string): string {
  return planned(actions).map(({ kind, args, title }) => {
    const text = definitions.get(kind)?.script(args, parseOs(system), { environment }).text ?? "";
    return `# ${title}\n${text.replaceAll("\u{F0D0}", "<").replaceAll("\u{F0D1}", ">")}\n`;
  }).join("\n");
}

/** What a program says of a file, and whether it is content. */
async function ask(program: string, args: readonly string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(program, { args: [...args] }).output();
  const said = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
  return success && said === "" ? "" : said || "failed";
}

Deno.test("every action of the list has a golden script", () => {
  assert.deepEqual(new Set(actions.map(({ kind }) => kind)), new Set(definitions.keys()));
});

for (const system of systems) {
  Deno.test(`actions become the same bash as ever on ${system}`, async () => {
    const path = new URL(`golden/${system}.sh`, import.meta.url);
    const text = bodies(system);
    if (Deno.env.get("UPDATE_GOLDEN") === "1") await Deno.writeTextFile(path, text);
    assert.equal(text, await Deno.readTextFile(path));
  });

  Deno.test({
    name: `bash and shellcheck take the script of every action on ${system}`,
    ignore: !await has("shellcheck"),
    fn: async () => {
      const hostile = hostileNames.flatMap((name) => [
        directory(`/srv/${name}`),
        remoteFile(`/srv/${name}/x`, { content: name, verify: "true" }),
        symbolicLink(name, "/srv/link", { id: name }),
        execScript(sh`echo ${name}`, { dir: `/srv/${name}` }),
      ]);
      for (const check of [false, true]) {
        const script = await compileActions([...actions, ...hostile], parseOs(system), {
          check,
          environment,
        });
        const path = await Deno.makeTempFile({ suffix: ".sh" });
        try {
          await Deno.writeTextFile(path, script.text);
          assert.equal(await ask("bash", ["-n", path]), "");
          if (!check) assert.equal(await ask("shellcheck", ["--shell", "bash", path]), "");
        } finally {
          await Deno.remove(path);
        }
      }
    },
  });
}
