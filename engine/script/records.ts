import { PalletError } from "../errors.ts";
import type { ActionResult, StatusRecord } from "./types.ts";

const RESULTS: readonly string[] = [
  "ok",
  "changed",
  "failed",
  "skipped",
  "would-change",
  "cannot-know",
] satisfies readonly ActionResult[];

/** Fields of one record, read in order; anything else than what is expected ends in an error. */
class Fields {
  readonly #fields: readonly string[];
  #at = 0;

  constructor(readonly line: string) {
    this.#fields = line.split("\t");
  }

  refuse(why: string): never {
    const shown = this.line.length > 120 ? `${this.line.slice(0, 117)}...` : this.line;
    throw new PalletError(`Cannot read the status record ${JSON.stringify(shown)}: ${why}`, {
      kind: "internal",
      help: "Something else than the script wrote to its records on the node.",
    });
  }

  raw(what: string): string {
    const field = this.#fields[this.#at++];
    return field ?? this.refuse(`${what} is missing`);
  }

  /** A text: percent signs, tabs and line ends are percent-encoded. */
  text(what: string): string {
    return this.raw(what).replaceAll(
      /%(.{0,2})/gs,
      (_, hex: string) =>
        /^(?:25|09|0A|0D)$/.test(hex)
          ? String.fromCharCode(parseInt(hex, 16))
          : this.refuse(`${what} is not encoded`),
    );
  }

  index(what: string): number {
    const field = this.raw(what);
    return /^[0-9]{1,15}$/.test(field) ? Number(field) : this.refuse(`${what} is no number`);
  }

  time(): number {
    const field = this.raw("the time");
    return /^[0-9]{1,12}\.[0-9]{1,9}$/.test(field) ? Number(field) : this.refuse("the time is no number");
  }

  one<T extends string>(what: string, allowed: readonly string[]): T {
    const field = this.raw(what);
    return allowed.includes(field) ? field as T : this.refuse(`${what} is unknown`);
  }

  indexes(what: string): readonly number[] {
    const field = this.raw(what);
    if (field === "") return [];
    return /^[0-9]{1,9}(?:,[0-9]{1,9})*$/.test(field)
      ? field.split(",").map(Number)
      : this.refuse(`${what} is no list of numbers`);
  }

  end(): void {
    if (this.#at !== this.#fields.length) this.refuse("it has too many fields");
  }
}

function optional<K extends string, V extends string | readonly number[]>(
  key: K,
  value: V,
): { readonly [key in K]?: V } {
  return value.length === 0 ? {} : { [key]: value } as { readonly [key in K]?: V };
}

function read(fields: Fields): StatusRecord {
  const type = fields.raw("its type");
  switch (type) {
    case "script-started":
      return { type, at: fields.time(), bootId: fields.raw("the boot id") };
    case "action-started":
      return {
        type,
        index: fields.index("the action"),
        at: fields.time(),
        output: fields.index("the offset"),
      };
    case "action-finished": {
      const index = fields.index("the action");
      const result = fields.one<ActionResult>("the result", RESULTS);
      const exit = fields.index("the exit status");
      const at = fields.time();
      const output = fields.index("the offset");
      const because = optional("because", fields.indexes("the list of reasons"));
      return {
        type,
        index,
        result,
        exit,
        at,
        output,
        ...because,
        ...optional("message", fields.text("the message")),
      };
    }
    case "change":
    case "diff":
      return { type, index: fields.index("the action"), text: fields.text("the text") };
    case "captured":
      return { type, index: fields.index("the action"), value: fields.text("the value") };
    case "script-finished": {
      const result = fields.one<"ok" | "failed">("the result", ["ok", "failed"]);
      const at = fields.time();
      const output = fields.index("the offset");
      const dropped = fields.index("the dropped bytes");
      return { type, result, at, output, dropped, ...optional("message", fields.text("the message")) };
    }
    default:
      return fields.refuse("its type is unknown");
  }
}

/**
 * One line of a script's records, without its line end.
 *
 * @throws {PalletError} of kind `internal` for anything that a script does not write.
 *
 * @example
 * ```ts
 * import { parseRecord } from "./records.ts";
 *
 * const record = parseRecord("change\t0\tcreate directory /srv");
 * console.assert(record.type === "change" && record.index === 0);
 * ```
 */
export function parseRecord(line: string): StatusRecord {
  const fields = new Fields(line);
  const record = read(fields);
  fields.end();
  return record;
}
