import type { ConfiguredPlugin } from "../../engine/config/config.ts";
import { PalletError } from "../../engine/errors.ts";
import type { Json } from "../../engine/json.ts";
import { displayUrl } from "../../engine/modules/text.ts";
import type { ModuleMap } from "../../engine/modules/types.ts";
import { ChildHandle, type Death } from "../../engine/sandbox/process.ts";
import type { Message, Request } from "../protocol.ts";
import { kindOf, nameOf, problemError } from "./errors.ts";
import type { Grants } from "./grants.ts";
import { parseMessage } from "./message.ts";
import { spawnPlugin } from "./spawn.ts";

/** MiB of a plugin's heap, and of its longest message. */
const LIMITS = { memory: 512, reply: 16 } as const;
/** Milliseconds between two looks at how much memory a plugin takes. */
const LOOK = 1000;
/** Seconds to load a plugin's modules, and to let it tidy up. */
const LOAD = 15;
const CLOSE = 5;

/** What a plugin's process says besides answers. */
export interface Listener {
  readonly say: (level: "debug" | "info" | "warn" | "error", text: string) => void;
  readonly write?: (text: string) => void;
}

/** How a call is limited: seconds until its answer or its next item, unless the configuration says otherwise. */
export interface CallOptions {
  readonly seconds: number;
  readonly signal?: AbortSignal | undefined;
}

interface Waiting {
  readonly item: (value: Json) => void;
  readonly resolve: (value: Json) => void;
  readonly reject: (error: unknown) => void;
}

type Ask =
  | Omit<Extract<Request, { type: "load" }>, "id">
  | Omit<Extract<Request, { type: "call" }>, "id">;

/** A running plugin. Calls may overlap; when it dies, all of them fail, and so do later ones. */
export class PluginProcess {
  readonly #child: ChildHandle;
  readonly #waiting = new Map<number, Waiting>();
  readonly #reading: Promise<void>;
  readonly #url: string;
  #count = 0;
  #dead: PalletError | undefined;
  #closing: Promise<void> | undefined;

  constructor(
    readonly plugin: ConfiguredPlugin,
    readonly graph: ModuleMap,
    grants: Grants,
    readonly listener: Listener,
  ) {
    this.#url = displayUrl(graph.entry, graph.root);
    this.#child = new ChildHandle(spawnPlugin(grants, LIMITS.memory), LIMITS);
    this.#reading = this.#read();
  }

  /** The plugin in a sentence. */
  get named(): string {
    return nameOf(this.plugin, this.#url);
  }

  /** Loads its modules. */
  async load(): Promise<Json> {
    const { plugin: { kind }, graph } = this;
    return await this.#ask({ type: "load", kind, graph }, "load", { seconds: LOAD });
  }

  /** Calls a method of what the plugin opened, or `open` itself. */
  async call(method: string, args: readonly Json[], options: CallOptions): Promise<Json> {
    return await this.#ask({ type: "call", method, args }, method, this.#limited(options));
  }

  /** Calls a method that answers bit by bit. */
  async *stream(method: string, args: readonly Json[], options: CallOptions): AsyncGenerator<Json, void> {
    const items: Json[] = [];
    let wake = Promise.withResolvers<void>();
    let over = false;
    const item = (value: Json): void => {
      items.push(value);
      wake.resolve();
    };
    const stop = new AbortController();
    const signal = options.signal === undefined
      ? stop.signal
      : AbortSignal.any([stop.signal, options.signal]);
    const limited = this.#limited({ ...options, signal });
    const ended = this.#ask({ type: "call", method, args }, method, limited, item)
      .finally(() => {
        over = true;
        wake.resolve();
      });
    // Whoever stops reading before its end does not hear of it.
    ended.catch(() => undefined);
    try {
      for (;;) {
        yield* items.splice(0);
        if (over) break;
        await wake.promise;
        wake = Promise.withResolvers();
      }
      yield* items.splice(0);
      await ended;
    } finally {
      stop.abort();
    }
  }

  /** Lets it tidy up, and ends it; a second call does nothing. */
  close(): Promise<void> {
    return this.#closing ??= this.#close();
  }

  async #close(): Promise<void> {
    try {
      // One that never loaded, or has something under way, has nothing to tidy or no time for it.
      if (this.#dead === undefined && this.#count > 1) {
        await this.#ask({ type: "call", method: "close", args: [] }, "close", { seconds: CLOSE });
      }
    } finally {
      this.#dead ??= this.#error("is closed", "");
      await this.#child.bury();
      await this.#reading;
    }
  }

