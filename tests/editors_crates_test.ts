// Crates from the web as editors see them: with Deno, which fetches them itself, and with TypeScript alone.
import assert from "node:assert/strict";
import { join } from "node:path";
import { withProject } from "../engine/modules/fixture.ts";
import { jsrFiles, type Reply, withCrateHost } from "./support/crate_host.ts";
import { type Outcome, pallet } from "./support/process.ts";
import { openEditor, tsc } from "./support/tsc.ts";

const BACKUP = `import { execScript, type ServerSpec, serverSpec, sh } from "pallet";
import { nginxSettings } from "pallet/crates/nginx";
import type { Options } from "./types.ts";
import { quiet } from "/shared/quiet.js";
import limits from "./limits.json" with { type: "json" };
// import "./never.ts"

/** Backs a node up. */
export function backup(options: Options): ServerSpec {
  const wrong: number = "not the business of those who use it";
  return serverSpec({ phases: { backup: () => execScript(sh\`backup \${options.to} \${quiet(limits.most)}\`) } });
}
export { nginxSettings };
`;

const FILES: Record<string, Reply> = {
  "/backup/mod.ts": BACKUP,
  "/backup/types.ts": "/** What a backup is made of. */\nexport interface Options { readonly to: string }\n",
  "/backup/limits.json": '{ "most": 3 }\n',
  "/shared/quiet.js": '// @ts-self-types="./quiet.d.ts"\nexport const quiet = (most) => "x".repeat(most);\n',
  "/shared/quiet.d.ts": "export declare function quiet(most: number): string;\n",
  "/lib/loud.js": () =>
    new Response("export const loud = (text) => text.toUpperCase();\n", {
      headers: { "content-type": "text/javascript", "x-typescript-types": "/types/loud.d.ts" },
    }),
  "/types/loud.d.ts": "/** Says it louder. */\nexport declare function loud(text: string): string;\n",
  "/latest.ts": (request) => Response.redirect(new URL("/backup/mod.ts", request.url)),
};

const CLOCK = {
  exports: "./mod.ts",
  files: {
    "/mod.ts": 'export * from "./zone.ts";\n',
    "/zone.ts": "/** A time zone by its name. */\nexport const zone = (name: string): string => name;\n",
  },
};

const INFRA = `import { groupSpec } from "pallet";
import { backup } from "backup";
import { backup as latest } from "@HOST/latest.ts";
import { zone } from "jsr:@time/clock@^1";
import { note } from "./note.ts";
import { local } from "local/part.ts";

export const web = groupSpec("web", {
  extends: [backup({ to: zone("Europe/Zurich") }), latest({ to: note + local })],
});
`;

interface Stage {
  readonly folder: string;
  readonly host: string;
  run(...args: readonly string[]): Promise<Outcome>;
}

async function onStage(infra: string, use: (stage: Stage) => Promise<void>): Promise<void> {
  const files = { ...FILES, ...await jsrFiles({ "@time/clock": { "1.2.3": CLOCK } }) };
  await withCrateHost(files, ({ url }) =>
    withProject({
      "p/infra.ts": infra.replaceAll("@HOST", url),
      "p/note.ts": 'export const note = "note";\n',
      "p/deno.json": JSON.stringify({ imports: { backup: `${url}/backup/mod.ts`, "local/": "../local/" } }),
      "local/part.ts": 'export const local = "local";\n',
    }, (temporary) => {
      const folder = join(temporary, "p");
      const env = { XDG_CACHE_HOME: join(temporary, "cache"), JSR_URL: url };
      return use({
        folder,
        host: url,
        run: (...args) => pallet(args, { cwd: folder, env }),
      });
    }));
}

Deno.test("pallet types lets TypeScript resolve crates by URL, jsr:, name, redirect and folder", async () => {
  await onStage(INFRA, async ({ folder, host, run }) => {
    const { status, err } = await run("types");
    assert.equal(status, 0, err);
    assert.deepEqual(tsc(folder), []);
    const editor = openEditor(folder);
    assert.match(
      editor.documentation("infra.ts", "backup({"),
      /backup\(options: Options\): ServerSpec[^]*Backs a node up/,
    );
    assert.match(editor.documentation("infra.ts", "zone("), /A time zone by its name/);
    await assert.rejects(Deno.stat(join(folder, "pallet.lock")), Deno.errors.NotFound, "types lock nothing");

    await Deno.writeTextFile(
      join(folder, "infra.ts"),
      INFRA.replaceAll("@HOST", host).replaceAll("{ to:", "{ too:"),
    );
    const found = tsc(folder);
    assert.equal(found.length, 2, found.join("\n"));
    for (const one of found) {
      assert.match(one, /^infra\.ts:9: TS2353 .*'too' does not exist in type 'Options'/);
    }
  });
});

