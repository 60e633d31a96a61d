// Hostile crates, by URL, in all ways in which Pallet runs: from its sources, and as the executable of both kinds.
import assert from "node:assert/strict";
import { join } from "node:path";
import { type CrateHost, withCrateHost } from "./support/crate_host.ts";
import { executable, type Outcome, run, withFolder } from "./support/executable.ts";
import { type HostileCrate, hostileCrates } from "./support/hostile_crates.ts";
import { standIn } from "./support/compiled.ts";
import { denoDir, palletCommand } from "./support/process.ts";

/** What no crate must get at; it stands in a file, in a variable and on standard input. */
const SECRET = "the-secret-of-the-user";
/** Runs at once. */
const AT_ONCE = 3;

const windows = Deno.build.os === "windows";
if (windows) console.log("ignored: hostile crates in the executable, which is an archive on Windows");

/** A project that uses a crate, beside a home with a key. */
async function project(folder: string, name: string, url: string, crate: HostileCrate): Promise<string> {
  const root = join(folder, name);
  await Deno.mkdir(root);
  await Deno.symlink("../home/.ssh/id_ed25519", join(root, "link"));
  await Deno.writeTextFile(
    join(root, "infra.ts"),
    `import { groupSpec } from "pallet";
import { hostile } from "${url}";
export const web = groupSpec("web", { extends: [hostile] });
`,
  );
  await Deno.writeTextFile(join(root, "pallet.yaml"), `defaults: { evaluate-timeout: ${crate.seconds} }\n`);
  return root;
}

/** Processes that have a folder in their environment. */
async function processesOf(folder: string): Promise<readonly string[]> {
  const found: string[] = [];
  for await (const { name } of Deno.readDir("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const environment = await Deno.readTextFile(`/proc/${name}/environ`).catch(() => "");
    if (environment.includes(folder)) {
      found.push(await Deno.readTextFile(`/proc/${name}/cmdline`).catch(() => "gone"));
    }
  }
  return found;
}

/** Processes that are left behind: a shell that has read files for a program ends by itself, a moment after it. */
async function leftOf(folder: string): Promise<readonly string[]> {
  const end = performance.now() + 5000;
  while (true) {
    const found = await processesOf(folder);
    if (found.length === 0 || performance.now() > end) return found;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

interface Tried {
  readonly crate: HostileCrate;
  readonly url: string;
  readonly outcome: Outcome;
}

/** Explains a group of each crate, some at once; the host serves them all. */
async function tryAll(
  command: readonly string[],
  folder: string,
  host: CrateHost,
): Promise<readonly Tried[]> {
  const home = join(folder, "home");
  await Deno.mkdir(join(home, ".ssh"), { recursive: true });
  await Deno.writeTextFile(join(home, ".ssh", "id_ed25519"), SECRET);
  await Deno.writeTextFile(join(home, ".ssh", "config.json"), JSON.stringify(SECRET));
  const env = { HOME: home, PATH: "/usr/bin:/bin", SECRET, DENO_DIR: denoDir };
  const waiting = hostileCrates.map((crate, at) => ({ crate, name: `c${at}` }));
  const tried: Tried[] = [];
  const work = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const { crate, name } = next;
      const url = `${host.url}/${name}/mod.ts`;
      host.files[`/${name}/mod.ts`] = crate.source.replaceAll("HOME", home).replaceAll("HOST", host.url);
      const cwd = await project(folder, name, url, crate);
      const outcome = await run([...command, "explain", "web", "--os", "debian-12"], {
        cwd,
        env,
        input: `${SECRET}\n`,
      });
      tried.push({ crate, url, outcome });
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return tried;
}

function check({ crate, url, outcome: { status, out, err } }: Tried): void {
  const said = `${err}\n${out.slice(0, 2000)}`;
  assert.ok(!out.includes(SECRET) && !err.includes(SECRET), `the secret is told: ${said}`);
  assert.doesNotMatch(err, /Pallet itself failed|internal|Stack backtrace/i);
  assert.ok(!`${out}${err}`.includes("\x1b[2J"), "the terminal is told nothing");
  if (crate.refused === undefined) {
    assert.equal(status, 0, said);
    assert.match(out, crate.explained ?? /(?:)/);
  } else {
    assert.match(err, crate.refused);
    assert.ok(err.includes(url), `the crate's URL is not told: ${err}`);
    assert.equal(status, 2, said);
  }
}

async function withstand(t: Deno.TestContext, command: readonly string[]): Promise<void> {
  await withFolder((folder) =>
    withCrateHost({}, async (host) => {
      const asked = new Set<string>();
      for (const tried of await tryAll(command, folder, host)) {
        await t.step(`a crate that ${tried.crate.tries}`, () => check(tried));
        asked.add(new URL(tried.url).pathname);
      }
      // What a crate asks for by itself would be among these.
      assert.deepEqual(host.requests.filter((path) => !asked.has(path) && path !== "/etc/hostname.ts"), []);
      if (Deno.build.os === "linux") assert.deepEqual(await leftOf(folder), []);
    })
  );
}

Deno.test("Pallet from its sources withstands hostile crates", (t) => withstand(t, palletCommand));

Deno.test({
  name: "the executable withstands hostile crates",
  ignore: windows,
  fn: async (t) => await withstand(t, [await executable()]),
});

Deno.test({
  name: "a compiled executable withstands hostile crates, as far as a stand-in tells",
  ignore: windows,
  fn: async (t) => await withFolder(async (folder) => await withstand(t, [await standIn(folder)])),
});
