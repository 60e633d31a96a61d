// The secret commands, by the command line.
import assert from "node:assert/strict";
import { join } from "node:path";
import { withProject } from "../engine/modules/fixture.ts";
import { newIdentity } from "../engine/secrets/age/age.ts";
import { denoDir, type Outcome, palletCommand } from "./support/process.ts";

const VALUE = `p"ass' wörd\nof two lines`;

interface Stage {
  readonly folder: string;
  run(
    args: readonly string[],
    given?: { readonly stdin?: string; readonly env?: Record<string, string> },
  ): Promise<Outcome>;
  /** The same, ended with 0; what it wrote to standard output. */
  good(
    args: readonly string[],
    given?: { readonly stdin?: string; readonly env?: Record<string, string> },
  ): Promise<string>;
}

async function onStage(configuration: string, use: (stage: Stage) => Promise<void>): Promise<void> {
  const { identity, recipient } = await newIdentity();
  await withProject({
    "p/pallet.yaml": configuration.replaceAll("RECIPIENT", recipient),
    "p/infra.ts": "",
    "config/pallet/age.key": `# created by hand\n${identity}\n`,
  }, async (temporary) => {
    const folder = join(temporary, "p");
    const run: Stage["run"] = async (args, { stdin, env } = {}) => {
      const [program = "", ...first] = palletCommand;
      const child = new Deno.Command(program, {
        args: [...first, ...args],
        cwd: folder,
        env: { XDG_CONFIG_HOME: join(temporary, "config"), HOME: temporary, DENO_DIR: denoDir, ...env },
        stdin: stdin === undefined ? "null" : "piped",
        stdout: "piped",
        stderr: "piped",
      }).spawn();
      if (stdin !== undefined) {
        const writer = child.stdin.getWriter();
        await writer.write(new TextEncoder().encode(stdin));
        await writer.close();
      }
      const { code, stdout, stderr } = await child.output();
      const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes).replaceAll(temporary, "TMP");
      return { status: code, out: decode(stdout), err: decode(stderr) };
    };
    await use({
      folder,
      run,
      good: async (args, given) => {
        const { status, out, err } = await run(args, given);
        assert.equal(status, 0, `pallet ${args.join(" ")}: ${err}`);
        return out;
      },
    });
  });
}

const AGE = "secrets:\n  - { from: environment }\n  - { from: age, recipients: [RECIPIENT] }\n";

Deno.test("secrets are set, listed, shown, edited, removed, and the file is encrypted anew", async () => {
  await onStage(AGE, async ({ folder, run, good }) => {
    await good(["secret", "set", "db/password"], { stdin: `${VALUE}\n` });
    await good(["secret", "set", "api"], { stdin: "key" });
    assert.equal(await good(["secret", "get", "db/password"]), VALUE);
    assert.deepEqual(JSON.parse(await good(["secret", "get", "api", "--json"])), {
      name: "api",
      value: "key",
    });
    assert.equal(await good(["secret", "get", "api"], { env: { PALLET_SECRET_API: "other" } }), "other");
    assert.equal(await good(["secret", "list"]), "NAME\napi\ndb/password\n");
    const before = await Deno.readTextFile(join(folder, "secrets.age"));
    assert.ok(!before.includes("key") && !before.includes("api"));
    assert.match((await run(["secret", "rekey"])).err, /^Encrypted secrets\.age for 1 recipient\n$/);
    assert.notEqual(await Deno.readTextFile(join(folder, "secrets.age")), before);

    const editor = (bash: string) => ({ env: { EDITOR: "bash -c '" + bash + "' editor" } });
    await good(
      ["secret", "edit"],
      editor(`sed -i s/key/lock/ "$1"; stat -c %a "$1" "\${1%/*}" >"${folder}/modes"`),
    );
    assert.equal(await good(["secret", "get", "api"]), "lock");
    assert.equal(await Deno.readTextFile(join(folder, "modes")), "600\n700\n");
    assert.match((await run(["secret", "edit"], editor("true"))).err, /^Nothing was changed\n$/);
    const broken = await run(["secret", "edit"], editor(`echo "a: [" >"$1"`));
    assert.equal(broken.status, 2);
    assert.match(broken.err, /line \d is neither YAML nor JSON[^]*Nothing is changed/);
    assert.match(
      (await run(["secret", "edit"], editor("exit 3"))).err,
      /ended with exit status 3: nothing is changed/,
    );
    assert.equal(await good(["secret", "get", "api"]), "lock");

    await good(["secret", "remove", "api"]);
    const gone = await run(["secret", "remove", "apo"]);
    assert.match(gone.err, /There is no secret "apo" in secrets\.age/);
    const missing = await run(["secret", "get", "api"]);
    assert.equal(missing.status, 2);
    assert.match(missing.err, /There is no secret "api"\nhelp: Asked: environment, secrets\.age\. /);
    for await (const { name } of Deno.readDir("/dev/shm")) {
      assert.ok(!name.startsWith("pallet-secrets-"), name);
    }
  });
});

