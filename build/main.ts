// `deno task compile`: dist/pallet for this machine, or with --all a file for each platform, and their sums.
import { createHash } from "node:crypto";
import { basename, join } from "node:path";
import { parseArgs } from "node:util";
import { version } from "../engine/version.ts";
import { bundleProgram } from "./program.ts";
import type { ProgramFile } from "./program_files.ts";
import { BuildError, NoRuntime, ROOT } from "./run.ts";
import { commonVersion, runtimeFor } from "./runtime.ts";
import { denoOptions, selfExtracting } from "./self_extracting.ts";
import { sourcesHash } from "./sources.ts";
import { baseHelp, compileStock, namedBase } from "./stock.ts";
import { ownTarget, type Target, targets } from "./targets.ts";
import { zip } from "./zip.ts";

const DIST = join(ROOT, "dist");
const USAGE = `Usage: deno task compile [--all] [--kind stock|self-extracting] [--deno VERSION]

  --all           Linux x64 and arm64, macOS x64 and arm64, Windows x64, with SHA256SUMS
  --kind KIND     only this kind; otherwise stock, or self-extracting where there is no base runtime
  --deno VERSION  version of Deno in self-extracting files for other platforms; unless told, this one's own, or the
                  newest that the npm registry has for all of them
`;

/** What is asked for. */
interface Wish {
  readonly kind: "stock" | "self-extracting" | undefined;
  /** Version of Deno for other platforms, asked for when one needs it. */
  readonly deno: () => Promise<string>;
}

/** Replaces a file in one step, so that one that runs or is being copied stays whole. */
async function put(path: string, write: (temporary: string) => Promise<void>): Promise<void> {
  const temporary = join(DIST, `.new-${crypto.randomUUID()}`);
  try {
    await write(temporary);
    await Deno.rename(temporary, path);
  } finally {
    await Deno.remove(temporary).catch(() => undefined);
  }
}

/** Bundled once, when the first file needs it. */
function lazyProgram(): () => Promise<readonly ProgramFile[]> {
  let program: Promise<readonly ProgramFile[]> | undefined;
  return () => program ??= bundleProgram();
}

/** Deno and the program in a folder, for a platform where no file can unpack itself. */
async function archive(target: Target, wish: Wish, program: readonly ProgramFile[]): Promise<Blob> {
  const { bytes } = await runtimeFor(target, await wish.deno());
  const command = [
    "@echo off",
    'set "DENO_DIR=%LOCALAPPDATA%\\pallet\\deno"',
    "set DENO_NO_UPDATE_CHECK=1",
    `"%~dp0deno.exe" ${denoOptions.join(" ")} "%~dp0program\\main.js" %*`,
    "",
  ].join("\r\n");
  return zip([
    { name: "pallet.cmd", bytes: new TextEncoder().encode(command) },
    { name: "deno.exe", bytes },
    ...program.map((file) => ({ ...file, name: `program/${file.name}` })),
  ]);
}

/** The version of Deno for other platforms: the one that was named, else looked up once, and said when it is another. */
function lazyVersion(named: string | undefined): () => Promise<string> {
  let asked: Promise<string> | undefined;
  const look = async (): Promise<string> => {
    if (named !== undefined) return named;
    const { version, lacking } = await commonVersion(targets.filter((target) => target !== ownTarget));
    if (version !== Deno.version.deno) {
      const names = lacking.map(({ name }) => name).join(", ");
      console.log(`Deno ${Deno.version.deno} cannot be had for ${names}: other platforms get ${version}`);
    }
    return version;
  };
  return () => asked ??= look();
}

