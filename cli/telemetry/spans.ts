// A run as a trace: the run, its phases, their targets, their actions, and nodes that are made and removed.
import type { Event, Failure } from "../../engine/events.ts";
import type { SpanContext } from "./traceparent.ts";

/** A value of an attribute. */
export type Attribute = string | number | boolean | readonly string[];

/** Something that took time. Times are milliseconds since the epoch. */
export interface Span {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly state?: string;
  readonly name: string;
  readonly start: number;
  readonly end: number;
  readonly attributes: Readonly<Record<string, Attribute>>;
  /** What went wrong, where something did. */
  readonly error?: string;
}

interface Open {
  readonly spanId: string;
  readonly parent: string;
  readonly name: string;
  readonly start: number;
  readonly attributes: Record<string, Attribute>;
}

function hex(bytes: number): string {
  return [...crypto.getRandomValues(new Uint8Array(bytes))].map((byte) => byte.toString(16).padStart(2, "0"))
    .join("");
}

function said(failure: Failure | undefined, otherwise: string): string {
  return failure?.message ?? otherwise;
}

type EventOf<T extends Event["type"]> = Extract<Event, { readonly type: T }>;

/** Follows a run, and makes its trace. */
export class Trace {
  readonly #traceId: string;
  readonly #parent: SpanContext | undefined;
  readonly #done: Span[] = [];
  /** By what they are about: `""` is the run. */
  readonly #open = new Map<string, Open>();
  #last = 0;

  constructor(parent?: SpanContext) {
    this.#parent = parent;
    this.#traceId = parent?.traceId ?? hex(16);
  }

  event(event: Event): void {
    const at = Date.parse(event.at);
    this.#last = Math.max(this.#last, at);
    switch (event.type) {
      case "run-started":
        this.#begin("", `pallet ${event.operation}`, at, undefined, {
          "pallet.run": event.run,
          "pallet.operation": event.operation,
          "pallet.service": event.service,
          "pallet.phases": event.phases,
          "pallet.check": event.check,
          ...(event.resumed === undefined ? {} : { "pallet.resumed": event.resumed }),
        });
        break;
      case "node-creating":
      case "node-removing": {
        const verb = event.type === "node-creating" ? "create" : "remove";
        this.#begin(`node ${event.target}`, `${verb} node`, at, "", {
          "pallet.target": event.target,
          "pallet.group": event.group,
        });
        break;
      }
      case "node-created":
      case "node-removed":
        this.#end(`node ${event.target}`, at);
        break;
      case "node-failed":
        this.#end(`node ${event.target}`, at, {}, event.failure.message);
        break;
      case "phase-started":
        this.#begin(`phase ${event.phase}`, `phase ${event.phase}`, at, "", { "pallet.phase": event.phase });
        break;
      case "phase-finished":
        this.#end(`phase ${event.phase}`, at, {}, event.result === "ok" ? undefined : "failed on a target");
        break;
      case "target-started":
        this.#target(event, at);
        break;
      case "action-finished":
        this.#action(event, at);
        break;
      case "target-finished":
        this.#targetEnd(event, at);
        break;
      case "run-finished": {
        const error = event.result === "ok" ? undefined : said(event.failure, "failed");
        this.#end("", at, { "pallet.exit_code": event.exitCode, "pallet.result": event.result }, error);
      }
    }
  }

  /** All that was seen; what has no end ends with the last event. Nothing when no run began. */
  finish(): readonly Span[] {
    for (const key of [...this.#open.keys()]) this.#end(key, this.#last, {}, "it was not ended");
    return this.#done;
  }

  #begin(
    key: string,
    name: string,
    start: number,
    parent: string | undefined,
    attributes: Record<string, Attribute>,
  ): void {
    const above = parent === undefined ? this.#parent?.spanId : this.#open.get(parent)?.spanId;
    this.#open.set(key, { spanId: hex(8), parent: above ?? "", name, start, attributes });
  }

  #end(key: string, end: number, attributes: Readonly<Record<string, Attribute>> = {}, error?: string): void {
    const open = this.#open.get(key);
    if (open === undefined) return;
    this.#open.delete(key);
    this.#add(open, Math.max(end, open.start), attributes, error);
  }

  #add(open: Open, end: number, more: Readonly<Record<string, Attribute>>, error: string | undefined): void {
    const { spanId, parent, name, start, attributes } = open;
    this.#done.push({
      traceId: this.#traceId,
      spanId,
      ...(parent === "" ? {} : { parentSpanId: parent }),
      ...(this.#parent?.state === undefined ? {} : { state: this.#parent.state }),
      name,
      start,
      end,
      attributes: { ...attributes, ...more },
      ...(error === undefined ? {} : { error }),
    });
  }

  #target(event: { readonly phase: string; readonly target: string }, at: number): Open | undefined {
    const { phase, target } = event;
    const key = `target ${phase} ${target}`;
    if (!this.#open.has(key)) {
      this.#begin(key, `target ${target}`, at, `phase ${phase}`, {
        "pallet.phase": phase,
        "pallet.target": target,
      });
    }
    return this.#open.get(key);
  }

  #targetEnd(event: EventOf<"target-finished">, at: number): void {
    this.#target(event, at);
    const { phase, target, result, counts, recalled, failure } = event;
    const good = result === "ok" || result === "skipped";
    this.#end(`target ${phase} ${target}`, at, {
      "pallet.result": result,
      "pallet.changed": counts.changed,
      "pallet.failed": counts.failed,
      ...(recalled === true ? { "pallet.recalled": true } : {}),
    }, good ? undefined : said(failure, result));
  }

  /** Its end is when it was told here, and its length what the node measured: clocks of nodes may be wrong. */
  #action(event: EventOf<"action-finished">, at: number): void {
    const target = this.#target(event, at);
    if (target === undefined) return;
    const { result, id, title, exit, changes, origin } = event;
    const open: Open = {
      spanId: hex(8),
      parent: target.spanId,
      name: title,
      start: Math.min(at, Math.max(target.start, at - event.duration)),
      attributes: {
        "pallet.target": event.target,
        "pallet.phase": event.phase,
        "pallet.action": id,
        "pallet.result": result,
        "pallet.duration_ms": event.duration,
        "pallet.changes": changes,
        "code.file.path": origin.file,
        "code.line.number": origin.line,
      },
    };
    this.#add(open, at, {}, result === "failed" ? `exit ${exit}` : undefined);
  }
}
