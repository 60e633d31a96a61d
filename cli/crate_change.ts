import type { Paint } from "./terminal.ts";
import { count, escapeLine, escapeText } from "./text.ts";

type Crates = Awaited<ReturnType<typeof import("../engine/run.ts")["crates"]>>;
type LockChange = Awaited<ReturnType<Crates["lockCrates"]>>;
type Source = Awaited<ReturnType<Crates["updateCrates"]>>["sources"][number];

function moduleLine({ was, now }: LockChange["modules"][number], paint: Paint): string {
  const url = escapeLine(now?.url ?? was?.url ?? "");
  if (was === undefined) return `  ${paint.green("+")} ${url}`;
  if (now === undefined) return `  ${paint.red("-")} ${url}`;
  return `  ${paint.yellow("~")} ${url}${was.url === now.url ? "" : `  (was ${escapeLine(was.url)})`}`;
}

/** What changed in the lock, for people; empty when nothing did. */
export function changeLines({ ranges, modules }: LockChange, paint: Paint): readonly string[] {
  return [
    ...ranges.map(({ range, was, now }) =>
      `  ${paint.bold(escapeLine(range))}  ${was ?? "new"} -> ${now ?? "not needed any more"}`
    ),
    ...modules.map((module) => moduleLine(module, paint)),
  ];
}

/** How much changed, in words. */
export function changeSummary({ modules }: LockChange): string {
  const kinds = [
    [modules.filter(({ was, now }) => was !== undefined && now !== undefined).length, "changed"],
    [modules.filter(({ was }) => was === undefined).length, "new"],
    [modules.filter(({ now }) => now === undefined).length, "gone"],
  ] as const;
  return `${count(modules.length, "module")}: ${
    kinds.filter(([number]) => number > 0).map(([number, word]) => `${number} ${word}`).join(", ")
  }`;
}

/** Milliseconds that are taken to find out how two sources differ: some are made to take forever. */
const PATIENCE = 10_000;

/** What changed in the sources, as a unified diff. */
export async function sourceDiff(sources: readonly Source[]): Promise<string> {
  const { createTwoFilesPatch } = await import("diff");
  return sources.map(({ change, was, now }) => {
    if (change.was !== undefined && was === "") {
      return `${escapeLine(change.was.url)}: what it was is not in the cache any more\n`;
    }
    const [before, after] = [change.was?.url ?? "/dev/null", change.now?.url ?? "/dev/null"];
    const patch = createTwoFilesPatch(before, after, was, now, "", "", { timeout: PATIENCE });
    if (patch === undefined) return `${escapeLine(after)}: it differs in more than can be shown\n`;
    return escapeText(patch.replace(/^(?:Index: .*\n)?=+\n/, ""));
  }).join("\n");
}
