import { collapse } from "../secrets/redactor.ts";
import type { ActionCounts, EventBody } from "../events.ts";
import type { ActionResult, CompiledScript, StatusRecord } from "../script/types.ts";
import { OutputTail } from "./output.ts";
import type { OmittedOutput } from "../transport/connection.ts";
import type { ActionReport } from "./results.ts";

/** Which count an action's result adds to. */
const COUNT_OF: Readonly<Record<ActionResult, keyof ActionCounts>> = {
  "ok": "ok",
  "changed": "changed",
  "failed": "failed",
  "skipped": "skipped",
  "would-change": "wouldChange",
  "cannot-know": "cannotKnow",
};

/** Counts of action reports by result. */
export function countsOfReports(reports: readonly ActionReport[]): ActionCounts {
  const counts = { ok: 0, changed: 0, failed: 0, skipped: 0, wouldChange: 0, cannotKnow: 0 };
  for (const report of reports) counts[COUNT_OF[report.result]]++;
  return counts;
}

interface Running {
  readonly index: number;
  readonly at: number;
  readonly output: number;
}

interface Finished {
  readonly report: ActionReport;
  readonly index: number;
  readonly output: readonly [start: number, end: number];
  /** Why it failed or was skipped, where it said so. */
  readonly message?: string;
}

/** What a failed action wrote, and why it failed should that not be in it. */
function withMessage(output: string, { report, message }: Finished): string {
  if (report.result !== "failed" || message === undefined || output.includes(message)) return output;
  return `${output}${output === "" || output.endsWith("\n") ? "" : "\n"}${message}\n`;
}

/** What a {@linkcode ScriptReader} tells, and to whom. */
export interface ReaderOptions {
  readonly emit: (event: EventBody) => void;
  readonly capture: (name: string, value: string) => void;
  /** Whether the output of actions that succeeded is reported too. */
  readonly output: boolean;
  /** Place of the script's first action in the phase: 0, unless told. */
  readonly first?: number;
}

/**
 * Turns a script's status records and output into events and reports. Records and output come by different ways: a
 * failed action is told of when its output has come, or when there is no more to come.
 */
export class ScriptReader {
  readonly #script: CompiledScript;
  readonly #options: ReaderOptions;
  readonly #tail = new OutputTail();
  readonly #changes = new Map<number, string[]>();
  readonly #diffs = new Map<number, string>();
  readonly #waiting: Finished[] = [];
  readonly #decoder = new TextDecoder();
  readonly reports: ActionReport[] = [];
  #running: Running | undefined;
  #final: Extract<StatusRecord, { readonly type: "script-finished" }> | undefined;

  constructor(script: CompiledScript, options: ReaderOptions) {
    this.#script = script;
    this.#options = options;
  }

  /** The final record, once it came. */
  get final(): Extract<StatusRecord, { readonly type: "script-finished" }> | undefined {
    return this.#final;
  }

  /** Title of the action that was started and has not finished. */
  get running(): string | undefined {
    return this.#running === undefined ? undefined : this.#script.actions[this.#running.index]?.title;
  }

  /** Takes output that ends at an offset. */
  output(bytes: Uint8Array, end: number): void {
    this.#tail.add(bytes, end);
    if (this.#options.output) this.#say(this.#decoder.decode(collapse(bytes), { stream: true }));
    this.#tell(false);
  }

  /** Tells of output that is left out here. */
  omitted(omitted: OmittedOutput): void {
    if (this.#options.output) this.#say(this.#decoder.decode());
    const { phase, target } = this.#script.id;
    this.#options.emit({ type: "output-omitted", phase, target, ...omitted });
  }

  record(record: StatusRecord): void {
    switch (record.type) {
      case "script-started":
        return;
      case "action-started":
        return this.#started(record);
      case "change":
        this.#changes.set(record.index, [...this.#changes.get(record.index) ?? [], record.text]);
        return;
      case "diff":
        this.#diffs.set(record.index, (this.#diffs.get(record.index) ?? "") + record.text);
        return;
      case "captured":
        return this.#captured(record.index, record.value);
      case "action-finished":
        return this.#finished(record);
      case "script-finished":
        this.#final = record;
        return;
    }
  }

  /** Tells what is left to tell, when nothing more comes. */
  end(): void {
    this.#tell(true);
    if (this.#options.output) this.#say(this.#decoder.decode());
  }

  #say(text: string): void {
    const { phase, target } = this.#script.id;
    if (text !== "") this.#options.emit({ type: "output", phase, target, text });
  }

  #captured(index: number, value: string): void {
    const name = this.#script.actions[index]?.args.capture;
    if (typeof name === "string") this.#options.capture(name, value);
  }

  #started(record: Extract<StatusRecord, { readonly type: "action-started" }>): void {
    const action = this.#script.actions[record.index];
    if (action === undefined) return;
    this.#running = record;
    const { phase, target } = this.#script.id;
    const { id, title } = action;
    const index = (this.#options.first ?? 0) + record.index;
    this.#options.emit({ type: "action-started", phase, target, id, index, title });
  }

  #finished(record: Extract<StatusRecord, { readonly type: "action-finished" }>): void {
    const action = this.#script.actions[record.index];
    if (action === undefined) return;
    const start = this.#running?.index === record.index ? this.#running : record;
    this.#running = undefined;
    const because = record.because?.flatMap((index) => this.#script.actions[index]?.id ?? []);
    const diff = this.#diffs.get(record.index);
    const report: ActionReport = {
      id: action.id,
      title: action.title,
      result: record.result,
      exit: record.exit,
      duration: Math.max(0, Math.round((record.at - start.at) * 1000)),
      changes: this.#changes.get(record.index) ?? [],
      ...(diff === undefined ? {} : { diff }),
      origin: action.origin,
      ...(because === undefined ? {} : { because }),
    };
    const { index, message } = record;
    this.#waiting.push({
      report,
      index,
      output: [start.output, record.output],
      ...(message === undefined ? {} : { message }),
    });
    this.#tell(false);
  }

  #tell(all: boolean): void {
    for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[0]) {
      const [start, end] = next.output;
      const shown = next.report.result === "failed" || this.#options.output;
      if (shown && !all && this.#tail.end < end) return;
      this.#waiting.shift();
      const output = shown ? withMessage(this.#tail.between(start, end), next) : "";
      const report = output === "" ? next.report : { ...next.report, output };
      this.reports.push(report);
      const { phase, target } = this.#script.id;
      const index = (this.#options.first ?? 0) + next.index;
      this.#options.emit({ type: "action-finished", phase, target, index, ...report });
    }
  }
}
