// The command line as users have it: a process, its two outputs, its exit status.
import assert from "node:assert/strict";
import { inFolder, pallet, palletCommand, withoutColor } from "../tests/support/process.ts";

Deno.test("pallet version prints the version alone, in any of its spellings", async () => {
  for (
    const args of [["version"], ["--version"], ["version", "--quiet"], ["--no-color", "version"], [
      "--",
      "version",
    ]]
  ) {
    const { status, out, err } = await pallet(args);
    assert.equal(status, 0);
    assert.match(out, /^pallet \d+\.\d+\.\d+\n$/);
    assert.equal(err, "");
  }
  assert.equal(typeof JSON.parse((await pallet(["version", "--json"])).out).version, "string");
});

Deno.test("pallet help goes to standard output, and lists every option of a command", async () => {
  for (const args of [["help"], ["--help"], ["-h"]]) {
    const { status, out, err } = await pallet(args);
    assert.deepEqual([status, err], [0, ""]);
    assert.match(out, /converge +adjust node counts/);
  }
  const [first, second] = await Promise.all([pallet(["help", "lift"]), pallet(["lift", "--help"])]);
  assert.equal(first.out, second.out);
  assert.match(first.out, /--arg NAME=VALUE/);
  assert.match(first.out, /--no-color/);
  assert.ok(first.out.split("\n").every((line) => line.length <= 80), "it fits a terminal of 80 columns");
  assert.match((await pallet(["help", "secret", "set"])).out, /Usage: pallet secret set NAME/);
});

Deno.test("pallet help shows of the common options those that a command heeds", async () => {
  const [nodes, init] = await Promise.all([pallet(["nodes", "--help"]), pallet(["help", "init"])]);
  assert.match(nodes.out, /--service NAME/);
  assert.doesNotMatch(nodes.out, /--lock-wait|--ask-become-password/);
  assert.match(init.out, /--json/);
  assert.doesNotMatch(init.out, /--service|--yes/);
  const behind = await pallet(["schedule", "add", "x", "--", "lift", "--help"]);
  assert.equal(behind.out, "", "what stands behind -- is of another command");
});

Deno.test("pallet ends with 2 and says what was meant when the command line is wrong", async () => {
  const wrong: readonly (readonly [readonly string[], RegExp])[] = [
    [[], /Usage: pallet COMMAND/],
    [["convrge"], /Unknown command "convrge"\. Did you mean "converge"\?/],
    [["help", "lfit"], /Unknown command "lfit"\. Did you mean "lift"\?/],
    [["help", "secret", "sett"], /Unknown command "secret sett"\. Did you mean "set"\?/],
    [["apply"], /Unknown command "apply"\. Did you mean "converge"\?/],
    [["lift", "--phse", "x"], /Unknown option --phse\. Did you mean "--phase"\?/],
    [["--infra", "x.ts", "plan", "--chek"], /Unknown option --chek\. Did you mean "--check"\?/],
    [["lift", "web=2"], /takes no counts/],
    [["converge", "web=two"], /must be a whole number, not "two"/],
    [["converge", "--batch", "many"], /--batch must be 1 or more, or a percentage such as 25%, not "many"/],
    [["lift", "--arg", "a=1"], /--arg needs a phase/],
    [["ssh"], /Command "ssh" needs NODE/],
    [["ssh", "a", "b"], /takes no more than 1 argument: "b" is too many/],
    [["exec", "ls", "/srv"], /"\/srv" is no name of a group\.\nhelp: .* quoted: pallet exec 'ls \/srv'/],
    [["version", "now"], /takes no arguments, but "now" was given/],
    [
      ["nodes", "--reporter", "fancy"],
      /--reporter must be one of tty, plain, jsonl, junit, html, github-actions, none/,
    ],
    [["nodes", "--service", "nowhere"], /There is no service "nowhere"/],
    [
      ["lift", "--save", "no-folder/run.html"],
      /Cannot write the report to ".*": there is no folder ".*no-folder"\./,
    ],
    [
      ["schedule", "add", "x", "--cron", "0 3 * * *", "--env", "prod", "--", "plan"],
      /Option --env is not of the schedule, but of its command\./,
    ],
    [["lift", "--private-key", "no-key"], /Cannot find the private key ".*no-key"\./],
  ];
  await inFolder({ "infra.ts": "export {};\n" }, async (folder) => {
    for (const [args, message] of wrong) {
      const { status, out, err } = await pallet(args, { cwd: folder });
      assert.equal(status, 2, `${args.join(" ")}: ${err}`);
      assert.match(err, message);
      assert.equal(out, "", "standard output is for data");
      assert.doesNotMatch(err, /\n\s+at .*\.ts:\d+:\d+\)/, "no stack");
    }
  });
});

Deno.test("pallet names a missing infra file, and where pallet.yaml named it", async () => {
  await inFolder({}, async (folder) => {
    const { status, err } = await pallet(["plan"], { cwd: folder });
    assert.equal(status, 2);
    assert.match(
      err,
      /Cannot find the infra file ".*\/infra\.ts"\nhelp: `pallet init` makes one; name another/,
    );
  });
  await inFolder({ "infra.ts": "export {};\n" }, async (folder) => {
    await Deno.mkdir(`${folder}/files`);
    const { err } = await pallet(["plan"], { cwd: `${folder}/files` });
    assert.match(err, /help: There is one in .*: run pallet there\.\n/);
  });
  await inFolder({ "pallet.yaml": "# shop\ninfra: ops.ts\n" }, async (folder) => {
    const { status, err } = await pallet(["plan"], { cwd: folder });
    assert.equal(status, 2);
    assert.match(err, /Cannot find the infra file ".*\/ops\.ts"\n {2}at pallet\.yaml:2:1\n/);
  });
});

