import { join } from "node:path";
import { messageOf, PalletError } from "../engine/errors.ts";
import type { AgeStore } from "../engine/secrets/age/store.ts";
import { ask } from "./ask.ts";
import { type Command, defineCommand } from "./command.ts";
import { projectNames, serviceNames } from "./options.ts";
import { renderError } from "./errors.ts";
import { usageError } from "./parse.ts";
import { secretProject, storeOf } from "./secret_project.ts";
import type { Terminal } from "./terminal.ts";

const HEAD = "# A secret a line: NAME: VALUE. Names may have / in them, or be nested.\n";

/** A folder for a file that must not last: in memory where there is such a place. */
async function privateFolder(): Promise<string> {
  for (const dir of ["/dev/shm", undefined]) {
    try {
      const folder = await Deno.makeTempDir({
        prefix: "pallet-secrets-",
        ...(dir === undefined ? {} : { dir }),
      });
      await Deno.chmod(folder, 0o700).catch(() => undefined);
      return folder;
    } catch (cause) {
      if (dir === undefined) {
        throw new PalletError(`Cannot make a folder for the editor: ${messageOf(cause)}`, {
          kind: "usage",
          cause,
        });
      }
    }
  }
  throw new PalletError("Cannot make a folder for the editor", { kind: "usage" });
}

/** Runs the editor that people have chosen; it may have words of its own. */
async function runEditor(path: string, terminal: Terminal): Promise<void> {
  const editor = terminal.env("VISUAL") || terminal.env("EDITOR") || "vi";
  const [program, args] = Deno.build.os === "windows"
    ? ["cmd", ["/c", `${editor} "${path}"`]]
    : ["sh", ["-c", `${editor} "$1"`, "editor", path]];
  const { code } = await new Deno.Command(program, {
    args,
    stdin: "inherit",
    stdout: "inherit",
    stderr: "inherit",
  }).spawn().status;
  if (code !== 0) {
    throw new PalletError(`The editor "${editor}" ended with exit status ${code}: nothing is changed`, {
      kind: "usage",
      help: "Name yours with VISUAL or EDITOR.",
    });
  }
}

/** Edits until what was written can be kept; answers with whether it was changed. */
async function edit(store: AgeStore, path: string, terminal: Terminal): Promise<boolean> {
  const before = await store.text();
  const shown = before === "" ? HEAD : before;
  await Deno.writeTextFile(path, shown, { mode: 0o600 });
  for (;;) {
    await runEditor(path, terminal);
    const after = await Deno.readTextFile(path);
    if (after === shown) return false;
    try {
      await store.replace(after);
      return true;
    } catch (thrown) {
      const view = { paint: terminal.err.paint, place: () => "", verbose: false };
      terminal.err.write(renderError(thrown, view));
      if (!terminal.interactive || !await ask("Edit it again?", terminal)) {
        throw usageError("Nothing is changed");
      }
    }
  }
}

export const command: Command = defineCommand({
  name: "secret edit",
  description: [
    "Opens the project's encrypted file in your editor (VISUAL, EDITOR, vi), as YAML. What the editor works on is kept in",
    "memory where there is such a place, readable for you alone, and removed when it ends.",
  ].join("\n"),
  heeds: [...projectNames, ...serviceNames],
  async run({ options, terminal }) {
    const store = storeOf(await secretProject(options, terminal));
    const folder = await privateFolder();
    const stops = (["SIGTERM", "SIGHUP"] as const).map((signal) =>
      terminal.onSignal(signal, () => {
        Deno.removeSync(folder, { recursive: true });
        Deno.exit(signal === "SIGTERM" ? 143 : 129);
      })
    );
    // It is the editor's.
    stops.push(terminal.onSignal("SIGINT", () => {}));
    try {
      const changed = await edit(store, join(folder, "secrets.yaml"), terminal);
      if (!options.quiet) terminal.err.write(changed ? "Kept\n" : "Nothing was changed\n");
    } finally {
      stops.forEach((stop) => stop());
      await Deno.remove(folder, { recursive: true });
    }
    return 0;
  },
});
