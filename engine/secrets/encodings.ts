// The ways in which programs write a value that they print.

/** A value of fewer characters is not looked for: it would be found everywhere, and is no secret anyway. */
export const SHORTEST = 4;
/** Parts, and encoded forms, of fewer characters are not looked for. */
const SHORTEST_PART = 8;

/** The middle of a value in base64, as it is in a longer text that begins one or two bytes before it. */
function base64Of(value: string): readonly string[] {
  const bytes = new TextEncoder().encode(value);
  return [0, 1, 2].map((before) => {
    const shifted = new Uint8Array(before + bytes.length);
    shifted.set(bytes, before);
    const text = shifted.toBase64().replace(/=+$/, "");
    // Characters that hold bits of what is before or after the value differ with that.
    const end = (before + bytes.length) % 3 === 0 ? text.length : text.length - 1;
    return text.slice(Math.ceil(before * 8 / 6), end);
  });
}

/** As shells print words: within single quotes, double quotes, by backslashes, and as `$'...'`. */
function shellQuoted(value: string): readonly string[] {
  const escapes: Readonly<Record<string, string>> = { "\n": "\\n", "\t": "\\t", "\r": "\\r" };
  return [
    value.replaceAll("'", `'\\''`),
    value.replaceAll("'", `'"'"'`),
    value.replace(/["$`\\]/g, "\\$&"),
    value.replace(/[^\w@%+=:,./\n\u0080-\uffff-]/g, "\\$&"),
    value.replace(/[\n\t\r]/g, (character) => escapes[character] ?? character).replace(
      /['\\](?![ntr])/g,
      "\\$&",
    ),
    value.replace(/['\\]/g, "\\$&").replace(/[\n\t\r]/g, (character) => escapes[character] ?? character),
  ];
}

function urlEncoded(value: string): readonly string[] {
  const encoded = encodeURIComponent(value.toWellFormed());
  const strict = encoded.replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  const lower = (text: string) => text.replace(/%[0-9A-F]{2}/g, (part) => part.toLowerCase());
  const forms = [encoded, strict, encodeURI(value.toWellFormed()), strict.replaceAll("%20", "+")];
  return [...forms, ...forms.map(lower)];
}

function escaped(value: string): readonly string[] {
  const json = JSON.stringify(value).slice(1, -1);
  const xml = value.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
  return [
    json,
    json.replaceAll("/", "\\/"),
    json.replace(
      /[\u0080-\uffff]/g,
      (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
    ),
    xml,
    xml.replaceAll('"', "&quot;").replaceAll("'", "&#39;"),
    xml.replaceAll('"', "&quot;").replaceAll("'", "&apos;"),
  ];
}

function hexOf(value: string): readonly string[] {
  const hex = new TextEncoder().encode(value).toHex();
  return [hex, hex.toUpperCase()];
}

/**
 * All forms in which a value is looked for: as it is, its lines, in base64, hexadecimal, as shells, URLs, JSON and XML
 * have it. None for a value that is too short.
 *
 * @example
 * ```ts
 * import { encodingsOf } from "./encodings.ts";
 *
 * console.assert(encodingsOf("it's secret").includes("it'\\''s secret"));
 * console.assert(encodingsOf("abc").length === 0);
 * ```
 */
export function encodingsOf(value: string): readonly string[] {
  const whole = [value, value.replace(/\r?\n$/, ""), value.trim()].filter((form) => form.length >= SHORTEST);
  const lines = value.split(/\r?\n/).flatMap((line) => [line, line.trim()]);
  const parts = [...new Set([...whole, ...lines.filter((line) => line.length >= SHORTEST_PART)])];
  const written = parts.flatMap((part) => [
    ...shellQuoted(part),
    ...urlEncoded(part),
    ...escaped(part),
    ...[...base64Of(part), ...hexOf(part)].flatMap((form) => [
      form,
      form.replaceAll("+", "-").replaceAll("/", "_"),
    ]).filter((form) => form.length >= 6),
  ]);
  return [...new Set([...parts, ...written])].filter((form) => form.length >= SHORTEST);
}
