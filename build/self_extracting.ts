// One file: a script that unpacks and starts, then Deno, then the program.
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { joined } from "../engine/bytes.ts";
import { version } from "../engine/version.ts";
import { engineOptions, isolation, permissions } from "./options.ts";
import { sha256 } from "../engine/modules/cache.ts";
import type { ProgramFile } from "./program_files.ts";
import { ROOT } from "./run.ts";
import type { Runtime } from "./runtime.ts";
import type { Target } from "./targets.ts";

/** Time of change of all unpacked files: a whole second that no clock shows any more. */
const TIME = Date.UTC(2000, 0, 1) / 1000;
const TOUCH = "200001010000";

/** How Deno starts the program: nothing but the files beside it counts, wherever it is started. */
export const denoOptions: readonly string[] = [
  "run",
  ...isolation,
  ...engineOptions,
  "--cached-only",
  // What a command does not use is not even looked at.
  "--unstable-lazy-dynamic-imports",
  ...permissions,
];

/** A word of a script: what needs no quotes stands without. */
function assignment([name, value]: readonly [string, string | number]): string {
  return `${name}='${String(value).replaceAll("'", "'\\''")}'\n`;
}

/** A self-extracting executable. */
export async function selfExtracting(
  target: Target,
  runtime: Runtime,
  program: readonly ProgramFile[],
): Promise<Uint8Array<ArrayBuffer>> {
  const all = joined(program.map(({ bytes }) => bytes));
  const packed = new Uint8Array(gzipSync(all, { level: 9 }));
  const [denoSum, programSum] = [runtime.sha256, sha256(all)];
  const deno = `deno-${runtime.version}-${denoSum.slice(0, 12)}`;
  const folder = `pallet-${version}-${programSum.slice(0, 12)}`;
  const denoListing = `${deno}/deno ${runtime.bytes.length} ${TIME}`;
  const programNames = program.map(({ name }) => `${folder}/${name}`);
  const programListing = program.map(({ name, bytes }) => `${folder}/${name} ${bytes.length} ${TIME}`).join(
    "\n",
  );
  const variables: readonly (readonly [string, string | number])[] = [
    ["platform", target.name.startsWith("linux") ? `${target.name} with glibc` : target.name],
    ["deno", deno],
    ["deno_sum", denoSum],
    ["deno_packed", runtime.packed.length],
    ["deno_options", denoOptions.join(" ")],
    ["deno_listing", denoListing],
    ["program", folder],
    ["program_sum", programSum],
    ["program_packed", packed.length],
    ["program_names", programNames.join(" ")],
    ["program_listing", programListing],
    ["packed_sum", sha256(runtime.packed, packed)],
    ["time", TOUCH],
    ["megabytes", Math.ceil((runtime.bytes.length + 2 * all.length) / 1e6)],
  ];
  const script = [
    `#!/bin/sh\n# Pallet ${version} for ${target.name}: a program in one file.\n\n`,
    ...variables.map(assignment),
    'names="$deno/deno $program_names"\n',
    'listing="$deno_listing\n$program_listing"\n',
    `list() { ${target.stat} "$@"; }\n\n`,
    await Deno.readTextFile(join(ROOT, "build", "launcher.sh")),
  ].join("");
  return joined([new TextEncoder().encode(script), runtime.packed, packed]);
}
