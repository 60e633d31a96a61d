// Imports point one way. A folder may import itself and what is listed for it.
import assert from "node:assert/strict";
import { dirname, join, relative } from "node:path";

const ROOT = new URL("../", import.meta.url).pathname;

/** Modules at the top of `engine/` that are vocabulary, not a part: everything may import them. */
const BASICS = [
  "engine/bytes",
  "engine/errors",
  "engine/json",
  "engine/schema",
  "engine/suggest",
  "engine/origin",
  "engine/paths",
  "engine/events",
  "engine/failure",
  "engine/pause",
  "engine/version",
  "engine/home",
  "engine/system_file",
  "engine/yaml",
];

/** Path prefixes that the modules under a prefix may import; the longest matching key counts. */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  "main.ts": ["cli", "engine/sandbox/child", "plugins/child"],
  "plugins": [
    "plugins",
    "engine/config",
    "engine/modules",
    "engine/notify",
    "engine/provider",
    "engine/sandbox/loader",
    "engine/sandbox/pipes",
    "engine/sandbox/process",
    "engine/sandbox/spawn",
    "engine/secrets",
    "engine/spec",
    "engine/transport/connection",
  ],
  "cli": [
    "cli",
    "engine/mod",
    "engine/run",
    "engine/sandbox/ahead",
    "engine/state/directories",
    "engine/config",
    "engine/secrets",
    "engine/plan/deferred",
    "engine/schedule",
    "engine/modules/editor",
    "engine/notify",
    "providers/mod",
    "plugins/mod",
  ],
  "providers": [
    "providers",
    "engine/secrets/credential",
    "engine/provider",
    "engine/spec",
    "engine/transport/connection",
    "engine/transport/ssh_config/jump",
    "engine/os",
  ],
  "crates": ["crates", "engine/mod"],
  "engine/mod": ["engine/actions", "engine/spec", "engine/plan", "engine/script/sh", "engine/os"],
  "engine/run": ["engine"],
  "engine/wiring": ["engine"],
  "engine/operate": [
    "engine/operate",
    "engine/plan",
    "engine/script",
    "engine/transport",
    "engine/provider",
    "engine/secrets",
    "engine/state",
    "engine/sandbox/sandbox",
    "engine/sandbox/ahead",
    "engine/spec",
    "engine/actions",
    "engine/os",
  ],
  "engine/state": ["engine/state", "engine/spec", "engine/script/types", "engine/plan/types"],
  "engine/config": [
    "engine/actions",
    "engine/config",
    "engine/script/sh",
    "engine/spec",
    "engine/provider",
    "engine/secrets/secret",
    "engine/secrets/credential",
  ],
  "engine/schedule": ["engine/schedule", "engine/state", "engine/script/quote"],
  "engine/secrets": [
    "engine/secrets",
    "engine/plan/deferred",
    "engine/transport/private_key",
    "engine/transport/wire",
  ],
  "engine/provider": [
    "engine/provider",
    "engine/spec",
    "engine/secrets/credential",
    "engine/transport/connection",
  ],
  "engine/transport": [
    "engine/transport",
    "engine/secrets/secret",
    "engine/secrets/credential",
    "engine/script",
    "engine/actions",
    "engine/spec",
    "engine/os",
  ],
  "engine/sandbox": [
    "engine/sandbox",
    "engine/modules",
    "engine/plan",
    "engine/spec",
    "engine/actions",
    "engine/mod",
  ],
  "engine/modules": ["engine/modules"],
  // What strangers wrote is parsed in a process of its own.
  "engine/modules/parser": ["engine/modules", "engine/sandbox/process", "engine/sandbox/spawn"],
  "engine/plan": ["engine/plan", "engine/spec", "engine/actions", "engine/script/sh", "engine/os"],
  "engine/script": ["engine/script", "engine/actions", "engine/spec", "engine/plan/deferred", "engine/os"],
  "engine/actions": [
    "engine/actions",
    "engine/spec",
    "engine/os",
    "engine/script/sh",
    "engine/script/quote",
    "engine/plan/deferred",
  ],
  "engine/spec": ["engine/spec", "engine/actions", "engine/plan", "engine/os"],
  "engine/os": ["engine/os", "engine/spec"],
};

