// Reports that are made of a whole run when it has ended.
import { writeFile } from "node:fs/promises";
import { dirname, extname } from "node:path";
import { messageOf, PalletError } from "../../engine/errors.ts";
import type { Event } from "../../engine/events.ts";
import type { Place } from "../errors.ts";
import { usageError } from "../parse.ts";
import type { Terminal } from "../terminal.ts";
import { runModel } from "./model.ts";
import { plainReporter } from "./plain.ts";
import type { Detail, Reporter } from "./reporter.ts";

/** A kind of report. */
export type DocumentKind = "html" | "junit" | "jsonl";

const KINDS: Readonly<Record<string, DocumentKind>> = { ".html": "html", ".xml": "junit", ".jsonl": "jsonl" };

/** The kind of report that a file's name asks for. @throws {PalletError} of kind `usage` for any other name. */
export function kindOfFile(path: string): DocumentKind {
  const kind = KINDS[extname(path)];
  if (kind !== undefined) return kind;
  throw usageError(
    `Cannot tell what report "${path}" is to be.`,
    `Names end with ${Object.keys(KINDS).join(", ")}.`,
  );
}

/** A report of a run; nothing when it never began. */
export async function documentText(
  kind: DocumentKind,
  events: readonly Event[],
  place: Place,
): Promise<string | undefined> {
  if (kind === "jsonl") return events.map((event) => `${JSON.stringify(event)}\n`).join("");
  const model = runModel(events);
  if (model === undefined) return undefined;
  if (kind === "junit") return (await import("./junit.ts")).junitText(model, place);
  return (await import("./html/page.ts")).page(model, place);
}

/** Gathers the events of a run; on standard error it is told as it goes, at its end the report is standard output. */
export function documentReporter(
  kind: DocumentKind,
  terminal: Terminal,
  place: Place,
  detail: Detail,
): Reporter {
  const events: Event[] = [];
  const plain = plainReporter(terminal.err, place, detail);
  return {
    ...plain,
    event(event) {
      events.push(event);
      plain.event(event);
    },
    async finish() {
      const text = await documentText(kind, events, place);
      if (text !== undefined) terminal.out.write(text);
    },
  };
}

/** Found out before the run, and not when it is over and its report has no place. */
function requireFolderOf(path: string): void {
  const folder = dirname(path);
  try {
    if (Deno.statSync(folder).isDirectory) return;
  } catch (cause) {
    if (!(cause instanceof Deno.errors.NotFound) && !(cause instanceof Deno.errors.NotADirectory)) {
      throw cause;
    }
  }
  throw usageError(
    `Cannot write the report to "${path}": there is no folder "${folder}".`,
    "Make the folder first, or name another file with --save.",
  );
}

/** A reporter that writes reports of the run to files besides. @throws {PalletError} for a name that tells no kind. */
export function alsoSaved(reporter: Reporter, paths: readonly string[], place: Place): Reporter {
  if (paths.length === 0) return reporter;
  const files = paths.map((path) => ({ path, kind: kindOfFile(path) }));
  for (const { path } of files) requireFolderOf(path);
  const events: Event[] = [];
  let written = false;
  return {
    ...reporter,
    event(event) {
      if (event.type !== "output") events.push(event);
      reporter.event(event);
    },
    async finish() {
      await reporter.finish?.();
      if (written) return;
      written = true;
      for (const { path, kind } of files) {
        const text = await documentText(kind, events, place);
        if (text === undefined) continue;
        try {
          await writeFile(path, text);
        } catch (cause) {
          throw new PalletError(`Cannot write the report to "${path}": ${messageOf(cause)}`, {
            kind: "action",
            cause,
          });
        }
      }
    },
  };
}
