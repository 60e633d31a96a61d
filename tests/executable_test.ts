// The built file as people run it: with nothing else of ours on the machine.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { evaluatedModules, measureStartup, packagesIn } from "../bench/startup.ts";
import { newIdentity } from "../engine/secrets/age/age.ts";
import { version } from "../engine/version.ts";
import {
  executable,
  nothingInstalled,
  run,
  type RunOptions,
  withFolder,
  withMounts,
} from "./support/executable.ts";
import { isRoot } from "./support/needs.ts";

const INFRA = `
import { execScript, groupSpec, nodeSpec, sh } from "pallet";
import { nginx } from "pallet/crates/nginx";
export const web = groupSpec("web", {
  nodeSpec: nodeSpec({ image: { imageId: "host" } }),
  count: 1,
  phases: {
    configure: () => execScript(sh\`echo hello >/etc/motd\`),
  },
});
export const proxy = groupSpec("proxy", { count: 0, extends: [nginx()] });
`;
const CONFIG = "services:\n  executable-test: { provider: lab }\ndefault-service: executable-test\n";

const file = Deno.build.os === "windows" ? "" : await executable();
/** Only this kind unpacks itself; what concerns that is not tested of the other. */
const extracts = file !== "" &&
  new TextDecoder().decode((await Deno.readFile(file)).subarray(0, 9)) === "#!/bin/sh";
if (!isRoot()) {
  console.log("ignored: most tests of the executable, which take root on Linux for mounts of their own");
}
if (!extracts) console.log("ignored: tests of unpacking, as the executable is not a self-extracting one");

/** A test that needs mounts or nodes of its own. */
function test(name: string, fn: () => Promise<void>, needs: "unpacking" | undefined = undefined): void {
  Deno.test({ name, fn, ignore: !isRoot() || (needs === "unpacking" && !extracts) });
}

/** Folder of the unpacked files below a home. */
const cacheOf = (home: string): string => join(home, ".cache", "pallet", "executable");

/** Unpacked files with their contents' hashes, without what Deno keeps for itself. */
async function unpacked(folder: string): Promise<Readonly<Record<string, string>>> {
  const { out } = await run(
    ["find", folder, "-type", "f", "-not", "-path", "*/cache/*", "-printf", "%P\n"],
    { env: { PATH: "/usr/bin:/bin" } },
  );
  const names = out.split("\n").filter((name) => name !== "").sort();
  return Object.fromEntries(
    await Promise.all(names.map(async (name) => {
      const hash = createHash("sha256").update(await Deno.readFile(join(folder, name)));
      return [name, hash.digest("hex")];
    })),
  );
}

async function project(folder: string): Promise<string> {
  await Deno.writeTextFile(join(folder, "infra.ts"), INFRA);
  await Deno.writeTextFile(join(folder, "pallet.yaml"), CONFIG);
  return folder;
}

/** What `pallet version` must leave. */
async function tellsVersion(command: readonly string[], options: RunOptions = {}): Promise<void> {
  assert.deepEqual(await run([...command, "version"], options), {
    status: 0,
    out: `pallet ${version}\n`,
    err: "",
  });
}

test("the executable works without Deno, Node, network and environment", async () => {
  await withFolder(async (folder) => {
    await project(folder);
    // One after the other in one place, so that it unpacks once.
    const commands = [
      '"$1" version',
      '"$1" plan',
      '"$1" explain proxy --os debian-12 --script',
    ];
    const shell = ["/bin/sh", "-c", commands.join(" && "), "sh"];
    const { status, out, err } = await run(
      ["/usr/bin/unshare", "--net", ...withMounts(await nothingInstalled(), file, shell)],
      { cwd: folder },
    );
    assert.equal(status, 0, err);
    assert.ok(out.startsWith(`pallet ${version}\n`), out);
    assert.match(out, /\+ web-1 host[\s\S]*execScript echo hello[\s\S]*nginx/);
  });
});

test("the executable passes arguments and exit status", async () => {
  await withFolder(async (home) => {
    const words = `x 'y" $HOME * \\`;
    const { status, err } = await run([file, words], { env: { HOME: home } });
    assert.equal(status, 2);
    assert.ok(err.includes(words), err);
    // The first dashes may come from a runner of tasks; what is behind others is no option.
    assert.equal((await run([file, "--", "--version"], { env: { HOME: home } })).status, 0);
    assert.equal((await run([file, "--", "--", "--version"], { env: { HOME: home } })).status, 2);
  });
});

test("the executable has no permission for foreign functions and modules of the network", async () => {
  const { permissions } = await import("../build/options.ts");
  const script =
    'for (const name of ["ffi", "import"]) console.log(Deno.permissions.querySync({ name }).state)';
  await withFolder(async (folder) => {
    await Deno.writeTextFile(join(folder, "probe.js"), script);
    const probe = await run(
      [Deno.execPath(), "run", "--no-config", ...permissions, join(folder, "probe.js")],
      {
        env: { HOME: folder },
      },
    );
    assert.equal(probe.out, "denied\ndenied\n");
    if (!extracts) return;
    const head = new TextDecoder().decode((await Deno.readFile(file)).subarray(0, 4096));
    assert.ok(head.includes(permissions.join(" ")));
    assert.doesNotMatch(head, /--allow-all|--allow-ffi|--allow-import| -A/);
  });
});

