// What a place in bash can be, and what was opened on the way to it.

/** What the place in bash is where a reader stands. */
export type Place =
  | "word"
  | "single quotes"
  | "$'...' quotes"
  | "double quotes"
  | "a comment"
  | "a here-document"
  | "a quoted here-document"
  | "the delimiter of a here-document"
  | "${...}"
  | "arithmetic"
  | "backticks"
  | "a word that begins with $"
  | "a word after a backslash"
  | "bash that cannot be followed";

/** A here-document that was announced. */
export interface HereDocument {
  readonly delimiter: string;
  readonly quoted: boolean;
  readonly tabs: boolean;
}

/** Something that was opened and is to be closed. */
export type Frame =
  /** Commands: the text itself, `(...)` or `$(...)`. */
  | {
    readonly kind: "code";
    /** What it is: a command; `$(...)`, which is part of a word; the list of an array. */
    readonly role: "command" | "substitution" | "list";
    word: string;
    inWord: boolean;
    atCommand: boolean;
    cases: number;
  }
  | { readonly kind: "single quotes" | "$'...' quotes" | "double quotes" | "a comment" | "backticks" }
  | { readonly kind: "${...}"; text: string; readonly quoted: boolean }
  | { readonly kind: "arithmetic"; depth: number }
  | { readonly kind: "a here-document"; readonly document: HereDocument; line: string };

/** Commands that were opened. */
export type Code = Extract<Frame, { kind: "code" }>;

/** Commands, at their beginning. */
export function code(role: Code["role"]): Code {
  return { kind: "code", role, word: "", inWord: false, atCommand: true, cases: 0 };
}
