// Hostile names, contents and scripts on real nodes: taken byte by byte or refused, and nothing of them is run.
import assert from "node:assert/strict";
import { type LabProject, labTest, of } from "./support/lab.ts";
import { hostileNames } from "./support/actions.ts";
import { pallet } from "./support/process.ts";

const HEAD =
  `import { directory, execScript, group, groupSpec, lineInFile, packages, remoteFile, sh, symbolicLink, user } from "pallet";\n`;

/** A group `a` with these phases, each an expression of its actions. */
function infra(phases: Readonly<Record<string, string>>): string {
  const all = Object.entries(phases).map(([name, actions]) => `${JSON.stringify(name)}: () => ${actions}`);
  return `${HEAD}export const a = groupSpec("a", { phases: { ${all.join(",\n")} } });\n`;
}

const CONTENTS = [
  "",
  "no newline at the end",
  "\n\n\n",
  "tab\there, carriage return\r\n, backslash \\n, and \\",
  "PALLET\nEOF\n.\n'EOF'\n",
  "$(touch /owned) `touch /owned` ${HOME} $HOME !! %s%n\n",
  "\u0001\u007f\u00a0ünïcödé ☃ \u{1f600}\n",
  "x".repeat(300_000),
];

/** Files of a folder with their contents, and links with their targets, as they are on the node. */
async function filesOf(p: LabProject, folder: string): Promise<ReadonlyMap<string, string>> {
  const listing = await p.on(
    "a-1",
    `cd ${folder} && find . -mindepth 1 \\( -type f -o -type l \\) -print0 | while IFS= read -r -d '' f; do
      printf '%s ' "$(printf %s "$f" | base64 -w0)"
      if [[ -L $f ]]; then readlink -n -- "$f" | base64 -w0; else base64 -w0 <"$f"; fi
      echo
    done`,
  );
  const text = (base64: string) => new TextDecoder().decode(Uint8Array.fromBase64(base64));
  return new Map(
    listing.split("\n").map((line) => {
      const [name = "", content = ""] = line.split(" ");
      return [text(name).slice(2), text(content)];
    }),
  );
}

async function assertNotOwned(p: LabProject): Promise<void> {
  assert.equal(await p.on("a-1", "ls -d /owned /root/owned /srv/owned /srv/*/owned 2>/dev/null || true"), "");
}

labTest(
  "fault 28, fault 49: hostile file names and contents arrive byte by byte, twice the same, and nothing of them is run",
  infra({
    names: `NAMES.flatMap((name) => [
      remoteFile(\`/srv/names/\${name}\`, { content: \`\${name}\\n\` }),
      symbolicLink(name, \`/srv/links/\${name}\`),
      directory(\`/srv/folders/\${name}\`),
    ])`,
    contents: `CONTENTS.map((content, at) => remoteFile(\`/srv/contents/\${at}\`, { content }))`,
    lines: `NAMES.filter((name) => !name.includes("\\n")).map((line) => lineInFile("/srv/lines", line))`,
    script:
      `NAMES.map((name, at) => execScript(sh\`printf %s \${name} >/srv/script/\${at}\`, { id: String(at) }))`,
  }).replace(
    "export",
    () =>
      `const NAMES: string[] = ${JSON.stringify(hostileNames)};\nconst CONTENTS: string[] = ${
        JSON.stringify(CONTENTS)
      };\nexport`,
  ),
  async (p) => {
    await p.ok("converge", "a=1", "--yes", "--no-phases");
    await p.on(
      "a-1",
      "mkdir /srv/names /srv/links /srv/folders /srv/contents /srv/script && touch /srv/lines",
    );
    const phases = ["lift", "--phase", "names,contents,lines"];
    const first = await p.ok(...phases, "--phase", "script");
    assert.ok(of(first, "action-finished").every((one) => one.result === "changed"));
    assert.deepEqual(
      [...await filesOf(p, "/srv/names")].toSorted(),
      hostileNames.map((name) => [name, `${name}\n`]).toSorted(),
    );
    assert.deepEqual(
      [...await filesOf(p, "/srv/links")].toSorted(),
      hostileNames.map((name) => [name, name]).toSorted(),
    );
    const contents = await filesOf(p, "/srv/contents");
    CONTENTS.forEach((content, at) => assert.equal(contents.get(String(at)), content, `content ${at}`));
    const scripts = await filesOf(p, "/srv/script");
    hostileNames.forEach((name, at) => assert.equal(scripts.get(String(at)), name, `word ${at}`));
    assert.equal(
      await p.on("a-1", "find /srv/folders -mindepth 1 -maxdepth 1 -type d -printf x"),
      "x".repeat(hostileNames.length),
    );
    assert.deepEqual(
      (await p.on("a-1", "cat /srv/lines")).split("\n"),
      hostileNames.filter((name) => !name.includes("\n")),
    );
    await assertNotOwned(p);

    const again = await p.ok(...phases);
    assert.deepEqual(
      of(again, "action-finished").filter((one) => one.result !== "ok").map((one) => one.title),
      [],
    );
    const check = await p.ok("plan", "a=1", "--check", "--phase", "names,contents,lines");
    assert.ok(of(check, "action-finished").length > 0);
    assert.deepEqual(
      of(check, "action-finished").filter((one) => one.result !== "ok").map((one) => one.title),
      [],
    );
  },
);

