// Options of commands, strictly: what a version does not know is an error.
import { usage } from "./failure.ts";

/** How many values an option takes; `n` in a name stands for a number. */
export type Options = Readonly<Record<string, 0 | 1 | "uart" | "uartMode">>;

/** Options that were given, in order. */
export type Given = readonly (readonly [option: string, number: string, values: readonly string[]])[];

/** What stands on a command line. */
export interface Line {
  readonly given: Given;
  readonly rest: readonly string[];
}

function find(options: Options, word: string): readonly [name: string, number: string] | undefined {
  if (Object.hasOwn(options, word)) return [word, ""];
  const numbered = /^(.*?)(\d+)$/.exec(word);
  const name = numbered === null ? "" : `${numbered[1]}n`;
  return Object.hasOwn(options, name) ? [name, numbered?.[2] ?? ""] : undefined;
}

const WITH_FILE = ["server", "client", "tcpserver", "tcpclient", "file"];

/** Parses words by a table of options. */
export function parseLine(options: Options, words: readonly string[]): Line {
  const given: [string, string, string[]][] = [];
  const rest: string[] = [];
  const left = [...words];
  const next = (option: string): string => {
    const value = left.shift();
    if (value === undefined) throw usage(`Option ${option} requires a value`);
    return value;
  };
  while (left.length > 0) {
    const word = left.shift() ?? "";
    if (!word.startsWith("--")) {
      rest.push(word);
      continue;
    }
    const equals = word.indexOf("=");
    const option = equals === -1 ? word : word.slice(0, equals);
    if (equals !== -1) left.unshift(word.slice(equals + 1));
    const found = find(options, option);
    if (found === undefined) throw usage(`Unknown option: ${option}`);
    const [name, number] = found;
    const takes = options[name];
    const values: string[] = [];
    if (takes === 1) values.push(next(option));
    if (takes === "uart") {
      values.push(next(option));
      if (values[0] !== "off" && values[0] !== "disabled") values.push(next(option));
    }
    if (takes === "uartMode") {
      values.push(next(option));
      if (WITH_FILE.includes(values[0] ?? "")) values.push(next(option));
    }
    given.push([name, number, values]);
  }
  return { given, rest };
}

/** The value of an option; the last one counts. */
export function valueOf(line: Line, ...names: readonly string[]): string | undefined {
  return line.given.findLast(([name]) => names.includes(name))?.[2][0];
}

/** The value of an option that has to be there. */
export function needed(line: Line, name: string): string {
  const value = valueOf(line, name);
  if (value === undefined) throw usage(`Required argument ${name} was not specified`);
  return value;
}

/** Whether an option was given. */
export function has(line: Line, name: string): boolean {
  return line.given.some(([one]) => one === name);
}
