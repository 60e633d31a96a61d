import assert from "node:assert/strict";
import { type Module, settingsShape } from "./settings_shape.ts";

const KEYS = `
import type { Limits as Most } from "./limits.ts";

/** Who listens. */
interface Listener {
  /** Port of TCP: from 1 on. */
  readonly port: number; // never 0
}
export interface Settings extends Listener, Most {
  readonly user?: string
  "bind-to": { readonly host: string; readonly families: (4 | 6)[] };
  mode:
    | "fast; or not"
    | 'safe';
  readonly names: Readonly<Record<string, string>>
  run(): void;
}
type Aliased = Listener & { readonly also: Map<string, () => void> };
export const a = settingsKey<Settings>("a");
export const b = settingsKey<{ to: string, from?: string }>("b");
export const c: SettingsKey<Readonly<Aliased>> = settingsKey("c");
export const d = settingsKey<string>("d");
export const e = settingsKey<Unknown>("e");
export const f = settingsKey("f");
export const g = settingsKey<{ not: "of f" }>("g");
`;
const LIMITS =
  `export interface Limits { most?: number; around: Limits }\nexport interface Circle extends Circle {}`;

const module: Module = {
  source: KEYS,
  imported: (specifier) =>
    specifier === "./limits.ts" ? { source: LIMITS, imported: () => undefined } : undefined,
};

function shape(key: string): readonly string[] {
  const entries = settingsShape(module, KEYS.indexOf(`const ${key}`) + `const ${key}`.length);
  return entries.map(({ name, optional, type, documentation }) =>
    `${name}${optional ? "?" : ""}: ${type}${documentation && ` -- ${documentation}`}`
  );
}

Deno.test("settingsShape() reads keys, types and documentation of interfaces, inherited and imported ones too", () => {
  assert.deepEqual(shape("a"), [
    "port: number -- Port of TCP: from 1 on.",
    "most?: number",
    "around: Limits",
    "user?: string",
    "bind-to: { readonly host: string; readonly families: (4 | 6)[] }",
    `mode: | "fast; or not" | 'safe'`,
    "names: Readonly<Record<string, string>>",
  ]);
});

Deno.test("settingsShape() reads types in place, annotations and aliases", () => {
  assert.deepEqual(shape("b"), ["to: string", "from?: string"]);
  assert.deepEqual(shape("c"), [
    "port: number -- Port of TCP: from 1 on.",
    "also: Map<string, () => void>",
  ]);
});

Deno.test("settingsShape() says nothing of what it cannot know", () => {
  for (const key of ["d", "e", "f"]) assert.deepEqual(shape(key), [], key);
});

Deno.test("settingsShape() ends, whatever a source holds", () => {
  const none = () => undefined;
  for (const part of ["{", "<", "/*", '"', "a: b;\n", "interface T extends T {", "=>"]) {
    const source = `const k = settingsKey<T>("k");\ninterface T extends T { ${part.repeat(20_000)}`;
    const begun = performance.now();
    settingsShape({ source, imported: none }, "const k".length);
    assert.ok(performance.now() - begun < 2000, part);
  }
});