const IMPORT = /(?:from|import)\s*\(?\s*"([^"]+)"/g;
/** What is loaded only when needed may lead back. */
const STATIC_IMPORT = /(?:from|^import)\s*"([^"]+)"/gm;

async function* modules(folder: string): AsyncGenerator<string> {
  for await (const entry of Deno.readDir(join(ROOT, folder))) {
    const path = join(folder, entry.name);
    if (entry.isDirectory) yield* modules(path);
    // Tests, and what the tests of a folder share.
    else if (path.endsWith(".ts") && !/(_test|testing)\.ts$/.test(path)) yield path;
  }
}

/** The checkout's module that a specifier names, or nothing for a package. */
function target(importer: string, specifier: string): string | undefined {
  if (specifier === "pallet") return "engine/mod.ts";
  if (specifier === "pallet/run") return "engine/run.ts";
  if (specifier === "pallet/plugin") return "plugins/api/mod.ts";
  if (specifier.startsWith("pallet/")) return specifier.slice("pallet/".length);
  return specifier.startsWith(".") ? relative(ROOT, join(ROOT, dirname(importer), specifier)) : undefined;
}

function allowed(importer: string, imported: string): boolean {
  if (BASICS.some((basic) => imported === `${basic}.ts`)) return true;
  const rule = Object.keys(ALLOWED).filter((prefix) => importer.startsWith(prefix))
    .sort((a, b) => b.length - a.length)[0];
  return rule === undefined || (ALLOWED[rule] ?? []).some((prefix) => imported.startsWith(prefix));
}

/** A module without its comments, whose examples import what they like. */
function code(source: string): string {
  return source.replaceAll(/\/\*[\s\S]*?\*\//g, "").replaceAll(/^\s*\/\/.*$/gm, "");
}

Deno.test("imports point one way", async () => {
  const wrong: string[] = [];
  for (const folder of ["cli", "engine", "providers", "crates", "plugins"]) {
    for await (const importer of modules(folder)) {
      for (const match of code(await Deno.readTextFile(join(ROOT, importer))).matchAll(IMPORT)) {
        const imported = target(importer, match[1] ?? "");
        if (imported !== undefined && !allowed(importer, imported)) wrong.push(`${importer} -> ${imported}`);
      }
    }
  }
  assert.deepEqual(wrong, []);
});

Deno.test("no module imports itself by way of others", async () => {
  const imports = new Map<string, readonly string[]>();
  for (const folder of ["build", "cli", "docs", "engine", "providers", "crates", "plugins"]) {
    for await (const importer of modules(folder)) {
      const found = code(await Deno.readTextFile(join(ROOT, importer))).matchAll(STATIC_IMPORT);
      imports.set(
        importer,
        [...found].map((match) => target(importer, match[1] ?? "")).filter((one) => one !== undefined),
      );
    }
  }
  const circles: string[] = [];
  const done = new Set<string>();
  const visit = (module: string, path: readonly string[]) => {
    if (path.includes(module)) {
      circles.push([...path.slice(path.indexOf(module)), module].join(" -> "));
    } else if (!done.has(module)) {
      for (const next of imports.get(module) ?? []) visit(next, [...path, module]);
      done.add(module);
    }
  };
  for (const module of imports.keys()) visit(module, []);
  assert.deepEqual(circles, []);
});

Deno.test("crates import nothing but pallet and themselves", async () => {
  const wrong: string[] = [];
  for await (const importer of modules("crates")) {
    for (const match of code(await Deno.readTextFile(join(ROOT, importer))).matchAll(IMPORT)) {
      const specifier = match[1] ?? "";
      const own = specifier.startsWith(".") &&
        target(importer, specifier)?.startsWith(dirname(importer)) === true;
      if (specifier !== "pallet" && !own) wrong.push(`${importer} -> ${specifier}`);
    }
  }
  assert.deepEqual(wrong, []);
});
