// A password of sudo and a secret, looked for after all kinds of runs and in all views of them, on the node and here.
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { join } from "node:path";
import { type RunningCli, startCli } from "./support/cli.ts";
import { denoDir, palletCommand } from "./support/process.ts";
import { sshdMissing, type TestSshd, withSshd } from "./support/sshd.ts";

const missing = await sshdMissing();
if (missing !== undefined) console.log(`Nothing is looked for on nodes: ${missing}`);

function test(name: string, body: () => Promise<void>): void {
  Deno.test({ name, ignore: missing !== undefined, fn: body });
}

const base64 = (text: string) => Buffer.from(text).toString("base64");
/** In two parts, so that what looks for it on the node does not find itself. */
const [HEAD, TAIL] = ["CanaryWord", crypto.randomUUID().slice(0, 8)];
const PASSWORD = `${HEAD}${TAIL} sudo's "own"`;
const SECRET = `${HEAD}${TAIL} of $HOME \\ wörd`;
const WORD = `${HEAD}${TAIL}`;
/** Base64 of the word where it begins at a multiple of three, as in a whole value. */
const ENCODED = base64(WORD).slice(0, 20);

const INFRA = `import { execScript, groupSpec, remoteFile, secret, sh } from "pallet";
const word = secret("db/word");
const conf = remoteFile("/etc/app.env", { content: \`WORD=\${word}\\n\` });
export const web = groupSpec("web", { count: 1, phases: {
  configure: () => [conf, execScript(sh\`x=\${word}; echo "it is \$x"; printf %s \${word} | base64 -w0\`, { id: "say" })],
  fails: () => execScript(sh\`x=\${word}; echo "no entry for \$x" >&2; printf %s \${word} | base64 -w0; exit 3\`, { id: "fail" }),
  slow: () => [conf, execScript(sh\`x=\${word}; echo "begin \$x"; sleep 4; echo "end \$x"\`, { id: "slow" })],
} });
`;

const PREPARE = `
  mount -t tmpfs tmpfs /tmp; mount -t tmpfs tmpfs /root # not this machine's
  echo 'ops:x:3000:3000::/home/ops:/bin/bash' >>/etc/passwd
  echo 'ops:*:19000:0:99999:7:::' >>/etc/shadow
  mkdir -p /home/ops; chown 3000:3000 /home/ops
  printf 'ops:%s\\n' "$(base64 -d <<<${base64(PASSWORD)})" | chpasswd -c SHA512
  echo 'ops ALL=(ALL) ALL' >>/etc/sudoers.d/pallet
`;

/** Places on the node that have either value: files but the one that it was written to, processes, their surroundings. */
async function onNode(sshd: TestSshd): Promise<readonly string[]> {
  const found = await sshd.exec(`
    w=${HEAD}; w=\${w}${TAIL}
    e=${ENCODED.slice(0, 10)}; e=\${e}${ENCODED.slice(10)}
    grep -rlaF -e "$w" -e "$e" /var/lib/pallet /var/log /run /dev/shm /home /etc /tmp /root 2>/dev/null | grep -v '^/etc/app.env$'
    for each in /proc/[0-9]*; do
      [ "$each" != /proc/1 ] || continue # it made the node, password and all
      cat "$each/environ" "$each/cmdline" 2>/dev/null | grep -qaF -e "$w" -e "$e" && echo "$each"
    done
    ps ax -o args= | grep -F -e "$w" -e "$e" | grep -v 'grep -F'
    true`);
  return found.split("\n").filter((line) => line !== "");
}

/** Files below a folder that have either value, but those that they are kept in. */
async function here(folder: string): Promise<readonly string[]> {
  const args = ["-rlaF", "-e", WORD, "-e", ENCODED, "--exclude-dir=kept", folder];
  const { stdout } = await new Deno.Command("grep", { args }).output();
  return new TextDecoder().decode(stdout).split("\n").filter((line) => line !== "");
}

