// The process of one plugin. It may do what it was granted, and talks to Pallet over its stdin and stdout.
import { PalletError } from "../../engine/errors.ts";
import type { Json } from "../../engine/json.ts";
import { installLoader } from "../../engine/sandbox/loader.ts";
import { openPipes } from "../../engine/sandbox/pipes.ts";
import * as api from "../api/mod.ts";
import { EXPORTS, type Message, type PluginKind, type Request } from "../protocol.ts";
import { problemOf } from "./problem.ts";
import { type Opened, openPlugin } from "./open.ts";

type Send = (message: Message) => void;

/** What a plugin writes to its console becomes messages: its stdout is taken. */
function redirectConsole(send: Send): void {
  const { inspect } = Deno;
  const at = (level: "debug" | "info" | "warn" | "error") => (...values: readonly unknown[]) => {
    const text = values.map((value) => typeof value === "string" ? value : inspect(value)).join(" ");
    send({ type: "say", level, text });
  };
  Object.assign(globalThis.console, {
    debug: at("debug"),
    trace: at("debug"),
    log: at("info"),
    info: at("info"),
    dir: at("info"),
    table: at("info"),
    group: at("info"),
    warn: at("warn"),
    error: at("error"),
  });
}

/** What was loaded is all that runs: workers would import on their own. */
function removeWorkers(): void {
  Reflect.deleteProperty(globalThis, "Worker");
}

class Session {
  readonly #aborts = new Map<number, AbortController>();
  #exported: unknown;
  #opened: Opened | undefined;
  #urls: readonly string[] = [];
  #root = "";
  #kind: PluginKind | undefined;

  constructor(readonly send: Send) {}

  async handle(request: Exclude<Request, { type: "abort" }>): Promise<void> {
    const { id } = request;
    const abort = new AbortController();
    this.#aborts.set(id, abort);
    try {
      const value = request.type === "load"
        ? await this.#load(request)
        : await this.#call(request, abort.signal);
      this.send({ type: "reply", id, value });
    } catch (thrown) {
      this.send({ type: "problem", id, problem: problemOf(thrown, this.#urls, this.#root) });
    } finally {
      this.#aborts.delete(id);
    }
  }

  abort(id: number): void {
    this.#aborts.get(id)?.abort();
  }

  async #load({ graph, kind }: Extract<Request, { type: "load" }>): Promise<Json> {
    this.#urls = graph.modules.map(({ url }) => url);
    this.#root = graph.root;
    this.#kind = kind;
    const loader = await installLoader(graph, api);
    const exports = await loader.import(graph.entry);
    const exported = exports[EXPORTS[kind]];
    const { open, summary } = Object(exported);
    if (typeof open === "function") {
      this.#exported = exported;
      return { summary: typeof summary === "string" ? summary : "" };
    }
    const others = Object.entries(EXPORTS).filter(([, name]) => exports[name] !== undefined);
    throw new PalletError(
      `it exports no "${EXPORTS[kind]}" with a function "open", as plugins of the kind ${kind} do`,
      {
        kind: "config",
        help: others.length === 0
          ? "Correct its URL, or take another version of it."
          : `It is of the kind ${others.map(([one]) => one).join(", ")}: correct kind.`,
      },
    );
  }

  async #call(request: Extract<Request, { type: "call" }>, signal: AbortSignal): Promise<Json> {
    const { id, method, args } = request;
    if (method === "open" && this.#kind !== undefined) {
      this.#opened = await openPlugin(this.#kind, this.#exported, args, this.send);
      return this.#opened.described;
    }
    const target = this.#opened?.value;
    const member = target?.[method];
    // What a plugin need not have, such as `close`, does nothing.
    if (typeof member !== "function") return null;
    const result: unknown = await Reflect.apply(member, target, [...args, signal]);
    if (Object(result)[Symbol.asyncIterator] === undefined) {
      return result === undefined ? null : result as Json;
    }
    for await (const value of result as AsyncIterable<Json>) {
      if (signal.aborted) break;
      this.send({ type: "item", id, value });
    }
    return null;
  }
}

/** Serves Pallet until it goes away. */
export async function serve(): Promise<never> {
  const { next, send, exit } = openPipes<Request, Message>();
  redirectConsole(send);
  removeWorkers();
  const session = new Session(send);
  // What a plugin leaves unhandled is said, and costs only what waits for it.
  globalThis.addEventListener("unhandledrejection", (event) => {
    event.preventDefault();
    send({ type: "say", level: "error", text: problemOf(event.reason, [], "").message });
  });
  for (let request = await next(); request !== undefined; request = await next()) {
    if (request.type === "abort") session.abort(request.id);
    else void session.handle(request);
  }
  return exit();
}