/** Names of users, and with a `g` of groups: one for each node of a group. */
const PRINCIPALS = ["$(touch${IFS}/owned)", "`touch${IFS}owned`", "it's", 'a"b', "a;b", "*", "%s"].flatMap(
  (name) => {
    const legal = name.replaceAll("/", "");
    return [`user(${JSON.stringify(legal)})`, `group(${JSON.stringify(`${legal}g`)})`];
  },
);

labTest(
  "hostile package names fail by their names, and the packages there are stay",
  infra({
    plus: `packages("libstdc++6")`,
    minus: `packages("coreutils-")`,
    unknown: `packages("no-such-package-here")`,
  }),
  async (p) => {
    await p.ok("converge", "a=1", "--yes", "--no-phases");
    const plus = await p.ok("lift", "--phase", "plus");
    assert.deepEqual(of(plus, "action-finished").map((one) => one.result), ["ok"]);
    for (const [phase, name] of [["minus", "coreutils-"], ["unknown", "no-such-package-here"]] as const) {
      const run = await p.run("lift", "--phase", phase);
      assert.equal(run.status, 1, run.err);
      assert.ok(of(run, "action-finished")[0]?.output?.includes(name), JSON.stringify(run.events));
    }
    await p.on("a-1", "command -v ls && dpkg -s coreutils >/dev/null");
  },
);

labTest(
  "hostile names of users and groups are taken whole or refused, and nothing of them is run",
  `${HEAD}const PRINCIPALS = [${PRINCIPALS.join(", ")}];
  export const a = groupSpec("a", { phases: {
    comment: () => user("keeper", { comment: "it's $(touch /owned) -x" }),
    names: ({ target }) => PRINCIPALS[Number(target.name.slice(2)) - 1],
  } });
  `,
  async (p) => {
    await p.ok("converge", `a=${PRINCIPALS.length}`, "--yes", "--no-phases");
    await p.ok("lift", "--phase", "comment", "--limit", "a-1");
    assert.equal(await p.on("a-1", "getent passwd keeper | cut -d: -f5"), "it's $(touch /owned) -x");
    // Systems differ in the names they take.
    const run = await p.run("lift", "--phase", "names");
    const results = of(run, "action-finished");
    assert.equal(results.length, PRINCIPALS.length, run.err);
    await Promise.all(results.map(async ({ target, title, result, output }) => {
      const names = await p.on(target, "tail -n 1 -q /etc/passwd /etc/group | cut -d: -f1");
      const there = names.split("\n").some((name) => title === `user ${name}` || title === `group ${name}`);
      assert.equal(result, there ? "changed" : "failed", `${target} ${title}: ${names} ${output}`);
      assert.equal(await p.on(target, "ls -d /owned /root/owned /tmp/owned 2>/dev/null || true"), "");
    }));
  },
);

labTest(
  "fault 29: a script that reads its input finds the end of it, and what comes after it runs",
  infra({
    read:
      "[execScript(sh`cat >/root/input; read -r line || echo nothing >>/root/input`), execScript(sh`echo after >>/root/input`)]",
  }),
  async (p) => {
    await p.ok("converge", "a=1", "--yes", "--no-phases");
    await p.ok("lift", "--phase", "read");
    assert.equal(await p.on("a-1", "cat /root/input"), "nothing\nafter");
  },
);

labTest(
  "a script that starts a daemon ends at once, and the daemon lives",
  infra({ daemon: "execScript(sh`sleep 3600 & echo started`)", next: "execScript(sh`pgrep -x sleep`)" }),
  async (p) => {
    await p.ok("converge", "a=1", "--yes", "--no-phases");
    const began = performance.now();
    const run = await p.ok("lift", "--phase", "daemon,next");
    assert.ok(performance.now() - began < 20_000);
    assert.ok(of(run, "action-finished").every((one) => one.duration < 10_000));
    await p.on("a-1", "pgrep -x sleep");
  },
);