Deno.test("secrets come from all sources that are configured, in their order", async () => {
  const configuration = [
    "secrets:",
    "  - { from: environment, prefix: MY_ }",
    "  - { from: files, folder: ./run/secrets }",
    "  - { from: file, file: dev.yaml }",
    "  - { from: command, command: [sh, -c, 'echo \"value of $1\"', sh, NAME], names: ['cmd/*'] }",
  ].join("\n");
  await onStage(configuration, async ({ folder, run, good }) => {
    await Deno.mkdir(join(folder, "run/secrets/a"), { recursive: true });
    await Deno.writeTextFile(join(folder, "run/secrets/a/b"), "from files\n");
    await Deno.writeTextFile(join(folder, "dev.yaml"), "a: { b: no, c: from file }\n");
    assert.equal(await good(["secret", "get", "a/b"]), "from files");
    assert.equal(await good(["secret", "get", "a/b"], { env: { MY_A_B: "from variable" } }), "from variable");
    assert.equal(await good(["secret", "get", "a/c"]), "from file");
    assert.equal(await good(["secret", "get", "cmd/x"]), "value of cmd/x");
    assert.equal((await run(["secret", "get", "other"])).status, 2);
  });
});

Deno.test("pallet secret says what it cannot do", async () => {
  await onStage("secrets: [{ from: age }]", async ({ run }) => {
    const cases:
      readonly (readonly [args: readonly string[], stdin: string | undefined, expected: RegExp])[] = [
        [
          ["secret", "set", "db/password"],
          "value",
          /nobody is named who may read it[^]*recipients: \[~\/\.ssh/,
        ],
        [["secret", "set", "a b"], "value", /The name of a secret must be words of/],
        [["secret", "set", "a"], "", /An empty value is no secret/],
        [["secret", "set", "a", "value"], "value", /no more than 1 argument/],
        [["secret", "rekey"], undefined, /There is no file "TMP\/p\/secrets\.age"/],
        [["secret", "get", "a"], undefined, /Cannot read secrets from "TMP\/p\/secrets\.age": no such file/],
      ];
    for (const [args, stdin, expected] of cases) {
      const { status, err } = await run(args, stdin === undefined ? {} : { stdin });
      assert.match(err, expected, args.join(" "));
      assert.equal(status, 2, args.join(" "));
    }
  });
  for (
    const [configuration, expected] of [
      ["secrets: [{ from: vault }]", /secrets\[0\]\.from: must be "environment" \| /],
      ["secrets: [{ from: files, folder: a, file: b }]", /secrets\[0\]\.file: unknown key "file"/],
      ["secrets: [{ from: command, command: [pass, show] }]", /No word of a command for secrets has NAME/],
      ["secrets: [{ from: plugin, plugin: vault }]", /There is no plugin "vault" of kind secret-source/],
    ] as const
  ) {
    await onStage(configuration, async ({ run }) => {
      const { status, err } = await run(["secret", "get", "a"]);
      assert.match(err, expected, configuration);
      assert.equal(status, 2, configuration);
    });
  }
});
