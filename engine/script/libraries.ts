// Bash that actions call, each piece once in a script.

/** Bash functions, and whether they must be kept apart from the rest, as others wrote them. */
interface Library {
  readonly library: readonly string[];
  readonly foreign: boolean;
}

/**
 * Bash that others wrote, as a here-document that nothing in it can end or open: with an open quote or brace it would
 * change the meaning of what follows it.
 */
export function keptApart(text: string, name: string): string {
  const lines = new Set(text.split("\n"));
  let end = `END_OF_${name}`;
  while (lines.has(end)) end += "_";
  return `pallet_source <<'${end}'\n${text}\n${end}`;
}

/** The text of libraries, each piece once: bash for the head of the script, and what an action must call first. */
export class Libraries {
  readonly #own = new Set<string>();
  readonly #foreign = new Map<string, string>();

  /** @returns the calls that make an action's libraries known to it. */
  add({ library, foreign }: Library): readonly string[] {
    const pieces = library.map((piece) => piece.trim()).filter((piece) => piece !== "");
    if (!foreign) {
      for (const piece of pieces) this.#own.add(piece);
      return [];
    }
    return pieces.map((piece) => {
      const name = this.#foreign.get(piece) ?? `pallet_library_${this.#foreign.size + 1}`;
      this.#foreign.set(piece, name);
      return name;
    });
  }

  get texts(): readonly string[] {
    const foreign = [...this.#foreign].map(([piece, name]) =>
      `${name}() {\n${keptApart(piece, name.toUpperCase())}\n}`
    );
    return [...this.#own, ...foreign].map((text) => `${text}\n`);
  }
}