test("the executable asks for a secret on a terminal", async () => {
  await withFolder(async (folder) => {
    await Deno.writeTextFile(join(folder, "infra.ts"), INFRA);
    const { identity, recipient } = await newIdentity();
    await Deno.writeTextFile(join(folder, "age.key"), `${identity}\n`);
    await Deno.writeTextFile(
      join(folder, "pallet.yaml"),
      `secrets: [{ from: age, recipients: [${recipient}], identities: [age.key] }]\n`,
    );
    const options = { cwd: folder, env: { HOME: folder, PATH: "/usr/bin:/bin" } };
    // `script` is a terminal, and its input what is typed.
    const command = ["--quiet", "--return", "--command", `${file} secret set db/password`, "/dev/null"];
    const asked = await run(["/usr/bin/script", ...command], {
      ...options,
      input: "typed value\ntyped value\n",
    });
    assert.equal(asked.status, 0, asked.out);
    assert.match(asked.out, /Value of db\/password: /);
    const { out } = await run([file, "secret", "get", "db/password"], options);
    assert.equal(out, "typed value");
  });
});

test("the executable starts fast and loads no ssh and no YAML for its version", async () => {
  await withFolder(async (home) => {
    const env = { HOME: home };
    await run([file, "version"], { env });
    if (extracts) {
      const modules = await evaluatedModules(file, ["version"], env);
      assert.ok(modules.length > 2, "the modules were seen");
      assert.deepEqual(packagesIn(modules), []);
      // Node's loader of modules brings a good part of Node with it.
      assert.ok(modules.every((text) => !text.includes('"node:module"')));
    }
    // The first start of this very file may have to unpack it.
    await measureStartup(file, ["version"], 1);
    const { cpu } = await measureStartup(file, ["version"], 10);
    // A machine at work on other things takes longer for the same; the benchmark has the number.
    assert.ok(cpu < 120, `${cpu} ms`);
  });
});

test("the first starts of several processes at once leave one whole copy", async () => {
  await withFolder(async (home) => {
    await Promise.all(Array.from({ length: 3 }, () => tellsVersion([file], { env: { HOME: home } })));
    const names = await Array.fromAsync(Deno.readDir(cacheOf(home)), ({ name }) => name);
    assert.deepEqual(names.map((name) => name.replace(/-.*/, "")).sort(), ["deno", "pallet"]);
  });
}, "unpacking");

