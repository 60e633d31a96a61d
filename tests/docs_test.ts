// The tutorial is run as it stands: its files are saved, its commands typed.
import assert from "node:assert/strict";
import { isRoot } from "./support/needs.ts";

const ROOT = new URL("../", import.meta.url).pathname;

/** A step of a page: a file to save, or a command line to type. */
type Step = { readonly file: string; readonly text: string } | { readonly command: readonly string[] };

/** Words of a command line; double quotes hold words together. */
function words(line: string): readonly string[] {
  return [...line.matchAll(/"([^"]*)"|(\S+)/g)].map((match) => match[1] ?? match[2] ?? "");
}

function stepsOf(page: string): readonly Step[] {
  return [...page.matchAll(/^```(ts|sh)(?: (\S+))?\n([\s\S]*?)^```$/gm)].flatMap((match): readonly Step[] => {
    const [, language, file, text = ""] = match;
    if (language === "ts") return file === undefined ? [] : [{ file, text }];
    return text.trim().split("\n").map((line) => ({ command: words(line) }));
  });
}

/** Types a command in the project's folder, with a state folder of the test's own. */
async function type(command: readonly string[], folder: string): Promise<void> {
  const [program, ...args] = command;
  assert.equal(program, "pallet");
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", `${ROOT}main.ts`, ...args],
    cwd: folder,
    stdin: "null",
    env: { XDG_STATE_HOME: `${folder}/.state` },
  }).output();
  const decode = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
  assert.equal(code, 0, `${command.join(" ")}\n${decode(stdout)}\n${decode(stderr)}`);
}

if (!isRoot()) console.log("ignored: the tutorial is not run, as lab nodes need Linux and root");

Deno.test({
  name: "check 6: the tutorial works from an empty folder to the end",
  ignore: !isRoot(),
  fn: async () => {
    const folder = await Deno.makeTempDir({ prefix: "pallet-tutorial-" });
    await Deno.writeTextFile(
      `${folder}/pallet.yaml`,
      "services:\n  tutorial: { provider: lab }\ndefault-service: tutorial\n",
    );
    try {
      for (const step of stepsOf(await Deno.readTextFile(`${ROOT}docs/tutorial.md`))) {
        if ("file" in step) await Deno.writeTextFile(`${folder}/${step.file}`, step.text);
        else await type(step.command, folder);
      }
    } finally {
      await type(["pallet", "destroy", "--yes"], folder);
      await Deno.remove(folder, { recursive: true });
    }
  },
});
