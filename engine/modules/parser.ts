// Parsing of what strangers wrote: in a process of its own, as a parser can be made to hang or to run out of stack.
import { PalletError } from "../errors.ts";
import { ChildHandle } from "../sandbox/process.ts";
import { spawnChild } from "../sandbox/spawn.ts";
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
  close(): Promise<void>;
}

/** What is asked of the process. */
export interface ParseRequest {
  readonly type: "parse";
  readonly text: string;
  readonly typed: boolean;
}

/** Whether a module was not written by who runs this. */
function isStranger(url: string): boolean {
  return /^https?:/.test(url);
}

function refuse(url: string, reason: string): PalletError {
  return new PalletError(`Cannot parse "${url}": ${reason}`, {
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

  parse(text: string, typed: boolean, url: string): Promise<Parsed | SyntaxProblem> {
    if (!isStranger(url)) return parse(text, typed);
    // One after the other: the process has one thread, and its death must be that of one module.
    const turn = this.#busy.then(() => this.#parse(text, typed, url));
    this.#busy = turn.catch(() => undefined);
    return turn;
  }

  async close(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    await child?.bury();
  }

  async #parse(text: string, typed: boolean, url: string): Promise<Parsed | SyntaxProblem> {
    const child = this.#child ??= new ChildHandle(spawnChild(this.#limits), this.#limits);
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      child.kill("killed");
    }, this.#limits.time * 1000);
    const stopWatching = child.watchMemory();
    child.work();
    try {
      const request: ParseRequest = { type: "parse", text, typed };
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
    if (late) throw refuse(url, `that did not end within ${this.#limits.time} s`);
    if (reason === "memory") {
      throw refuse(url, `that took more memory than the ${this.#limits.memory} MiB it may`);
    }
    if (reason === "reply") throw refuse(url, "what it says of itself is too long");
    throw refuse(url, /stack overflow/i.test(words) ? "it is nested too deep" : `that broke off: ${words}`);
  }
}

/** A parser; its process is started when there is something by a stranger. */
export function openParser(limits: Partial<ParseLimits> = {}): Parser {
  return new ParserWithProcess(limits);
}