function assertClean(text: string, what: string): void {
  for (const trace of [WORD, ENCODED]) assert.ok(!text.includes(trace), `${trace} in ${what}: ${text}`);
}

interface Project {
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
  start(args: readonly string[]): RunningCli;
  /** What it prints, in any view. */
  run(status: number, ...args: readonly string[]): Promise<string>;
}

async function withProject(sshd: TestSshd, body: (project: Project) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "pallet-canary-" });
  const env = {
    XDG_STATE_HOME: join(folder, "state"),
    XDG_CACHE_HOME: join(folder, "cache"),
    XDG_CONFIG_HOME: "/nonexistent",
    HOME: folder,
    SSH_AUTH_SOCK: "",
    DENO_DIR: denoDir,
    PATH: `${join(folder, "bin")}:${Deno.env.get("PATH") ?? ""}`,
  };
  const node = {
    name: "web-1",
    group: "web",
    address: "127.0.0.1",
    port: sshd.port,
    "host-keys": sshd.hostKeys,
    tags: { bootstrapped: "true" },
  };
  const admin = { username: "ops", "private-key": sshd.identity, "become-password": { secret: "ops/sudo" } };
  try {
    await Deno.writeTextFile(join(folder, "infra.ts"), INFRA);
    await Deno.writeTextFile(
      join(folder, "pallet.yaml"),
      // JSON is YAML.
      JSON.stringify({
        services: { mine: { provider: "node-list", nodes: [node] } },
        "admin-user": admin,
        "ssh-config": "none",
        secrets: [{ from: "files", folder: "kept" }],
      }),
    );
    for (const [name, value] of [["ops/sudo", PASSWORD], ["db/word", SECRET]] as const) {
      await Deno.mkdir(join(folder, "kept", name, ".."), { recursive: true });
      await Deno.writeTextFile(join(folder, "kept", name), `${value}\n`);
    }
    const [program = "", ...first] = palletCommand;
    await body({
      folder,
      env,
      start: (args) => startCli(args, { cwd: folder, env }),
      run: async (status, ...args) => {
        const { code, stdout, stderr } = await new Deno.Command(program, {
          args: [...first, ...args],
          cwd: folder,
          env: { ...env, ...telemetry },
          stdin: "null",
        }).output();
        const text = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
        assert.equal(code, status, `${args.join(" ")}: ${text}`);
        assertClean(text, args.join(" "));
        return text;
      },
    });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** A scheduler of the project's own, and a plugin that tells of ends of runs. */
async function withNotices(folder: string, url: string): Promise<void> {
  await Deno.mkdir(join(folder, "bin"));
  const programs = {
    crontab: '[ "$1" != - ] || cat >/dev/null',
    sendmail: `[ "$1" = -V ] || cat >>'${join(folder, "letters")}'`,
  };
  for (const [name, line] of Object.entries(programs)) {
    await Deno.writeTextFile(join(folder, "bin", name), `#!/bin/sh\n${line}\n`, { mode: 0o755 });
  }
  const yaml = join(folder, "pallet.yaml");
  const chat = {
    from: new URL("../plugins/webhook/mod.ts", import.meta.url).pathname,
    kind: "notifier",
    permissions: { net: [new URL(url).host] },
    options: { url },
  };
  const before = JSON.parse(await Deno.readTextFile(yaml));
  await Deno.writeTextFile(yaml, JSON.stringify({ ...before, plugins: { chat } }));
}

/** Where traces go while a test has a collector. */
let telemetry: Readonly<Record<string, string>> = {};

test("fault 24, fault 26: no view of a run, nothing that is saved of it, no trace and no notice has a secret or a password", () =>
  withSshd({ prepare: PREPARE }, (sshd) =>
    withProject(sshd, async ({ folder, run }) => {
      const heard: { readonly path: string; readonly text: string }[] = [];
      const collector = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, async (request) => {
        heard.push({ path: new URL(request.url).pathname, text: await request.text() });
        return Response.json({});
      });
      const url = `http://127.0.0.1:${collector.addr.port}`;
      telemetry = { OTEL_EXPORTER_OTLP_ENDPOINT: url };
      try {
        const saved = ["a.html", "a.xml", "a.jsonl"].flatMap((name) => ["--save", join(folder, name)]);
        assert.match(await run(0, "lift", "--verbose", "--reporter", "plain", ...saved), /it is \*\*\*/);
        assert.equal(await sshd.exec("cat /etc/app.env"), `WORD=${SECRET}\n`);
        const failing = ["lift", "--phase", "fails", "--verbose"];
        for (const view of ["plain", "tty", "jsonl", "junit", "html", "github-actions"]) {
          const text = await run(1, ...failing, "--reporter", view);
          assert.match(text, /no entry for (?:\*\*\*|%2A)/, view);
        }
        await run(1, ...failing, "--json", ...saved.map((word) => word.replace("/a.", "/b.")));
        await run(0, "plan", "--check", "--verbose");
        await run(0, "explain", "web", "--os", "debian-12", "--script");
        for (const view of ["plain", "html", "junit", "jsonl"]) await run(0, "report", "--reporter", view);
        await run(0, "runs");
        await run(0, "config", "show", "--origin");
        for (const name of ["a.html", "a.xml", "a.jsonl", "b.html", "b.xml", "b.jsonl"]) {
          assert.ok((await Deno.stat(join(folder, name))).size > 0, name);
        }
        await withNotices(folder, `${url}/chat`);
        await run(1, ...failing, "--yes");
        const job = [
          "--cron",
          "@daily",
          "--scheduler",
          "cron",
          "--webhook",
          `${url}/job`,
          "--mail",
          "ops@example.com",
        ];
        await run(0, "schedule", "add", "job", ...job, "--", ...failing);
        await run(1, "schedule", "run", "job");
        for (const path of ["/v1/traces", "/chat", "/job"]) {
          const texts = heard.filter((one) => one.path === path).map(({ text }) => text);
          assert.ok(texts.length > 0, `${path} was told`);
          assertClean(texts.join("\n"), path);
        }
        const notice = heard.find(({ path }) => path === "/job")?.text ?? "";
        for (const text of [notice, await Deno.readTextFile(join(folder, "letters"))]) {
          assert.match(text, /no entry for \*\*\*/);
        }
        assert.deepEqual(await here(folder), []);
        assert.deepEqual(await onNode(sshd), []);
      } finally {
        telemetry = {};
        await collector.shutdown();
      }
    })));

