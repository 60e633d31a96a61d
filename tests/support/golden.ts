// Golden scripts: what the compiler writes, kept beside it and compared byte for byte.
import assert from "node:assert/strict";
import { has } from "./needs.ts";

const FOLDER = new URL("../../engine/script/golden/", import.meta.url);

/** Runs a program on a text; its output when it fails. */
async function complaints(program: string, args: readonly string[], text: string): Promise<string> {
  const child = new Deno.Command(program, {
    args: [...args],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  // A program that ends before it has read everything says why by its status.
  await writer.write(new TextEncoder().encode(text)).then(() => writer.close()).catch(() => {});
  const { success, stdout, stderr } = await child.output();
  const decoder = new TextDecoder();
  return success ? "" : decoder.decode(stdout) + decoder.decode(stderr) || `${program} failed`;
}

let shellcheck: Promise<boolean> | undefined;

/** Whether shellcheck is here; says so once when it is not. */
function hasShellcheck(): Promise<boolean> {
  shellcheck ??= has("shellcheck").then((there) => {
    if (!there) console.log("Scripts are not checked by shellcheck: it is not installed");
    return there;
  });
  return shellcheck;
}

/** Fails unless a text is bash that parses. */
export async function assertParses(text: string): Promise<void> {
  assert.equal(await complaints("bash", ["-n"], text), "");
}

/** Fails unless a text is bash that parses and that shellcheck finds nothing wrong with. */
export async function assertBash(text: string): Promise<void> {
  await assertParses(text);
  if (await hasShellcheck()) {
    assert.equal(await complaints("shellcheck", ["--shell=bash", "--color=never", "-"], text), "");
  }
}

/**
 * Compares a script with `engine/script/golden/NAME.sh` byte for byte, and checks its bash. With `UPDATE_GOLDEN=1` the
 * file is written instead.
 */
export async function assertGolden(name: string, text: string): Promise<void> {
  const file = new URL(`${name}.sh`, FOLDER);
  await assertBash(text);
  if (Deno.env.get("UPDATE_GOLDEN") === "1") {
    await Deno.mkdir(FOLDER, { recursive: true });
    await Deno.writeTextFile(file, text);
    return;
  }
  const golden = await Deno.readTextFile(file).catch(() => "");
  assert.equal(text, golden, `${name}.sh is not what it was; UPDATE_GOLDEN=1 takes the new one`);
}
