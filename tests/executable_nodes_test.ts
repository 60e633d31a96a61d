// The built file on lab nodes, in an empty environment and without a network: converge, crates, signals, arguments.
import assert from "node:assert/strict";
import { join } from "node:path";
import { labCache, whyNoLab } from "../providers/lab/test_support.ts";
import { makeCertificates, withCrateHost } from "./support/crate_host.ts";
import {
  executable,
  openOffline,
  type Outcome,
  run,
  type RunOptions,
  start,
  withFolder,
} from "./support/executable.ts";
import { has } from "./support/needs.ts";

const file = Deno.build.os === "windows" ? "" : await executable();
const noLab = await whyNoLab();
if (noLab !== undefined) console.log(`ignored: the executable on nodes: ${noLab}`);

const CRATE = `import { execScript, serverSpec, sh } from "pallet";
export const motd = serverSpec({ phases: {
  configure: () => execScript(sh\`echo hello from a crate >/etc/motd\`),
  short: () => execScript(sh\`touch /tmp/began; sleep 3; touch /tmp/ended\`),
  slow: () => execScript(sh\`sleep 30\`),
  fails: () => execScript(sh\`exit 7\`),
} });
`;
const CONFIG = "services:\n  executable-test: { provider: lab }\ndefault-service: executable-test\n";

/** A project whose crate was fetched from a host that is gone. */
async function project(folder: string): Promise<void> {
  const certificates = await makeCertificates(folder);
  await withCrateHost({ "/motd.ts": CRATE }, async (host) => {
    await Deno.writeTextFile(
      join(folder, "infra.ts"),
      `import { groupSpec, nodeSpec } from "pallet";
import { motd } from "${host.url}/motd.ts";
export const web = groupSpec("web", {
  nodeSpec: nodeSpec({ image: { imageId: "host" } }), count: 1, extends: [motd],
});
`,
    );
    await Deno.writeTextFile(join(folder, "pallet.yaml"), CONFIG);
    const fetched = await run([file, "groups"], {
      cwd: folder,
      env: { HOME: folder, DENO_CERT: certificates.authority },
    });
    assert.equal(fetched.status, 0, fetched.err);
  }, certificates);
  // The images' folder is shared, so that no other is built.
  await Deno.mkdir(join(folder, ".cache/pallet/providers"), { recursive: true });
  await Deno.symlink(labCache, join(folder, ".cache/pallet/providers/lab"));
}

/** Starts a command that is sent signals, each once the run has said something. */
async function interrupted(
  command: readonly string[],
  options: RunOptions,
  phase: string,
  signals: readonly Deno.Signal[],
): Promise<Outcome & { readonly program: string }> {
  const process = start([...command, "lift", "--phase", phase], options);
  const said = process.stderr.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  const more = async (): Promise<boolean> => {
    const { value = "", done } = await said.read();
    text += value;
    return !done;
  };
  while (!text.includes(`phase ${phase}`)) assert.ok(await more(), `it ended early: ${text}`);
  const program = await Deno.readLink(`/proc/${process.pid}/exe`);
  await new Promise((resolve) => setTimeout(resolve, 700));
  for (const signal of signals) {
    const before = text.length;
    process.kill(signal);
    while (text.length === before) if (!await more()) break;
  }
  while (await more());
  await process.stdout.cancel();
  return { status: (await process.status).code, out: "", err: text, program };
}

Deno.test({
  name: "the executable converges nodes with a crate by URL, offline, and obeys signals",
  ignore: file === "" || noLab !== undefined || !await has("openssl"),
  fn: async (t) => {
    await withFolder(async (folder) => {
      await project(folder);
      const options = { cwd: folder, env: { HOME: folder } };
      const offline = await openOffline();
      const pallet = [...offline.enter, file];
      const exec = (...words: readonly string[]) => run([...pallet, "exec", ...words], options);
      try {
        await t.step("converge", async () => {
          const { status, err } = await run([...pallet, "converge", "--yes"], options);
          assert.equal(status, 0, err);
          assert.match(err, /web-1.*1 changed/);
          const { out, err: shown } = await exec("cat /etc/motd");
          assert.match(out + shown, /hello from a crate/);
        });
        await t.step("arguments with blanks, and exit status", async () => {
          const { out, err } = await exec("printf '<%s>' 'a  b' \"it's $((1 + 1))\"");
          assert.match(out + err, /<a {2}b><it's 2>/);
          assert.equal((await exec("exit 3")).status, 1);
          assert.equal((await run([...pallet, "lift", "--phase", "fails"], options)).status, 1);
          assert.equal((await run([...pallet, "lift", "--phase", "none"], options)).status, 2);
        });
        await t.step("a question on a terminal, and its answer", async () => {
          // `script` is a terminal, and its input what is typed.
          const typed = `${pallet.join(" ")} destroy`;
          const script = ["/usr/bin/script", "--quiet", "--return", "--command", typed, "/dev/null"];
          const asked = await run(script, { ...options, input: "n\n" });
          assert.match(asked.out, /\[y\/N\]/);
          assert.notEqual(asked.status, 0);
          // Without a terminal nothing is taken for consent, whatever is typed.
          const piped = await run([...pallet, "destroy"], { ...options, input: "y\n" });
          assert.equal(piped.status, 2, piped.err);
        });
        await t.step("one Ctrl-C lets the script that runs end", async () => {
          const { status, err, program } = await interrupted(pallet, options, "short", ["SIGINT"]);
          assert.equal(status, 130, err);
          // The very process that was started is the program now: terminal, signals and pipes are its own.
          assert.match(program, /\/(?:deno|pallet)$/);
          assert.equal((await exec("test -e /tmp/ended")).status, 0);
        });
        await t.step("SIGTERM does the same, with its own status", async () => {
          const { status, err } = await interrupted(pallet, options, "short", ["SIGTERM"]);
          assert.equal(status, 143, err);
        });
        await t.step("the second Ctrl-C leaves at once", async () => {
          const began = performance.now();
          const { status, err } = await interrupted(pallet, options, "slow", ["SIGINT", "SIGINT"]);
          assert.equal(status, 130, err);
          assert.ok(performance.now() - began < 15_000);
        });
      } finally {
        const destroy = await run([...pallet, "destroy", "--yes"], options);
        await offline.close();
        assert.equal(destroy.status, 0, destroy.err);
      }
    });
  },
});