test("fault 27: a runner that is killed leaves neither its secret nor the password of sudo, there or here", () =>
  withSshd({ prepare: PREPARE }, (sshd) =>
    withProject(sshd, async ({ folder, start, run }) => {
      const cli = start(["lift", "--phase", "slow"]);
      try {
        await cli.until((event) => event.type === "action-started" && event.id === "slow");
        const inMemory = (path: string) =>
          path.startsWith("/run/pallet/") || path.startsWith("/dev/shm/pallet");
        assert.deepEqual((await onNode(sshd)).filter((path) => !inMemory(path)), [], "while it runs");
        cli.kill("SIGKILL");
        await cli.finished;
        assert.deepEqual((await onNode(sshd)).filter((path) => !inMemory(path)), [], "when it was killed");
        assert.deepEqual(await here(folder), []);
        // The script goes on by itself, to its end.
        await sshd.exec(
          "for i in $(seq 100); do pgrep -f '[/]scripts/.*/script' >/dev/null || exit 0; sleep 0.1; done",
        );
        await run(0, "exec", "true", "--lock-wait", "150");
        assert.deepEqual(await onNode(sshd), [], "after the next run");
        assert.deepEqual(await here(folder), []);
        assert.equal(await sshd.exec("cat /etc/app.env"), `WORD=${SECRET}\n`);
      } finally {
        await cli.end();
      }
    })));