Deno.test("pallet names file, line and column of what is wrong in pallet.yaml", async () => {
  await inFolder(
    { "pallet.yaml": "services:\n  mine: { provider: node-list, nodes: [] }\nenviroment: {}\n" },
    async (folder) => {
      const { status, err } = await pallet(["services"], { cwd: folder });
      assert.equal(status, 2);
      assert.match(err, /unknown key "enviroment"\. Did you mean "environment"\?/);
      assert.match(err, /\n {2}at pallet\.yaml:3:1\n/);
    },
  );
});

Deno.test("pallet --json keeps standard output JSON, also when it fails", async () => {
  await inFolder({}, async (folder) => {
    const failed = await pallet(["converge", "--json"], { cwd: folder });
    assert.equal(failed.status, 2);
    const [event, ...more] = failed.out.trimEnd().split("\n").map((line) => JSON.parse(line));
    assert.equal(more.length, 0);
    assert.equal(event.type, "error");
    assert.equal(event.failure.kind, "usage");
    assert.match(failed.err, /^error: Cannot find the infra file/);
    const services = await pallet(["services", "--json"], { cwd: folder });
    assert.deepEqual(JSON.parse(services.out).map((row: { name: string }) => row.name), ["lab", "localhost"]);
    const providers = await pallet(["providers", "--json"], { cwd: folder });
    const names = JSON.parse(providers.out).map((row: { readonly name: string }) => row.name);
    assert.deepEqual(names.slice(0, 3), ["lab", "localhost", "node-list"]);
  });
});

const noFull = Deno.build.os !== "linux";
if (noFull) console.log("A full standard output is not tested: there is no /dev/full");

Deno.test({
  name: "pallet says that its standard output is full, and no more",
  ignore: noFull,
  async fn() {
    const files = {
      "infra.ts": 'import { groupSpec } from "pallet";\nexport const web = groupSpec("web", { count: 0 });\n',
      "pallet.yaml": "services:\n  mine: { provider: node-list, nodes: [] }\ndefault-service: mine\n",
    };
    await inFolder(files, async (folder) => {
      const commands = [["version"], ["services", "--json"], ["groups", "--json"], [
        "plan",
        "--json",
        "--no-phases",
      ], ["plan", "web=0", "--json"]];
      for (const args of commands) {
        const { code, stderr } = await new Deno.Command("sh", {
          args: ["-c", 'exec "$@" >/dev/full', "sh", ...palletCommand, ...args],
          cwd: folder,
          env: { XDG_CONFIG_HOME: "/nonexistent", XDG_STATE_HOME: folder },
          stdin: "null",
        }).output();
        const said = new TextDecoder().decode(stderr);
        assert.equal(said, "error: Cannot write to standard output: no space left on device\n");
        assert.equal(code, 1, args.join(" "));
      }
    });
  },
});

Deno.test("pallet lists services with the default and where each stands, and never their options", async () => {
  const yaml = "services:\n  mine: { provider: node-list, nodes: [{ name: a, address: secret-host }] }\n";
  await inFolder({ "pallet.yaml": yaml }, async (folder) => {
    const { status, out } = await pallet(["services"], { cwd: folder });
    assert.equal(status, 0);
    assert.match(out, /^mine +node-list +yes +pallet\.yaml:2:3$/m);
    assert.match(out, /^lab +lab +- +built in$/m);
    assert.doesNotMatch(out, /secret-host/);
  });
});

Deno.test("pallet writes no colour to a pipe, with NO_COLOR, or with --no-color", async () => {
  assert.equal(withoutColor((await pallet(["help"])).out), true);
  assert.equal(withoutColor((await pallet(["nonsense"])).err), true);
});

Deno.test("pallet version loads neither ssh2 nor yaml nor the schema library", async () => {
  const loaded = await Promise.all(["main.ts", "cli/main.ts", "cli/version.ts"].map(staticModules));
  const heavy = loaded.flat().filter((specifier) =>
    /npm:\/?(ssh2|yaml|valibot|diff)|engine\/run\.ts/.test(specifier)
  );
  assert.deepEqual(heavy, []);
});

interface Graph {
  readonly roots: readonly string[];
  readonly modules: readonly {
    readonly specifier: string;
    readonly dependencies?: readonly {
      readonly isDynamic?: boolean;
      readonly code?: { readonly specifier: string };
    }[];
  }[];
}

/** Modules that an entry loads before anything is imported on demand. */
async function staticModules(entry: string): Promise<readonly string[]> {
  const { stdout, success } = await new Deno.Command(Deno.execPath(), {
    args: ["info", "--json", new URL(`../${entry}`, import.meta.url).pathname],
    stderr: "inherit",
  }).output();
  assert.ok(success);
  const graph: Graph = JSON.parse(new TextDecoder().decode(stdout));
  const found = new Set<string>();
  const visit = (specifier: string) => {
    if (found.has(specifier)) return;
    found.add(specifier);
    const module = graph.modules.find((candidate) => candidate.specifier === specifier);
    for (const { isDynamic, code } of module?.dependencies ?? []) {
      if (!isDynamic && code !== undefined) visit(code.specifier);
    }
  };
  graph.roots.forEach(visit);
  assert.ok(found.size > 0);
  return [...found];
}
