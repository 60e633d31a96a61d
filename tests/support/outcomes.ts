// What scripts report, put together for tests.
import type { ActionResult, CompiledScript, StatusRecord } from "../../engine/script/types.ts";

/** What one action of a script reported. */
export interface ActionOutcome {
  readonly id: string;
  readonly result: ActionResult;
  readonly exit: number;
  readonly changes: readonly string[];
  readonly message?: string;
  readonly diff?: string;
  readonly captured?: string;
  readonly because?: readonly number[];
  /** Its part of the output. */
  readonly output: string;
}

/** What a script left. */
export interface ScriptOutcome {
  /** Exit status of the script's bash. */
  readonly code: number;
  readonly result: "ok" | "failed" | "died";
  readonly records: readonly StatusRecord[];
  readonly output: string;
  readonly results: readonly ActionOutcome[];
  /** Where it was claimed, as the root sees it. */
  readonly directory: string;
}

/** What each action reported, from all records of a script and its output. */
export function outcomes(
  actions: CompiledScript["actions"],
  records: readonly StatusRecord[],
  output: Uint8Array,
): readonly ActionOutcome[] {
  return records.flatMap((record) => {
    if (record.type !== "action-finished") return [];
    const mine = records.filter((other) => "index" in other && other.index === record.index);
    const from = mine.find((other) => other.type === "action-started");
    const start = from?.type === "action-started" ? from.output : record.output;
    return [{
      id: actions[record.index]?.id ?? String(record.index),
      result: record.result,
      exit: record.exit,
      changes: mine.flatMap((other) => other.type === "change" ? [other.text] : []),
      ...(record.message === undefined ? {} : { message: record.message }),
      ...(record.because === undefined ? {} : { because: record.because }),
      ...Object.fromEntries(mine.flatMap((other): [string, string][] => {
        if (other.type === "diff") return [["diff", other.text]];
        return other.type === "captured" ? [["captured", other.value]] : [];
      })),
      output: new TextDecoder().decode(output.slice(start, record.output)),
    }];
  });
}
