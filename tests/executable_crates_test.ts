// Crates by URL in the built file, from a host with an authority of its own.
import assert from "node:assert/strict";
import { join } from "node:path";
import { type CrateHost, jsrFiles, makeCertificates, withCrateHost } from "./support/crate_host.ts";
import { executable, type Outcome, run, withFolder } from "./support/executable.ts";
import { has } from "./support/needs.ts";

const file = Deno.build.os === "windows" ? "" : await executable();
const able = file !== "" && await has("openssl");
if (!able) console.log("ignored: crates by URL in the executable, which take openssl and no Windows");

const CRATE = (words: string): string =>
  `import { execScript, serverSpec, sh } from "pallet";
import { greeting } from "./words.ts";
enum Loud { yes = "!" }
export const motd = (name: string) => serverSpec({ phases: {
  configure: () => execScript(sh\`echo \${greeting + name + Loud.yes} >/etc/motd\`),
} });
export const said = "${words}";
`;
const WORDS = 'export const greeting: string = "hello ";\n';

const infra = (from: string, name: string): string =>
  `import { groupSpec } from "pallet";
import { motd } from "${from}";
export const web = groupSpec("web", { extends: [motd("${name}")] });
`;

/** A project beside a home, and a way to explain it. */
interface Stage {
  readonly folder: string;
  readonly host: CrateHost;
  explain(source: string, ...options: readonly string[]): Promise<Outcome>;
  lock(): Promise<{ readonly modules: Readonly<Record<string, string>> }>;
}

async function onStage(use: (stage: Stage) => Promise<void>): Promise<void> {
  await withFolder(async (folder) => {
    const certificates = await makeCertificates(folder);
    const project = join(folder, "project");
    await Deno.mkdir(project);
    const files = {
      "/motd/mod.ts": CRATE("first"),
      "/motd/words.ts": WORDS,
      ...await jsrFiles({
        "@crates/motd": {
          "1.2.3": { exports: "./mod.ts", files: { "/mod.ts": CRATE("jsr"), "/words.ts": WORDS } },
        },
      }),
    };
    await withCrateHost(files, async (host) => {
      const env = { HOME: folder, DENO_CERT: certificates.authority, JSR_URL: host.url };
      await use({
        folder,
        host,
        explain: async (source, ...options) => {
          await Deno.writeTextFile(join(project, "infra.ts"), source);
          return await run([file, "explain", "web", "--os", "debian-12", ...options], { cwd: project, env });
        },
        lock: async () => JSON.parse(await Deno.readTextFile(join(project, "pallet.lock"))),
      });
    }, certificates);
  });
}

function explained({ status, out, err }: Outcome, words: string): void {
  assert.equal(status, 0, err);
  assert.ok(out.includes(words), out);
}

Deno.test({
  name: "the executable takes a crate by URL, by jsr: and by a pinned name, and then without network",
  ignore: !able,
  fn: async () => {
    await onStage(async ({ folder, host, explain, lock }) => {
      const byUrl = infra(`${host.url}/motd/mod.ts`, "url");
      explained(await explain(byUrl), "echo 'hello url!'");
      assert.deepEqual(Object.keys((await lock()).modules).sort(), [
        `${host.url}/motd/mod.ts`,
        `${host.url}/motd/words.ts`,
      ]);
      explained(await explain(infra("jsr:@crates/motd@1", "jsr")), "echo 'hello jsr!'");
      await Deno.writeTextFile(
        join(folder, "project", "deno.json"),
        JSON.stringify({ imports: { motd: `${host.url}/motd/mod.ts` } }),
      );
      explained(await explain(infra("motd", "pinned")), "echo 'hello pinned!'");
      const asked = host.requests.length;
      explained(await explain(byUrl, "--offline", "--frozen"), "echo 'hello url!'");
      assert.equal(host.requests.length, asked, "what is locked and cached is not asked for");
    });
  },
});

Deno.test({
  name: "the executable refuses a crate of which a byte has changed, and one that it cannot have",
  ignore: !able,
  fn: async () => {
    await onStage(async ({ folder, host, explain, lock }) => {
      const url = `${host.url}/motd/mod.ts`;
      const source = infra(url, "x");
      explained(await explain(source), "echo 'hello x!'");
      const { [url]: expected } = (await lock()).modules;
      await Deno.remove(join(folder, ".cache", "pallet", "crates"), { recursive: true });
      const offline = await explain(source, "--offline");
      assert.equal(offline.status, 2);
      assert.match(offline.err, /it is not in the cache, and --offline/);
      host.files["/motd/mod.ts"] = CRATE("First");
      const tampered = await explain(source);
      assert.equal(tampered.status, 2, tampered.out);
      assert.equal(tampered.out, "");
      assert.ok(tampered.err.includes(url), tampered.err);
      assert.ok(tampered.err.includes(expected ?? "?"), tampered.err);
      const strange = await explain(infra(`${host.url}/none.ts`, "x"));
      assert.match(strange.err, /answered 404/);
      const frozen = await explain(infra("jsr:@crates/motd@1", "x"), "--frozen");
      assert.equal(frozen.status, 2);
      assert.match(frozen.err, /--frozen/);
    });
  },
});

Deno.test({
  name: "the executable does not trust a host whose authority it was not told of",
  ignore: !able,
  fn: async () => {
    await onStage(async ({ folder, host }) => {
      const cwd = join(folder, "project");
      await Deno.writeTextFile(join(cwd, "infra.ts"), infra(`${host.url}/motd/mod.ts`, "x"));
      const { status, err } = await run([file, "explain", "web", "--os", "debian-12"], {
        cwd,
        env: { HOME: folder },
      });
      assert.equal(status, 2);
      assert.match(err, /certificate/i);
      assert.deepEqual(host.requests, []);
    });
  },
});

Deno.test({
  name: "the executable keeps to the size of its terminal",
  ignore: !able || Deno.build.os !== "linux" || !await has("script"),
  fn: async () => {
    await onStage(async ({ folder, host }) => {
      const cwd = join(folder, "project");
      const path = `/${"long/".repeat(20)}mod.ts`;
      host.files[path] = CRATE("long");
      host.files[path.replace("mod.ts", "words.ts")] = async () => {
        await new Promise((resolve) => setTimeout(resolve, 300));
        return new Response(WORDS, { headers: { "content-type": "text/typescript" } });
      };
      await Deno.writeTextFile(join(cwd, "infra.ts"), infra(host.url + path, "x"));
      for (const columns of [40, 70]) {
        await Deno.remove(join(folder, ".cache", "pallet", "crates"), { recursive: true }).catch(() => {});
        const command = `stty cols ${columns} rows 10; '${file}' explain web --os debian-12`;
        const { out, status } = await run(
          ["/usr/bin/script", "--quiet", "--return", "--command", command, "/dev/null"],
          {
            cwd,
            env: {
              HOME: folder,
              PATH: "/usr/bin:/bin",
              TERM: "xterm",
              DENO_CERT: join(folder, "ca.pem"),
            },
          },
        );
        assert.equal(status, 0, out);
        // deno-lint-ignore no-control-regex
        const widths = [...out.matchAll(/\r\x1b\[K(Fetching \d+: [^\r\n\x1b]*)/g)].map(([, line = ""]) =>
          line.length
        );
        assert.ok(widths.length > 0, JSON.stringify(out));
        assert.equal(Math.max(...widths), columns - 1);
      }
    });
  },
});
