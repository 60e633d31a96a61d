// Values of secrets on real nodes: after each kind of run they are in the file that they were written to, and nowhere else.
import assert from "node:assert/strict";
import { join } from "node:path";
import { newIdentity } from "../engine/secrets/age/age.ts";
import { type LabProject, labTest, of } from "./support/lab.ts";

/** Nothing that this machine, which nodes are copies of, has in one of its files. */
const [ONE, TWO, OTHER] = [crypto.randomUUID(), crypto.randomUUID(), crypto.randomUUID()];
const CANARY = `${ONE} "qu'oted" $HOME \\ wörd ${TWO}`;
/** What is looked for: parts that no shell writes in another way, and base64 of the whole. */
const TRACES = [
  ONE,
  TWO,
  OTHER,
  ...[CANARY, OTHER].map((value) => new TextEncoder().encode(value).toBase64().slice(0, 40)),
];

const INFRA = `import { execScript, groupSpec, lineInFile, remoteFile, secret, sh } from "pallet";

const password = secret("db/password");
const conf = (mode?: string) =>
  remoteFile("/etc/app.env", { content: \`PASSWORD=\${password}\\n\`, ...(mode === undefined ? {} : { mode }) });

export const a = groupSpec("a", { phases: {
  configure: () => [
    conf(),
    execScript(sh\`IFS= read -r line < <(printf '%s\\n' \${password}); echo "\\\${#line}" >/root/seen; echo "it is \$line"\`, { id: "use" }),
    lineInFile("/etc/app.env", \`OTHER=\${secret("other")}\`),
  ],
  fails: () => [
    execScript(sh\`echo "cannot log in with \$(printf %s \${password} | base64 -w0)"; echo \${password} >&2; exit 4\`, { id: "fail" }),
  ],
  captures: () => execScript(sh\`printf %s \${password}\`, { id: "capture", capture: "value" }),
  plain: () => remoteFile("/etc/app.env", { content: "nothing to hide\\n", overwriteChanges: true }),
  slow: () => [
    conf(),
    execScript(sh\`x=\${password}; echo "begin \$x"; for ((i = 0; i < 40; i++)); do sleep 0.1; done; echo "end \$x"; exit 5\`, { id: "slow" }),
  ],
} });
`;

/** Looks for traces of values everywhere on a node: files but its own, processes and their surroundings. */
async function onNode(p: LabProject, name: string): Promise<readonly string[]> {
  const patterns = TRACES.map((trace) => `-e ${trace}`).join(" ");
  // Neither the command that looks, nor its shell, may be what is found.
  const command = [
    `cat >/root/.look <<'LOOK'`,
    `find / \\( -path /proc -o -path /sys -o -name .look -o -name app.env \\) -prune -o -type f -newer /etc/begun -print0 |`,
    `  xargs -0r grep -laF ${patterns} 2>/dev/null`,
    `for each in /proc/[0-9]*; do`,
    `  grep -qaF /root/.look "$each/cmdline" 2>/dev/null && continue`,
    `  grep -laF ${patterns} "$each/environ" "$each/cmdline" 2>/dev/null`,
    `done`,
    `true`,
    `LOOK`,
    `bash /root/.look; rm /root/.look`,
  ].join("\n");
  return (await p.on(name, command)).split("\n").filter((line) => line !== "");
}

/** Looks for traces in all that the run left on this machine. */
async function here(p: LabProject): Promise<readonly string[]> {
  const found: string[] = [];
  const visit = async (folder: string): Promise<void> => {
    for await (const { name, isDirectory, isFile } of Deno.readDir(folder)) {
      const path = join(folder, name);
      // Disks of nodes are the nodes' own.
      if (isDirectory && name !== "providers") await visit(path);
      if (!isFile) continue;
      const text = new TextDecoder("latin1").decode(await Deno.readFile(path));
      if (TRACES.some((trace) => text.includes(trace))) found.push(path);
    }
  };
  await visit(p.folder);
  return found;
}

function assertClean(text: string, what: string): void {
  for (const trace of TRACES) assert.ok(!text.includes(trace), `${trace} in ${what}: ${text}`);
}

async function keep(p: LabProject): Promise<Readonly<Record<string, string>>> {
  const { identity, recipient } = await newIdentity();
  const yaml = await Deno.readTextFile(join(p.folder, "pallet.yaml"));
  await p.write(
    "pallet.yaml",
    `${yaml}secrets: [{ from: environment }, { from: age, recipients: [${recipient}] }]\n`,
  );
  return { PALLET_AGE_IDENTITY: identity, PALLET_SECRET_DB_PASSWORD: CANARY, PALLET_SECRET_OTHER: OTHER };
}

