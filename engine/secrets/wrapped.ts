// Values in base64 and hexadecimal, which programs break into lines and groups.

/** Characters of a form that must have come before its end is waited for: fewer end many a line. */
const WAITED = 4;
const BLANKS = /[\t\n\r ]+/g;

/** A text without the blanks that forms may have in them. */
export function squeezed(text: string): string {
  return text.replace(BLANKS, "");
}

/** Where the character of a squeezed text stands in the text. */
function placeOf(text: string, index: number): number {
  for (let at = 0, seen = -1; at < text.length; at++) {
    if (!" \t\n\r".includes(text[at] ?? "") && ++seen === index) return at;
  }
  return text.length;
}

/** What was found in a text. */
interface Found {
  /** Offsets of the first character and of the one behind the last. */
  readonly places: readonly (readonly [start: number, end: number])[];
  /** Characters at the end that may be the beginning of a form. */
  readonly open: number;
}

/** Follows one stream; forms go on where what was given out before ended. */
export class WrappedSearch {
  /** What was given out, without blanks, as far as a form may reach back. */
  #past = "";

  constructor(readonly forms: () => readonly string[]) {}

  find(kept: string): Found {
    const forms = this.forms();
    if (forms.length === 0) return { places: [], open: 0 };
    const text = this.#past + squeezed(kept);
    const past = this.#past.length;
    const places: (readonly [number, number])[] = [];
    for (const form of forms) {
      const from = Math.max(0, past - form.length + 1);
      for (let at = text.indexOf(form, from); at >= 0; at = text.indexOf(form, at + 1)) {
        const end = at + form.length - past;
        if (end > 0) places.push([placeOf(kept, Math.max(0, at - past)), placeOf(kept, end - 1) + 1]);
      }
    }
    const open = Math.max(...forms.map((form) => beginning(text, form)));
    if (open === 0) return { places, open };
    return { places, open: kept.length - placeOf(kept, Math.max(0, text.length - open - past)) };
  }

  /** Remembers what is given out. */
  given(text: string): void {
    const longest = Math.max(0, ...this.forms().map((form) => form.length));
    if (longest > 0) this.#past = (this.#past + squeezed(text)).slice(1 - longest);
  }

  /** Begins anew, after a gap. */
  forget(): void {
    this.#past = "";
  }
}

/** How many characters at the end of a text are the beginning of a form, and too many to be so by chance. */
function beginning(text: string, form: string): number {
  const last = text[text.length - 1];
  for (let count = Math.min(text.length, form.length - 1); count >= WAITED; count--) {
    if (form[count - 1] === last && text.endsWith(form.slice(0, count))) return count;
  }
  return 0;
}