  #limited(options: CallOptions): CallOptions {
    return { ...options, seconds: this.plugin.timeout ?? options.seconds };
  }

  #error(what: string, help: string): PalletError {
    return new PalletError(`${this.named} ${what}`, {
      kind: kindOf(this.plugin),
      ...(help === "" ? {} : { help }),
    });
  }

  async #ask(
    ask: Ask,
    what: string,
    { seconds, signal }: CallOptions,
    onItem: (value: Json) => void = () => {},
  ): Promise<Json> {
    signal?.throwIfAborted();
    if (this.#dead !== undefined) throw this.#dead;
    const id = this.#count++;
    const { promise, resolve, reject } = Promise.withResolvers<Json>();
    const late = (): void =>
      this.#kill(this.#error(
        `did not answer to "${what}" within ${seconds} s and was ended`,
        `A plugin that needs longer is given it by timeout: SECONDS of plugins.${this.plugin.name}.`,
      ));
    let timer = setTimeout(late, seconds * 1000);
    const item = (value: Json): void => {
      clearTimeout(timer);
      timer = setTimeout(late, seconds * 1000);
      onItem(value);
    };
    const abort = (): void => {
      this.#child.send({ type: "abort", id } satisfies Request);
      reject(signal?.reason);
    };
    if (this.#waiting.size === 0) this.#child.work();
    this.#waiting.set(id, { item, resolve, reject });
    const unwatch = this.#child.watchMemory(LOOK);
    signal?.addEventListener("abort", abort);
    try {
      this.#child.send({ ...ask, id } satisfies Request);
      return await promise;
    } finally {
      clearTimeout(timer);
      unwatch();
      signal?.removeEventListener("abort", abort);
      this.#waiting.delete(id);
      if (this.#waiting.size === 0) this.#child.rest();
    }
  }

  /** Ends it for misbehaving; whoever waits for it hears why. */
  #kill(error: PalletError): void {
    this.#dead ??= error;
    this.#child.kill("killed");
  }

  /** Hears all that the plugin says until it ends. */
  async #read(): Promise<void> {
    for (let text = await this.#child.receive(); text !== undefined; text = await this.#child.receive()) {
      const message = parseMessage(text);
      if (message === undefined) {
        this.#kill(this.#garbage());
        break;
      }
      this.#hear(message);
    }
    const death = await this.#child.bury();
    this.#dead ??= this.#why(death);
    for (const { reject } of this.#waiting.values()) reject(this.#dead);
  }

  #hear(message: Message): void {
    switch (message.type) {
      case "say":
        return this.listener.say(message.level, message.text);
      case "write":
        return this.listener.write?.(message.text);
      case "item":
        return this.#waiting.get(message.id)?.item(message.value);
      case "reply":
        return this.#waiting.get(message.id)?.resolve(message.value);
      case "problem":
        return this.#waiting.get(message.id)?.reject(problemError(this.plugin, this.#url, message.problem));
    }
  }

  #garbage(): PalletError {
    return this.#error(
      `wrote to its standard output what is no answer, or one of more than ${LIMITS.reply} MiB, and was ended`,
      'It must write with console.log, and start programs with stdout: "piped" or "null".',
    );
  }

  #why(death: Death): PalletError {
    switch (death.reason) {
      case "memory":
        return this.#error(`took more memory than the ${LIMITS.memory} MiB that it may, and was ended`, "");
      // A length that is none is what text on its standard output is read as.
      case "reply":
        return this.#garbage();
      case "killed outside":
        return this.#error(`was ${death.words}`, "Free some of its memory, or give it more.");
      case "killed":
      case "gone":
        return this.#error(`ended by itself: ${death.words}`, "");
    }
  }
}