labTest(
  "fault 26, 27: values of secrets are in the file that they are written to, and nowhere else",
  INFRA,
  async (p) => {
    const env = await keep(p);
    const lift = async (status: number, ...args: readonly string[]) => {
      const run = await p.start(["lift", ...args], env).finished;
      assert.equal(run.status, status, run.err);
      assertClean(run.err, "standard error");
      assertClean(JSON.stringify(run.events), "events");
      return run;
    };
    await p.ok("converge", "a=1", "--yes", "--no-phases");
    await p.on("a-1", "touch -d '1 minute ago' /etc/begun");

    const first = await lift(0, "--verbose");
    assert.equal(await p.on("a-1", "cat /root/seen"), `${CANARY.length}`);
    assert.match(JSON.stringify(first.events), /"set OTHER=\*\*\* in/);
    assert.equal(
      await p.on("a-1", "cat /etc/app.env; stat -c %a /etc/app.env"),
      `PASSWORD=${CANARY}\nOTHER=${OTHER}\n600`,
    );
    assert.deepEqual(await onNode(p, "a-1"), []);
    assert.deepEqual(await here(p), []);

    const again = await lift(0);
    assert.deepEqual(
      of(again, "action-finished").map(({ id, result }) => [id.split(":")[0], result]).filter(([id]) =>
        id !== "use"
      ),
      [["remoteFile", "changed"], ["lineInFile", "changed"]],
      "the line is not part of the file's content",
    );
    const failed = await lift(1, "--phase", "fails");
    assert.match(JSON.stringify(failed.events), /cannot log in with \*\*\*/);
    const captured = await lift(1, "--phase", "captures");
    assert.match(JSON.stringify(captured.events), /Cannot capture this output: a secret is in it/);
    assert.deepEqual(await onNode(p, "a-1"), []);

    // What takes its place shows neither the difference nor keeps what was there.
    const plain = await lift(0, "--phase", "plain", "--verbose");
    assert.match(JSON.stringify(plain.events), /no diff of \/etc\/app\.env: it holds secrets/);
    assert.equal(
      await p.on("a-1", "cat /etc/app.env; find /var/lib/pallet/versions -type f 2>/dev/null | wc -l"),
      "nothing to hide\n0",
    );
    assert.deepEqual(await onNode(p, "a-1"), []);
    assert.deepEqual(await here(p), []);
  },
);

labTest(
  "fault 27: a runner that is killed leaves no value behind, once its script has ended and the next run was there",
  INFRA,
  async (p) => {
    const env = await keep(p);
    await p.ok("converge", "a=1", "--yes", "--no-phases");
    await p.on("a-1", "touch -d '1 minute ago' /etc/begun");
    const cli = p.start(["lift", "--phase", "slow"], env);
    await cli.until((event) => event.type === "action-started" && event.id === "slow");
    cli.kill("SIGKILL");
    await cli.finished;
    const while_ = (await onNode(p, "a-1")).filter((path) => !path.startsWith("/run/pallet/"));
    assert.deepEqual(while_, [], "while the script goes on, what it printed is in memory");
    await p.on(
      "a-1",
      "for _ in $(seq 100); do pgrep -f '[/]scripts/.*/script' >/dev/null || exit 0; sleep 0.1; done; exit 1",
    );
    const next = await p.start(["exec", "true"], env).finished;
    assert.equal(next.status, 0, next.err);
    assert.deepEqual(await onNode(p, "a-1"), []);
    assert.deepEqual(await here(p), []);
    assert.equal(await p.on("a-1", "cat /etc/app.env"), `PASSWORD=${CANARY}`);
  },
);

labTest("a run that is gone on with asks for its secrets anew, and shows none of them", INFRA, async (p) => {
  const env = await keep(p);
  await p.ok("converge", "a=1", "--yes", "--no-phases");
  await p.on("a-1", "touch -d '1 minute ago' /etc/begun");
  const cli = p.start(["lift", "--phase", "slow", "--verbose"], env);
  await cli.until((event) => event.type === "action-started" && event.id === "slow");
  cli.kill("SIGKILL");
  await cli.finished;
  const run = await p.start(["resume", "--verbose"], env).finished;
  assert.equal(run.status, 1, run.err);
  assert.match(JSON.stringify(run.events), /begin \*\*\*[^]*end \*\*\*/);
  assertClean(JSON.stringify(run.events) + run.err, "what it says");
  assert.deepEqual(await onNode(p, "a-1"), []);
  assert.deepEqual(await here(p), []);
});
