import type { ConsoleMessage } from "../plan/types.ts";

/** Lines and characters kept of one request: enough to see what goes on, too little to fill a terminal. */
const MOST_LINES = 1000;
const MOST_CHARACTERS = 256 * 1024;

/** A console whose lines become data. */
export interface Recorder {
  readonly console: Readonly<Record<string, (...values: unknown[]) => void>>;
  /** Takes what was written since the last time. */
  take(): readonly ConsoleMessage[];
}

/** Records what is written; `inspect` makes a text of whatever is no text. */
export function recordConsole(inspect: (value: unknown) => string): Recorder {
  let messages: ConsoleMessage[] = [];
  let characters = 0;
  let dropped = 0;
  const write = (level: ConsoleMessage["level"], values: readonly unknown[]): void => {
    if (messages.length >= MOST_LINES || characters >= MOST_CHARACTERS) {
      dropped++;
      return;
    }
    const words = values.map((value) => typeof value === "string" ? value : inspect(value)).join(" ");
    const text = words.slice(0, MOST_CHARACTERS - characters);
    characters += text.length;
    messages.push({ level, text });
  };
  const at = (level: ConsoleMessage["level"]) => (...values: unknown[]): void => write(level, values);
  const nothing = (): void => undefined;
  return {
    console: {
      debug: at("debug"),
      trace: at("debug"),
      log: at("info"),
      info: at("info"),
      dir: (value) => write("info", [value]),
      table: (value) => write("info", [value]),
      group: at("info"),
      groupCollapsed: at("info"),
      groupEnd: nothing,
      warn: at("warn"),
      error: at("error"),
      assert: (condition, ...values) => {
        if (!condition) write("error", ["Assertion failed", ...values]);
      },
      // Time does not pass here, and counting needs no console.
      time: nothing,
      timeLog: nothing,
      timeEnd: nothing,
      count: nothing,
      countReset: nothing,
      clear: nothing,
    },
    take: () => {
      const taken = messages;
      if (dropped > 0) taken.push({ level: "warn", text: `${dropped} more lines were not kept` });
      [messages, characters, dropped] = [[], 0, 0];
      return taken;
    },
  };
}