/** Megabytes that a process held at most, looked at until it ends. */
async function peak(pid: number, over: Promise<unknown>): Promise<number> {
  let most = 0;
  let running = true;
  const ended = over.finally(() => running = false);
  while (running) {
    const text = await Deno.readTextFile(`/proc/${pid}/status`).catch(() => "");
    most = Math.max(most, Number(/^VmHWM:\s+(\d+)/m.exec(text)?.[1] ?? 0) / 1024);
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
  await ended;
  return most;
}

labTest(
  "fault 13: a script that prints a million lines ends well, with its end kept and memory bounded",
  infra({
    loud:
      "[execScript(sh`seq 1000000; seq 1000000 >&2`), execScript(sh`seq 1000000; echo the very end; exit 5`)]",
  }),
  async (p) => {
    await p.ok("converge", "a=1", "--yes", "--no-phases");
    const loud = p.start(["lift", "--phase", "loud", "--verbose"]);
    const most = await peak(loud.pid, loud.finished);
    const run = await loud.finished;
    assert.equal(run.status, 1, run.err);
    assert.deepEqual(of(run, "action-finished").map((one) => [one.result, one.exit]), [["changed", 0], [
      "failed",
      5,
    ]]);
    assert.match(of(run, "action-finished")[1]?.output ?? "", /1000000\nthe very end\n/);
    assert.ok(most > 0 && most < 400, `held ${Math.round(most)} MB`);

    const exec = p.start(["exec", "seq 1000000"]);
    const held = await peak(exec.pid, exec.finished);
    const { status, events, err } = await exec.finished;
    assert.equal(status, 0, err);
    const text = of({ events }, "output").map((one) => one.text).join("");
    assert.match(text, /^1\n2\n3\n/);
    assert.match(text, /\n1000000\n$/);
    assert.ok(held > 0 && held < 400, `held ${Math.round(held)} MB`);
  },
);

labTest(
  "fault 13, fault 14: 200 MB and a line of 10 MB stay small here, their end is told, and the node keeps the whole",
  infra({
    huge:
      "execScript(sh`yes 'a line of output that is not short' | head -c 200000000; head -c 10000000 /dev/zero | tr '\\0' x; echo; echo the very end; exit 5`)",
  }),
  async (p) => {
    await p.ok("converge", "a=1", "--yes", "--no-phases");
    const paths: string[] = [];
    for (const more of [[], ["--verbose"]]) {
      const cli = p.start(["lift", "--phase", "huge", ...more]);
      const most = await peak(cli.pid, cli.finished);
      const run = await cli.finished;
      assert.equal(run.status, 1, run.err);
      assert.match(of(run, "action-finished")[0]?.output ?? "", /the very end\n/);
      assert.ok(most > 0 && most < 400, `held ${Math.round(most)} MB`);
      console.log(`  held ${Math.round(most)} MB ${more.join(" ")}`);
      const [omitted, ...others] = of(run, "output-omitted");
      assert.ok(omitted?.path !== undefined && others.length === 0, JSON.stringify(run.events));
      const size = Number(await p.on("a-1", `stat -c %s ${omitted.path}`));
      assert.ok(size > 210_000_000 && omitted.bytes === size - 2 * 4_194_304, `${size}`);
      assert.equal(omitted.lost, 0);
      paths.push(omitted.path);
    }
    for (const path of paths) {
      const whole = "yes 'a line of output that is not short' | head -c 200000000; " +
        "head -c 10000000 /dev/zero | tr '\\0' x; echo; echo the very end";
      await p.on("a-1", `(${whole}) | cmp -n 210000014 - ${path}`);
    }
    const { out } = await pallet(["report"], { cwd: p.folder, env: { XDG_STATE_HOME: `${p.folder}/state` } });
    assert.ok(out.includes(`all of it is on the node in ${paths[1]}`), out);
    const kilobytes = Number((await p.on("a-1", "du -skc /run/pallet | tail -n 1")).split(/\s/)[0]);
    assert.ok(kilobytes < 1000, `${kilobytes} KB are kept in memory`);
  },
);

labTest(
  "fault 13: what a node prints can do nothing to the terminal that shows it",
  infra({ say: String.raw`execScript(sh${"`"}printf 'a\033]0;owned\007\033[2Jb\r\n'; exit 1${"`"})` }),
  async (p) => {
    await p.ok("converge", "a=1", "--yes", "--no-phases");
    const { status, err } = await pallet(["lift", "--phase", "say"], {
      cwd: p.folder,
      env: { XDG_STATE_HOME: `${p.folder}/state` },
    });
    assert.equal(status, 1, err);
    assert.match(err, /\| a.*owned.*b/);
    // deno-lint-ignore no-control-regex
    assert.doesNotMatch(err, /[\x00-\x08\x0b-\x1f\x7f]/);
  },
);
