// A run as Markdown: for the summary of a job of CI, a merge request, a chat.
import { flag, type JsonObject, optional, readOptions, type ReporterKind, text } from "pallet/plugin";
import { emptyRun, markdown, note } from "./markdown.ts";

const fields = { file: optional(text), "file-from": optional(text), diffs: optional(flag, true) };

/** Where the summary goes: a file to append to, or the output. */
function fileOf(options: { readonly file: string | undefined; readonly "file-from": string | undefined }) {
  const from = options["file-from"];
  return options.file ?? (from === undefined ? undefined : Deno.env.get(from));
}

/** Writes a summary when a run has ended. */
export const reporter: ReporterKind = {
  summary: "a summary of a run as Markdown",
  open: (given: JsonObject, screen) => {
    const options = readOptions(given, fields);
    const file = fileOf(options);
    const run = emptyRun();
    return {
      event: async (event) => {
        note(run, event);
        if (event.type !== "run-finished") return;
        const page = markdown(run, event, { diffs: options.diffs });
        if (file === undefined) screen.write(page);
        else await Deno.writeTextFile(file, page, { append: true });
      },
    };
  },
};
