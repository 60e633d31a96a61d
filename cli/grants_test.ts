import assert from "node:assert/strict";
import { join } from "node:path";
import { loadConfiguration } from "../engine/config/config.ts";
import { PalletError } from "../engine/errors.ts";
import { makeScreen, screenTerminal } from "../tests/support/screen.ts";
import { placeFrom } from "./errors.ts";
import { grantLines } from "./grant.ts";
import { agreeToGrants, grantsOf } from "./grants.ts";

const YAML = `permissions:
  workstation: true
  local-files: [certificates]
plugins:
  fleet: { from: fleet.ts, kind: provider, permissions: { run: [fleetctl], net: [api.example.com] } }
  page: { from: page.ts, kind: reporter }
`;

interface Stage {
  readonly folder: string;
  /** Asks for the grants of a `pallet.yaml`; answers with what was said, and what went wrong. */
  agree(
    yaml: string,
    answers: readonly string[],
    options?: {
      readonly yes?: boolean;
      readonly interactive?: boolean;
      readonly user?: string;
      /** Folder of the project. */
      readonly project?: string;
    },
  ): Promise<{ readonly said: string; readonly refused?: PalletError }>;
}

async function onStage(run: (stage: Stage) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  const variables: Record<string, string> = {
    XDG_STATE_HOME: join(folder, "state"),
    XDG_CONFIG_HOME: join(folder, "config"),
    HOME: folder,
  };
  const env = (name: string) => variables[name];
  try {
    await Deno.mkdir(join(folder, "config", "pallet"), { recursive: true });
    await run({
      folder,
      agree: async (yaml, answers, { yes = false, interactive = true, user = "", project = "" } = {}) => {
        const own = join(folder, project);
        await Deno.mkdir(own, { recursive: true });
        await Deno.writeTextFile(join(own, "pallet.yaml"), yaml);
        await Deno.writeTextFile(join(folder, "config", "pallet", "config.yaml"), user);
        const screen = makeScreen(120, 30);
        const terminal = { ...screenTerminal(screen, answers), cwd: own, env, interactive };
        const configuration = await loadConfiguration(own, { env, cwd: own });
        const thrown: unknown = await agreeToGrants(configuration, yes, terminal).catch((error) => error);
        const said = screen.lines().join("\n");
        if (thrown === undefined) return { said };
        assert.ok(thrown instanceof PalletError, Deno.inspect(thrown));
        return { said, refused: thrown };
      },
    });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("grantsOf() tells what a configuration grants and where, and nothing of plugins that have nothing", async () => {
  await onStage(async ({ folder }) => {
    await Deno.writeTextFile(join(folder, "pallet.yaml"), YAML);
    const configuration = await loadConfiguration(folder, { env: () => undefined, cwd: folder });
    assert.deepEqual(grantLines(grantsOf(configuration), placeFrom(folder)), [
      "  create-group and destroy-group phases run on this workstation (pallet.yaml:2:3)",
      `  actions read ${join(folder, "certificates")} (pallet.yaml:3:3)`,
      "  plugin fleet (fleet.ts) has net api.example.com; run fleetctl (pallet.yaml:5:3)",
    ]);
  });
});

Deno.test("grants of a project are asked for once, and again when there are others", async () => {
  await onStage(async ({ agree }) => {
    const first = await agree(YAML, ["y"]);
    assert.equal(first.refused, undefined);
    assert.match(
      first.said,
      /grants what you have not agreed to yet:\n {2}create-group[^]*\n {2}plugin fleet/,
    );
    assert.match(first.said, /Is that right\? \[y\/N\]/);
    assert.deepEqual(await agree(YAML, []), { said: "" });
    const more = await agree(YAML.replace("[fleetctl]", "[fleetctl, bash]"), ["y"]);
    assert.match(more.said, /run fleetctl, bash/);
    assert.doesNotMatch(more.said, /create-group/);
    // What was agreed to stays so.
    assert.deepEqual(await agree(YAML, []), { said: "" });
  });
});

Deno.test("what is agreed to for one project is not for another that says the same", async () => {
  await onStage(async ({ agree }) => {
    await agree(YAML, ["y"], { project: "mine" });
    assert.deepEqual(await agree(YAML, [], { project: "mine" }), { said: "" });
    const other = await agree(YAML, ["n"], { project: "other" });
    assert.match(other.said, /plugin fleet/);
    assert.equal(other.refused?.kind, "config");
  });
});

Deno.test("a no, and no answer, refuse, and are not remembered", async () => {
  await onStage(async ({ agree }) => {
    for (const answers of [["n"], []]) {
      const { refused } = await agree(YAML, answers);
      assert.equal(refused?.kind, "config");
      assert.match(refused?.message ?? "", /did not agree/);
      assert.equal(refused?.origin?.line, 2);
    }
    assert.equal((await agree(YAML, ["yes"])).refused, undefined);
  });
});

Deno.test("nothing is asked with --yes, without a terminal, without grants, or of the user's own files", async () => {
  await onStage(async ({ agree }) => {
    assert.deepEqual(await agree(YAML, [], { yes: true }), { said: "" });
    assert.deepEqual(await agree(YAML, [], { interactive: false }), { said: "" });
    assert.deepEqual(await agree("", []), { said: "" });
    const user = "plugins: { own: { from: /x.ts, kind: notifier, permissions: { net: [example.com] } } }\n";
    assert.deepEqual(await agree("", [], { user }), { said: "" });
  });
});
