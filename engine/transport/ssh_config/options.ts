import type { Place } from "./fault.ts";

/** A value of a keyword, and where it is from: a line, or who was asked. */
export interface Value {
  readonly text: string;
  readonly from: Place | string;
}

/** What has been said so far, by keyword. The first one who says something is right. */
export class Options {
  readonly #values = new Map<string, Value[]>();

  all(keyword: string): readonly Value[] {
    return this.#values.get(keyword) ?? [];
  }

  get(keyword: string): string | undefined {
    return this.#values.get(keyword)?.[0]?.text;
  }

  has(keyword: string): boolean {
    return this.#values.has(keyword);
  }

  /** Unless there is a value already. */
  setOnce(keyword: string, texts: readonly string[], from: Place | string): void {
    if (!this.has(keyword)) this.#values.set(keyword, texts.map((text) => ({ text, from })));
  }

  /** Besides what there is. */
  add(keyword: string, text: string, from: Place | string): void {
    this.#values.set(keyword, [...this.all(keyword), { text, from }]);
  }

  replace(keyword: string, values: readonly Value[]): void {
    this.#values.set(keyword, [...values]);
  }
}