test("a first start that is ended leaves nothing behind", async () => {
  for (const [signal, code] of [["INT", 130], ["TERM", 143], ["HUP", 129]] as const) {
    await withFolder(async (home) => {
      const names = (): Promise<readonly string[]> =>
        Array.fromAsync(Deno.readDir(cacheOf(home)), ({ name }) => name)
          .then((all) => all.filter((name) => name.startsWith(".new")));
      // Ended as a terminal does it: all processes of the group, once the unpacking has begun.
      const script = 'until [ -n "$(ls -A "$1" 2>/dev/null)" ]; do sleep 0.02; done; kill -"$2" 0';
      const end = ["/bin/sh", "-c", `(${script}) & exec "$3" version`, "sh", cacheOf(home), signal, file];
      const { status, out } = await run(["/usr/bin/setsid", "--wait", ...end], { env: { HOME: home } });
      assert.deepEqual([status, out], [code, ""]);
      const deadline = Date.now() + 10_000;
      while ((await names()).length > 0 && Date.now() < deadline) {
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      assert.deepEqual(await names(), []);
      await tellsVersion([file], { env: { HOME: home } });
    });
  }
}, "unpacking");

test("a damaged cache is repaired", async () => {
  await withFolder(async (home) => {
    const env = { HOME: home };
    await tellsVersion([file], { env });
    const whole = await unpacked(cacheOf(home));
    const names = Object.keys(whole);
    const deno = names.find((name) => name.endsWith("/deno")) ?? "";
    const main = names.find((name) => name.endsWith("/main.js")) ?? "";
    const crate = names.find((name) => name.endsWith("nginx/mod.ts")) ?? "";
    const at = (name: string): string => join(cacheOf(home), name);
    const damages: readonly (() => Promise<void>)[] = [
      () => Deno.remove(at(crate)),
      () => Deno.truncate(at(main), 10),
      async () => {
        const bytes = await Deno.readFile(at(main));
        bytes[20] = 0;
        await Deno.writeFile(at(main), bytes);
      },
      () => Deno.truncate(at(deno), 1e6),
    ];
    for (const damage of damages) {
      await damage();
      await tellsVersion([file], { env });
      assert.deepEqual(await unpacked(cacheOf(home)), whole);
    }
  });
}, "unpacking");

test("a damaged executable says so", async () => {
  await withFolder(async (folder) => {
    const bytes = await Deno.readFile(file);
    const damaged = join(folder, "damaged");
    const try_ = async (content: Uint8Array): Promise<void> => {
      await Deno.writeFile(damaged, content, { mode: 0o755 });
      const { status, err, out } = await run([damaged, "version"], { env: { HOME: folder, TMPDIR: folder } });
      assert.equal(status, 2);
      assert.equal(out, "");
      assert.match(err, /^error: ".*\/damaged" is damaged: its SHA-256 .*Download it again\.\n$/);
    };
    await try_(bytes.subarray(0, bytes.length - 1000));
    const middle = Math.floor(bytes.length / 2);
    bytes[middle] = (bytes[middle] ?? 0) ^ 1;
    await try_(bytes);
  });
}, "unpacking");

test("without a writable or executable home it unpacks into a folder for temporary files", async () => {
  await withFolder(async (folder) => {
    const home = join(folder, "home");
    const temporary = join(folder, "tmp");
    await Deno.mkdir(home);
    await Deno.mkdir(temporary);
    const env = { HOME: home, TMPDIR: temporary };
    for (const mount of ["ro", "noexec"]) {
      const bare = withMounts(`mount -t tmpfs -o ${mount} none ${home}`, file);
      await tellsVersion(bare, { env });
      const own = join(temporary, `pallet-${Deno.uid()}`);
      const made = (await Deno.stat(own)).mtime;
      await tellsVersion(bare, { env });
      assert.deepEqual((await Deno.stat(own)).mtime, made, "the second start unpacks nothing");
      await Deno.remove(own, { recursive: true });
    }
  });
}, "unpacking");

test("it does not run what somebody else may have put into the temporary folder", async () => {
  await withFolder(async (folder) => {
    const own = join(folder, `pallet-${Deno.uid()}`);
    await Deno.mkdir(own);
    await Deno.chmod(own, 0o777);
    const { status, err } = await run([file, "version"], { env: { TMPDIR: folder } });
    assert.equal(status, 2);
    assert.match(err, /others may write to it/);
  });
}, "unpacking");

test("it runs from a read-only file system", async () => {
  await withFolder(async (folder) => {
    const readOnly = `mount -t tmpfs none /tmp\nmount -o remount,bind,ro /`;
    await tellsVersion(withMounts(readOnly, file), { env: { HOME: folder } });
    const nowhere = "mount -t tmpfs -o ro none /tmp\nmount -o remount,bind,ro /";
    const { status, err } = await run([...withMounts(nowhere, file), "version"], { env: { HOME: folder } });
    assert.equal(status, 2);
    assert.match(err, /^error: Cannot unpack \d+ MB, .*:\n( {2}.*Read-only file system\n){2}help: /);
  });
}, "unpacking");

test("a full disk is told of, and nothing is left on it", async () => {
  await withFolder(async (home) => {
    const small = `mount -t tmpfs -o size=30m none ${home}\nmount -t tmpfs -o size=30m none /tmp`;
    const shell = [
      "/bin/sh",
      "-c",
      '"$1" version; status=$?; find "$HOME" /tmp -name ".new*"; exit $status',
      "sh",
    ];
    const { status, out, err } = await run(withMounts(small, file, shell), { env: { HOME: home } });
    assert.equal(status, 2);
    assert.equal(out, "");
    assert.match(
      err,
      /^error: Cannot unpack \d+ MB, .*:\n( {2}.*No space left on device\n){2}help: Make room.*\n$/,
    );
    // With room in one of the two, it starts.
    await tellsVersion(
      withMounts(`mount -t tmpfs -o size=30m none ${home}\nmount -t tmpfs none /tmp`, file),
      {
        env: { HOME: home },
      },
    );
  });
}, "unpacking");

test("files of other projects around it do not matter", async () => {
  await withFolder(async (home) => {
    for (const name of ["deno.json", "package.json", "deno.lock", ".npmrc"]) {
      await Deno.writeTextFile(join(home, name), "{ broken");
    }
    await tellsVersion([file], { env: { HOME: home }, cwd: home });
    await tellsVersion([file], { env: { HOME: home }, cwd: "/" });
  });
});

test("the script of the executable is one that every sh understands", async () => {
  const text = new TextDecoder("latin1").decode((await Deno.readFile(file)).subarray(0, 65536));
  const end = text.indexOf("run by XDG_CACHE_HOME.");
  const script = text.slice(0, text.indexOf("\n", end) + 1);
  assert.ok(end > 0);
  await withFolder(async (home) => {
    const path = join(home, "script.sh");
    await Deno.writeTextFile(path, script);
    const { status, out } = await run(["/usr/bin/env", "shellcheck", path], {
      env: { PATH: "/usr/bin:/bin" },
    });
    assert.equal(status, 0, out);
    for (const shell of [["bash", "--posix"], ["dash"]]) {
      await tellsVersion(["/usr/bin/env", ...shell, file], { env: { HOME: home, PATH: "/usr/bin:/bin" } });
    }
  });
}, "unpacking");
