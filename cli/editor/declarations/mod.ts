// Made by `deno task types`. What editors are told of the modules that infra files import.
import text0 from "./pallet.d.ts.txt" with { type: "text" };
import text1 from "./crates/automated-admin-user.d.ts.txt" with { type: "text" };
import text2 from "./crates/git.d.ts.txt" with { type: "text" };
import text3 from "./crates/mysql.d.ts.txt" with { type: "text" };
import text4 from "./crates/nginx.d.ts.txt" with { type: "text" };
import text5 from "./plugin.d.ts.txt" with { type: "text" };

/** Declarations of a module. */
export interface Declarations {
  readonly specifier: string;
  /** Path of its file below the folder of types. */
  readonly file: string;
  readonly text: string;
}

/** Of "pallet" and of all crates of the executable. */
export const declarations: readonly Declarations[] = [
  { "specifier": "pallet", "file": "pallet.d.ts", text: text0 },
  {
    "specifier": "pallet/crates/automated-admin-user",
    "file": "crates/automated-admin-user.d.ts",
    text: text1,
  },
  { "specifier": "pallet/crates/git", "file": "crates/git.d.ts", text: text2 },
  { "specifier": "pallet/crates/mysql", "file": "crates/mysql.d.ts", text: text3 },
  { "specifier": "pallet/crates/nginx", "file": "crates/nginx.d.ts", text: text4 },
  { "specifier": "pallet/plugin", "file": "plugin.d.ts", text: text5 },
];
