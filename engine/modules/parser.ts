// Reading of what strangers wrote: in a process of its own, as a parser can be made to hang or to run out of stack.
import { PalletError } from "../errors.ts";
import { ChildHandle } from "../sandbox/process.ts";
import { spawnChild } from "../sandbox/spawn.ts";
import type { Exported, Sources } from "./crates/describe.ts";
import { parse, type Parsed } from "./parse.ts";
import type { SyntaxProblem } from "./strip.ts";

/** What parsing one module may take. */
export interface ParseLimits {
  /** Seconds. */
  readonly time: number;
  /** MiB of its heap. */
  readonly memory: number;
  /** MiB of what it says. */
  readonly reply: number;
}

const LIMITS: ParseLimits = { time: 10, memory: 512, reply: 64 };

/** Parses modules of one graph. */
export interface Parser {
  /**
   * What a module's text says.
   *
   * @throws {PalletError} of kind `infra` when parsing a stranger's takes more than it may.
   */
  parse(text: string, typed: boolean, url: string): Promise<Parsed | SyntaxProblem>;
  /**
   * What a module exports, with what its author says of it.
   *
   * @param sources The module, and those that it imports.
   * @throws {PalletError} of kind `infra` when reading it takes more than it may.
   */
  describe(url: string, sources: Sources): Promise<readonly Exported[]>;
  close(): Promise<void>;
}

/** What is asked of the process. */
export type ReadRequest =
  | { readonly type: "parse"; readonly text: string; readonly typed: boolean }
  | { readonly type: "describe"; readonly url: string; readonly sources: Sources };

/** Whether a module was not written by who runs this. */
function isStranger(url: string): boolean {
  return /^https?:/.test(url);
}

function refuse(what: string, url: string, reason: string): PalletError {
  return new PalletError(`Cannot ${what} "${url}": ${reason}`, {
    kind: "infra",
    help: "No code that people write does that; look at it before you use it.",
    origin: { file: url, line: 1, column: 1 },
  });
}

class ParserWithProcess implements Parser {
  readonly #limits: ParseLimits;
  #child: ChildHandle | undefined;
  #busy: Promise<unknown> = Promise.resolve();

  constructor(limits: Partial<ParseLimits>) {
    this.#limits = { ...LIMITS, ...limits };
  }

  async parse(text: string, typed: boolean, url: string): Promise<Parsed | SyntaxProblem> {
    if (!isStranger(url)) return await parse(text, typed);
    return await this.#ask({ type: "parse", text, typed }, url, "parse");
  }

  async describe(url: string, sources: Sources): Promise<readonly Exported[]> {
    return await this.#ask({ type: "describe", url, sources }, url, "read what is exported by");
  }

  async close(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    await child?.bury();
  }

  // deno-lint-ignore no-explicit-any -- the process is ours, and says what is asked of it
  #ask(request: ReadRequest, url: string, what: string): Promise<any> {
    // One after the other: the process has one thread, and its death must be that of one module.
    const turn = this.#busy.then(() => this.#answer(request, url, what));
    this.#busy = turn.catch(() => undefined);
    return turn;
  }

  async #answer(request: ReadRequest, url: string, what: string): Promise<unknown> {
    const child = this.#child ??= new ChildHandle(spawnChild(this.#limits), this.#limits);
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      child.kill("killed");
    }, this.#limits.time * 1000);
    const stopWatching = child.watchMemory();
    child.work();
    try {
      child.send(request);
      const answer = await child.receive();
      if (answer !== undefined) return JSON.parse(answer);
    } finally {
      clearTimeout(timer);
      stopWatching();
      child.rest();
    }
    this.#child = undefined;
    const { reason, words } = await child.bury();
    if (late) throw refuse(what, url, `that did not end within ${this.#limits.time} s`);
    if (reason === "memory") {
      throw refuse(what, url, `that took more memory than the ${this.#limits.memory} MiB it may`);
    }
    if (reason === "reply") throw refuse(what, url, "what it says of itself is too long");
    throw refuse(
      what,
      url,
      /stack overflow/i.test(words) ? "it is nested too deep" : `that broke off: ${words}`,
    );
  }
}

/** A parser; its process is started when there is something by a stranger. */
export function openParser(limits: Partial<ParseLimits> = {}): Parser {
  return new ParserWithProcess(limits);
}