Deno.test("deno check resolves crates from the web, and what they import of pallet", async () => {
  const infra = INFRA.replace(/^.*jsr:.*\n/m, "").replace('zone("Europe/Zurich")', '"s3"');
  await onStage(infra, async ({ folder, host, run }) => {
    assert.equal((await run("types")).status, 0);
    const check = async (): Promise<string> => {
      const { stderr } = await new Deno.Command(Deno.execPath(), {
        args: ["check", "--no-lock", `--allow-import=${new URL(host).host}`, "infra.ts"],
        cwd: folder,
        env: { NO_COLOR: "1" },
      }).output();
      return new TextDecoder().decode(stderr);
    };
    assert.doesNotMatch(await check(), /ERROR|error/);
    const text = await Deno.readTextFile(join(folder, "infra.ts"));
    await Deno.writeTextFile(join(folder, "infra.ts"), text.replaceAll("{ to:", "{ too:"));
    assert.match(await check(), /'too' does not exist in type 'Options'/);
  });
});

Deno.test("pallet types names what it cannot have, writes the rest, and ends with 1", async () => {
  const infra = `${INFRA}export { gone } from "@HOST/gone.ts";\n`;
  await onStage(infra, async ({ folder, host, run }) => {
    const { status, err } = await run("types");
    assert.equal(status, 1);
    assert.match(err, new RegExp(`warn: No types for ${host}/gone\\.ts: .*404`));
    assert.deepEqual(tsc(folder).map((one) => one.replace(host, "HOST")), [
      "infra.ts:11: TS2307 Cannot find module 'HOST/gone.ts' or its corresponding type declarations.",
    ]);
  });
});

Deno.test("pallet types uses the cache when it is offline, and removes what is not imported any more", async () => {
  await onStage(INFRA, async ({ folder, run }) => {
    assert.equal((await run("types")).status, 0);
    const offline = await run("types", "--offline");
    assert.deepEqual([offline.status, offline.err], [0, "Types in .pallet are as they should be\n"]);
    await Deno.writeTextFile(join(folder, "infra.ts"), "export {};\n");
    await Deno.writeTextFile(join(folder, "deno.json"), "{}\n");
    assert.equal((await run("types", "--offline")).status, 0);
    assert.doesNotMatch(await Deno.readTextFile(join(folder, ".pallet/tsconfig.json")), /web\//);
    const left = [...Deno.readDirSync(join(folder, ".pallet/types"))].map(({ name }) => name);
    assert.ok(!left.includes("web"), left.join(" "));
  });
});

Deno.test("pallet types takes the types that a host names in x-typescript-types, from the cache as well", async () => {
  const infra = `import { groupSpec } from "pallet";
import { loud } from "@HOST/lib/loud.js";
export const web = groupSpec(loud("web"), { roles: [loud(1)] });
`;
  await onStage(infra, async ({ folder, run }) => {
    for (const args of [["types"], ["crate", "lock"], ["types"], ["types", "--offline"]]) {
      const { status, err } = await run(...args);
      assert.equal(status, 0, err);
      assert.deepEqual(tsc(folder), [
        "infra.ts:3: TS2345 Argument of type 'number' is not assignable to parameter of type 'string'.",
      ]);
      assert.match(openEditor(folder).documentation("infra.ts", 'loud("web")'), /Says it louder/);
    }
  });
});

Deno.test("pallet types gives TypeScript the declarations of packages of npm that Pallet has", async () => {
  const infra = `import { groupSpec } from "pallet";
import * as v from "npm:valibot@^1";
import YAML, { parse } from "yaml";
import { createPatch } from "npm:diff";
import { Cron } from "npm:croner@11";
const Port = v.object({ port: v.number() });
const { port }: v.InferOutput<typeof Port> = v.parse(Port, parse("port: 80"));
const said: string = YAML.stringify(port) + createPatch("a", "b", "c") + new Cron("0 3 * * *").nextRun()?.toISOString();
export const web = groupSpec(said, { roles: [port] });
`;
  await onStage(infra, async ({ folder, run }) => {
    const imports = { yaml: "npm:yaml@^2", "left-pad": "npm:left-pad" };
    await Deno.writeTextFile(join(folder, "deno.json"), JSON.stringify({ imports }));
    const { status, err } = await run("types", "--offline");
    assert.deepEqual([status, err.includes("warning")], [0, false], err);
    assert.deepEqual(tsc(folder), ["infra.ts:9: TS2322 Type 'number' is not assignable to type 'string'."]);
    assert.match(
      openEditor(folder).documentation("infra.ts", "parse("),
      /Parses an unknown input based on a schema/,
    );
  });
});