/** Builds one file and says what it is. */
async function build(
  target: Target,
  path: string,
  wish: Wish,
  program: () => Promise<readonly ProgramFile[]>,
): Promise<string> {
  const windows = target.name.startsWith("windows");
  if (wish.kind !== "self-extracting") {
    const stock = windows ? `${path}.exe` : path;
    let reason: string | undefined;
    await Deno.mkdir(DIST, { recursive: true });
    const compiled = join(DIST, `.new-${crypto.randomUUID()}${windows ? ".exe" : ""}`);
    try {
      const base = namedBase(target, ownTarget);
      reason = await compileStock(target, await program(), compiled, {
        check: target === ownTarget,
        ...(base === undefined ? {} : { base }),
      });
      if (reason === undefined) await Deno.rename(compiled, stock);
    } finally {
      await Deno.remove(compiled).catch(() => undefined);
    }
    if (reason === undefined) return report(stock, "by deno compile");
    if (wish.kind === "stock") {
      throw new NoRuntime(`Cannot compile for ${target.name}: ${reason}. ${baseHelp(target)}`);
    }
    console.log(`deno compile is not possible for ${target.name}: ${reason}`);
  }
  await Deno.mkdir(DIST, { recursive: true });
  if (windows) {
    const blob = await archive(target, wish, await program());
    await put(`${path}.zip`, (temporary) => Deno.writeFile(temporary, blob.stream()));
    return report(`${path}.zip`, `an archive of Deno ${await wish.deno()} and the program, NOT one file`);
  }
  const runtime = await runtimeFor(target, target === ownTarget ? Deno.version.deno : await wish.deno());
  const bytes = await selfExtracting(target, runtime, await program());
  await put(path, (temporary) => Deno.writeFile(temporary, bytes, { mode: 0o755 }));
  return report(path, `self-extracting, with Deno ${runtime.version}`);
}

async function report(path: string, kind: string): Promise<string> {
  const { size } = await Deno.stat(path);
  console.log(`${path.slice(ROOT.length)}: ${(size / 1e6).toFixed(1)} MB, ${kind}`);
  return path;
}

async function buildOwn(wish: Wish): Promise<void> {
  if (ownTarget === undefined) {
    throw new BuildError(`There are no executables for ${Deno.build.target}; deno run -A main.ts works.`);
  }
  const sources = await sourcesHash();
  await build(ownTarget, join(DIST, "pallet"), wish, lazyProgram());
  await Deno.writeTextFile(join(DIST, ".sources"), sources);
}

/** Builds what can be built, and names the rest at the end. */
async function buildAll(wish: Wish): Promise<void> {
  const program = lazyProgram();
  const built: string[] = [];
  const left: { readonly name: string; readonly reason: string }[] = [];
  for (const target of targets) {
    try {
      built.push(await build(target, join(DIST, `pallet-${version}-${target.name}`), wish, program));
    } catch (error) {
      if (!(error instanceof NoRuntime)) throw error;
      left.push({ name: target.name, reason: error.message });
    }
  }
  const sums = await Promise.all(built.map(async (path) => {
    const sum = createHash("sha256").update(await Deno.readFile(path)).digest("hex");
    return `${sum}  ${basename(path)}\n`;
  }));
  await Deno.writeTextFile(join(DIST, "SHA256SUMS"), sums.join(""));
  console.log(`${DIST.slice(ROOT.length)}/SHA256SUMS: of ${built.length} of ${targets.length} platforms`);
  if (left.length === 0) return;
  const reasons = left.map(({ name, reason }) => `\n  ${name}: ${reason}`).join("");
  throw new BuildError(`Left out: ${left.map(({ name }) => name).join(", ")}${reasons}`);
}

function wished(): { readonly all: boolean; readonly wish: Wish } | undefined {
  try {
    const { values } = parseArgs({
      args: Deno.args,
      options: { all: { type: "boolean" }, kind: { type: "string" }, deno: { type: "string" } },
    });
    const { kind } = values;
    if (kind !== undefined && kind !== "stock" && kind !== "self-extracting") return undefined;
    return { all: values.all === true, wish: { kind, deno: lazyVersion(values.deno) } };
  } catch {
    return undefined;
  }
}

const asked = wished();
if (asked === undefined) {
  console.error(USAGE);
  Deno.exit(2);
}
try {
  await (asked.all ? buildAll : buildOwn)(asked.wish);
} catch (error) {
  if (!(error instanceof BuildError)) throw error;
  console.error(`error: ${error.message}`);
  Deno.exit(1);
}
