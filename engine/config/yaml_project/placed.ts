import type { Origin } from "../../errors.ts";

/**
 * A text whose pieces stand at given places: a program that was made from another text, and whose stack traces speak of
 * that one. A piece whose place is passed already comes as soon as it can; it is on its line in any case when pieces
 * before it hold no line breaks.
 */
export class Placed {
  #text = "";
  #line = 1;
  #column = 1;

  /** Adds a piece, which holds no line break, at a place. */
  at({ line, column }: Origin, piece: string): this {
    if (this.#line < line) {
      this.#text += "\n".repeat(line - this.#line);
      this.#line = line;
      this.#column = 1;
    }
    if (this.#line === line && this.#column < column) this.add(" ".repeat(column - this.#column));
    return this.add(piece);
  }

  /** Adds a piece, which holds no line break, right here. */
  add(piece: string): this {
    this.#text += piece;
    this.#column += piece.length;
    return this;
  }

  get text(): string {
    return `${this.#text}\n`;
  }
}
