// Files of lines that are only ever added to, each with a checksum, so that what a crash left of the last one is known.
import { createHash } from "node:crypto";
import type { Json, JsonObject } from "../json.ts";
import { unwritable } from "./files.ts";

const SEAL = /^(.*[{,])"sum":"([0-9a-f]{16})"\}$/su;

function sumOf(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 16);
}

/**
 * A value as one line of JSON whose last member, `sum`, is the beginning of the SHA-256 of all before it.
 *
 * @example
 * ```ts
 * import { seal, unseal } from "./lines.ts";
 *
 * const line = seal({ type: "message" });
 * console.assert(unseal(line)?.type === "message");
 * console.assert(unseal(line.replace("m", "n")) === undefined);
 * ```
 */
export function seal(value: object): string {
  const text = JSON.stringify(value);
  const before = `${text.slice(0, -1)}${text === "{}" ? "" : ","}`;
  return `${before}"sum":"${sumOf(before)}"}`;
}

/** The value of a line that {@linkcode seal} made; nothing when the line is not as it was written. */
export function unseal(line: string): JsonObject | undefined {
  const [, before, sum] = SEAL.exec(line) ?? [];
  if (before === undefined || sumOf(before) !== sum) return undefined;
  const value: Json = JSON.parse(`${before}"sum":""}`);
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  const { sum: _, ...rest } = value as JsonObject;
  return rest;
}

/** What a file of lines holds, and how many lines of it are damaged. */
export interface ReadLines {
  readonly values: readonly JsonObject[];
  readonly damaged: number;
}

/** The lines of a text; a last one that was torn by a crash counts as never written. */
export function unsealAll(text: string): ReadLines {
  const lines = text.split("\n");
  const last = lines.pop() ?? "";
  const whole = unseal(last);
  const read = [...lines.filter((line) => line !== "").map(unseal), ...whole === undefined ? [] : [whole]];
  const values = read.filter((value) => value !== undefined);
  return { values, damaged: read.length - values.length };
}

/** A file that lines are added to. What is added is with the system at once, and on the disk after `sync`. */
export class LineFile {
  readonly #file: Deno.FsFile;
  readonly #path: string;
  readonly #encoder = new TextEncoder();
  #unsynced = false;
  #syncing: Promise<void> | undefined;

  /** @throws {PalletError} when the file cannot be written. */
  constructor(path: string) {
    this.#path = path;
    try {
      this.#file = Deno.openSync(path, { read: true, append: true, create: true, mode: 0o600 });
      // A line that was torn must not swallow the next.
      if (!endsALine(this.#file)) this.#write("\n");
    } catch (cause) {
      throw unwritable(path, cause);
    }
  }

  add(value: object): void {
    try {
      this.#write(`${seal(value)}\n`);
    } catch (cause) {
      throw unwritable(this.#path, cause);
    }
    this.#unsynced = true;
  }

  /** Resolves when all that was added before is on the disk; calls at one time share the work. */
  async sync(): Promise<void> {
    while (this.#unsynced || this.#syncing !== undefined) {
      if (this.#syncing === undefined) {
        this.#unsynced = false;
        this.#syncing = this.#file.syncData().finally(() => this.#syncing = undefined);
      }
      try {
        await this.#syncing;
      } catch (cause) {
        throw unwritable(this.#path, cause);
      }
    }
  }

  close(): void {
    this.#file.close();
  }

  #write(text: string): void {
    let bytes = this.#encoder.encode(text);
    while (bytes.length > 0) bytes = bytes.subarray(this.#file.writeSync(bytes));
  }
}

function endsALine(file: Deno.FsFile): boolean {
  const { size } = file.statSync();
  if (size === 0) return true;
  file.seekSync(-1, Deno.SeekMode.End);
  const last = new Uint8Array(1);
  file.readSync(last);
  return last[0] === 10;
}
