import { join } from "node:path";
import { packedPackages } from "./packages.ts";
import { filesBelow, type ProgramFile, readFiles } from "./program_files.ts";
import { BuildError, deno, ROOT } from "./run.ts";

/** Native parts of packages that do without them. */
const ABSENT = ["--external=*.node", "--external=cpu-features"];

async function bundle(...args: readonly string[]): Promise<void> {
  const { success, err } = await deno([
    "bundle",
    "--quiet",
    "--frozen",
    "--no-check",
    "--platform=deno",
    ...args,
  ]);
  if (!success) throw new BuildError(`Cannot bundle the program: ${err}`);
}

/** Modules that infra files may import from the executable: all of the crates but their tests. */
async function crates(): Promise<readonly ProgramFile[]> {
  const folder = join(ROOT, "crates");
  const names = (await filesBelow(folder)).filter((name) => /\.(?:ts|json)$/.test(name));
  return await readFiles(folder, names.filter((name) => !name.endsWith("_test.ts")), "crates/");
}

/** A word that stands for itself in a pattern. */
function literally(word: string): string {
  return word.replaceAll(/[^\w]/g, "\\$&");
}

/**
 * A text in which a CommonJS package is imported by its names wherever it is asked for them: bundled, it has but a
 * default export, which has them.
 */
function withNames(text: string, packages: readonly string[]): string {
  return packages.reduce((mended, name) => {
    const imported = new RegExp(
      `(\\{\\s*default:\\s*[\\w$]+\\s*\\}\\s*=\\s*await )?(import\\(\\s*"\\./${literally(name)}"\\s*\\))`,
      "g",
    );
    return mended.replaceAll(
      imported,
      (all, byDefault: string | undefined, site: string) =>
        byDefault === undefined ? `${site}.then((all) => all.default)` : all,
    );
  }, text);
}

/** How bundled packages ask for parts of Node. */
const REQUIRED = /\b__require\("(node:[\w/]+)"\)/g;
/** What answers them, in a file that most others import: all of Node's own loader of modules. */
const LOADER =
  /import \{ createRequire as (\w+) \} from "node:module";\s*var __require = \1\(import\.meta\.url\);/;

/** A module that imports the parts of Node that it asks for, which is faster. */
function withImports(text: string): string {
  const variable = (name: string): string => `__${name.replaceAll(/\W/g, "_")}`;
  const names = new Set([...text.matchAll(REQUIRED)].map((match) => match[1] ?? ""));
  return [
    ...[...names].map((name) => `import ${variable(name)} from "${name}";`),
    text
      .replaceAll(REQUIRED, (_, name: string) => variable(name))
      .replace(LOADER, "var __require = (name) => {\n  throw new Error(`There is no ${name}`);\n};"),
  ].join("\n");
}

/**
 * Mends what bundling leaves broken or slow: packages may ask where they are, by names that modules do not have unless
 * told, and for parts of Node; and what is CommonJS loses its names.
 */
async function mend(folder: string, names: readonly string[]): Promise<void> {
  const texts = await Promise.all(names.map((name) => Deno.readTextFile(join(folder, name))));
  const packages = names.filter((_, at) => /^export default require_/m.test(texts[at] ?? ""));
  for (const [at, name] of names.entries()) {
    const path = join(folder, name);
    const text = withNames(texts[at] ?? "", packages);
    // Where packages are kept on this machine is nobody's business, and differs.
    const lines = [withImports(text.replaceAll(/(?:\.\.\/)+\S*?\/npm\/[^/\s]+\//g, "npm:"))];
    if (/\b__(?:dirname|filename)\b/.test(text)) {
      lines.unshift("const __dirname = import.meta.dirname, __filename = import.meta.filename;");
    }
    await Deno.writeTextFile(path, lines.join("\n"));
  }
}

/**
 * The whole program as JavaScript: `main.js` with a file for each part that is loaded when needed, `sandbox.js` and
 * `plugin.js` alone for the children of the sandbox and of plugins, the sources of the crates, and the packages of npm
 * that these may import.
 *
 * @throws {BuildError} when it cannot be bundled.
 */
export async function bundleProgram(): Promise<readonly ProgramFile[]> {
  const folder = await Deno.makeTempDir({ prefix: "pallet-build-" });
  try {
    await bundle("--code-splitting", "--outdir", folder, ...ABSENT, "main.ts");
    await bundle("--output", join(folder, "sandbox.js"), "engine/sandbox/main.ts");
    await bundle("--output", join(folder, "plugin.js"), "plugins/child/main.ts");
    const files = await filesBelow(folder);
    const missing = ["main.js", "sandbox.js", "plugin.js"].filter((name) => !files.includes(name));
    if (missing.length > 0) throw new BuildError(`deno bundle made no ${missing.join(" and no ")}`);
    await mend(folder, files);
    return [
      ...await readFiles(folder, files),
      ...await crates(),
      ...await packedPackages(),
    ];
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
