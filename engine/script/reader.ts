// Follows bash as far as quoting goes, so that nothing is put where it would not stay one word.
import { type Code, code, type Frame, type HereDocument, type Place } from "./places.ts";

export type { Place } from "./places.ts";

/** Words after which a command may begin. */
const BEFORE_COMMAND = new Set([
  "if",
  "then",
  "elif",
  "else",
  "while",
  "until",
  "do",
  "!",
  "{",
  "time",
  "coproc",
]);
/** Operators of `${...}` after which a pattern follows, in which single quotes quote even between double quotes. */
const PATTERN = /^[#!]?(?:\w+|[@*])(?:\[[^\]]*\])?[#%/^,]/;
const HERE_DOCUMENT = /<<(-?)[ \t]*((?:'[^'\n]*'|"[^"\n]*"|\\.|[^\s'"\\;&|<>()])*)/y;

/**
 * Reads bash piece by piece and knows at which place each piece ends. It never takes for a word what bash would read
 * as something else; where it cannot follow, it says so.
 *
 * @example
 * ```ts
 * import { BashReader } from "./reader.ts";
 *
 * const reader = new BashReader();
 * reader.read('echo "hello ');
 * console.assert(reader.place === "double quotes");
 * ```
 */
export class BashReader {
  readonly #frames: Frame[] = [code("command")];
  readonly #awaited: HereDocument[] = [];
  #pending: "" | "\\" | "$" | "<<" = "";
  #lost = false;
  #text = "";
  #at = 0;

  /** Where the next piece would stand. */
  get place(): Place {
    if (this.#lost) return "bash that cannot be followed";
    if (this.#pending === "\\") return "a word after a backslash";
    if (this.#pending === "$") return "a word that begins with $";
    if (this.#pending === "<<") return "the delimiter of a here-document";
    const frame = this.#top();
    if (frame.kind === "a here-document" && frame.document.quoted) return "a quoted here-document";
    if (frame.kind !== "code") return frame.kind;
    return this.#frames.some(({ kind }) => kind === "backticks") ? "backticks" : "word";
  }

  /** Whether a word may begin here: nothing of it stands before. */
  get atWordStart(): boolean {
    const frame = this.#top();
    return frame.kind === "code" && !frame.inWord;
  }

  /** Reads a piece as bash. */
  read(text: string): void {
    this.#text = text;
    this.#at = 0;
    while (this.#at < text.length) this.#step(this.#top(), text[this.#at] ?? "");
  }

  /** Takes notice of a word, or a part of one, that is quoted and so changes nothing else. */
  skipWord(): void {
    this.#pending = "";
    const frame = this.#top();
    if (frame.kind !== "code") return;
    frame.inWord = true;
    frame.word += "''";
  }

  #top(): Frame {
    return this.#frames.at(-1) ?? code("command");
  }

  #ahead(text: string): boolean {
    return this.#text.startsWith(text, this.#at);
  }

  #open(frame: Frame, length: number): void {
    this.#frames.push(frame);
    this.#at += length;
  }

  #close(length: number): void {
    this.#frames.pop();
    this.#at += length;
  }

  #step(frame: Frame, char: string): void {
    if (this.#pending === "\\") {
      this.#pending = "";
      this.#at++;
      return;
    }
    this.#pending = "";
    switch (frame.kind) {
      case "code":
        return this.#command(frame, char);
      case "single quotes":
        return char === "'" ? this.#close(1) : this.#skip();
      case "$'...' quotes":
        return char === "'" ? this.#close(1) : char === "\\" ? this.#escape() : this.#skip();
      case "double quotes":
        return char === '"' ? this.#close(1) : this.#expansion(char, true);
      case "a comment":
        // The line end belongs to the commands around it.
        return char === "\n" ? this.#close(0) : this.#skip();
      case "backticks":
        return char === "`" ? this.#close(1) : char === "\\" ? this.#escape() : this.#skip();
      case "${...}":
        return this.#parameter(frame, char);
      case "arithmetic":
        return this.#arithmetic(frame, char);
      case "a here-document":
        return this.#document(frame, char);
    }
  }

  #skip(): void {
    this.#at++;
  }

  #escape(): void {
    this.#at++;
    this.#pending = "\\";
  }

  /** What begins with a backslash, a dollar or a backtick means the same in several places. */
  #expansion(char: string, quoted: boolean): void {
    if (char === "\\") this.#escape();
    else if (char === "`") this.#open({ kind: "backticks" }, 1);
    else if (char !== "$") this.#skip();
    else if (this.#ahead("$((")) this.#open({ kind: "arithmetic", depth: 0 }, 3);
    else if (this.#ahead("$(")) this.#open(code("substitution"), 2);
    else if (this.#ahead("${")) this.#open({ kind: "${...}", text: "", quoted }, 2);
    else if (!quoted && this.#ahead("$'")) this.#open({ kind: "$'...' quotes" }, 2);
    else {
      this.#at++;
      // `$#`, `$$` and their like are whole.
      if (/[#$?!*@-]/.test(this.#text[this.#at] ?? "")) this.#at++;
      else if (this.#at === this.#text.length) this.#pending = "$";
    }
  }

  #parameter(frame: Extract<Frame, { kind: "${...}" }>, char: string): void {
    if (char === "}") return this.#close(1);
    if (char === '"') return this.#open({ kind: "double quotes" }, 1);
    if (char === "'" && (!frame.quoted || PATTERN.test(frame.text))) {
      return this.#open({ kind: "single quotes" }, 1);
    }
    frame.text += char;
    this.#expansion(char, frame.quoted);
  }

  #arithmetic(frame: Extract<Frame, { kind: "arithmetic" }>, char: string): void {
    if (char === "(") frame.depth++;
    if (char === ")" && frame.depth === 0) {
      // `((a) | (b))` is no arithmetic: from here on it is safer to know nothing.
      this.#lost ||= !this.#ahead("))");
      return this.#close(2);
    }
    if (char === ")") frame.depth--;
    if (char === '"') return this.#open({ kind: "double quotes" }, 1);
    // Versions of bash differ in what they make of these here.
    this.#lost ||= char === "'";
    this.#expansion(char, true);
  }

  #document(frame: Extract<Frame, { kind: "a here-document" }>, char: string): void {
    if (char !== "\n") {
      frame.line += char;
      return this.#skip();
    }
    const line = frame.document.tabs ? frame.line.replace(/^\t+/, "") : frame.line;
    frame.line = "";
    if (line !== frame.document.delimiter) return this.#skip();
    this.#frames.pop();
    this.#lineEnd();
  }

  /** Here-documents begin after the line that announces them. */
  #lineEnd(): void {
    this.#at++;
    const document = this.#awaited.shift();
    if (document !== undefined) this.#frames.push({ kind: "a here-document", document, line: "" });
  }

  #command(frame: Code, char: string): void {
    if (/[\s;&|()<>]/.test(char)) return this.#operator(frame, char);
    if (this.#ahead("\\\n")) {
      this.#at += 2;
      return;
    }
    if (char === "#" && !frame.inWord) return this.#open({ kind: "a comment" }, 1);
    frame.inWord = true;
    frame.word += char;
    if (char === "'") this.#open({ kind: "single quotes" }, 1);
    else if (char === '"') this.#open({ kind: "double quotes" }, 1);
    else this.#expansion(char, false);
  }

  #wordEnd(frame: Code): void {
    if (frame.inWord && frame.atCommand) {
      if (frame.word === "case") frame.cases++;
      if (frame.word === "esac") frame.cases--;
      frame.atCommand = BEFORE_COMMAND.has(frame.word);
    }
    frame.inWord = false;
    frame.word = "";
  }

  #operator(frame: Code, char: string): void {
    const word = frame.word;
    this.#wordEnd(frame);
    if (char === "\n") {
      frame.atCommand = true;
      return this.#lineEnd();
    }
    if (char === "<") return this.#input();
    if (char === "(") return this.#parenthesis(frame, word);
    if (char === ")" && frame.cases === 0 && this.#frames.length > 1) {
      this.#close(1);
      const outer = this.#top();
      if (outer.kind !== "code") return;
      outer.inWord = frame.role === "substitution";
      outer.atCommand ||= !outer.inWord;
      return;
    }
    if (/[;&|)]/.test(char)) frame.atCommand = true;
    this.#skip();
  }

  #parenthesis(frame: Code, word: string): void {
    const follows = /[<>]/.test(this.#text[this.#at - 1] ?? "");
    if (follows) return this.#open(code("substitution"), 1);
    // No list holds another: bash gives the line up and goes on with the next.
    this.#lost ||= frame.role === "list";
    if (word === "" && this.#ahead("((")) return this.#open({ kind: "arithmetic", depth: 0 }, 2);
    this.#open(code(word.endsWith("=") ? "list" : "command"), 1);
  }

  #input(): void {
    if (this.#ahead("<<<")) {
      this.#at += 3;
      return;
    }
    HERE_DOCUMENT.lastIndex = this.#at;
    const found = HERE_DOCUMENT.exec(this.#text);
    if (found === null) return this.#skip();
    const word = found[2] ?? "";
    this.#at += found[0].length;
    if (this.#at === this.#text.length) this.#pending = "<<";
    this.#awaited.push({
      delimiter: word.replaceAll(/\\(.)|['"]/g, "$1"),
      quoted: /['"\\]/.test(word),
      tabs: found[1] === "-",
    });
  }
}
