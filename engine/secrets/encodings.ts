// The ways in which programs write a value that they print.

/** A value of fewer characters is not looked for: it would be found everywhere, and is no secret anyway. */
export const SHORTEST = 4;
/** Shorter forms are looked for without blanks in them alone: words of any text could be one. */
const SHORTEST_WRAPPED = 12;
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

/** As `printf %q` of bash does it: some characters mean something at the beginning of a word alone. */
function backslashed(value: string): string {
  return value.replace(/[ !"$&'()*,;<>?[\\\]^`{|}]|^[#~]|(?<=[:=])~/g, "\\$&");
}

/** Bytes beyond ASCII by their numbers, as where the locale knows no other characters. */
function octal(value: string): string {
  const bytes = (text: string) => [...new TextEncoder().encode(text)];
  return value.replace(
    /[^\0-\x7f]+/g,
    (text) => bytes(text).map((byte) => `\\${byte.toString(8)}`).join(""),
  );
}

/** As shells print words: within single quotes, double quotes, by backslashes, and as `$'...'`. */
function shellQuoted(value: string): readonly string[] {
  const escapes: Readonly<Record<string, string>> = { "\n": "\\n", "\t": "\\t", "\r": "\\r" };
  const named = (text: string) => text.replace(/[\n\t\r]/g, (character) => escapes[character] ?? character);
  const dollar = [named(value).replace(/['\\](?![ntr])/g, "\\$&"), named(value.replace(/['\\]/g, "\\$&"))];
  return [
    value.replaceAll("'", `'\\''`),
    value.replaceAll("'", `'"'"'`),
    value.replace(/["$`\\]/g, "\\$&"),
    value.replace(/[^\w@%+=:,./\n\u0080-\uffff-]/g, "\\$&"),
    backslashed(value),
    ...dollar,
    ...dollar.map(octal),
  ];
}

function urlEncoded(value: string): readonly string[] {
  const encoded = encodeURIComponent(value.toWellFormed());
  const strict = encoded.replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  const lower = (text: string) => text.replace(/%[0-9A-F]{2}/g, (part) => part.toLowerCase());
  const forms = [
    encoded,
    strict,
    encodeURI(value.toWellFormed()),
    strict.replaceAll("%20", "+"),
    strict.replaceAll("%2F", "/"),
    new URLSearchParams([["", value]]).toString().slice(1),
  ];
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

/** A value as it is, without what may stand around it, and its lines. */
function partsOf(value: string): readonly string[] {
  const whole = [value, value.replace(/\r?\n$/, ""), value.trim()].filter((form) => form.length >= SHORTEST);
  const lines = value.split(/\r?\n/).flatMap((line) => [line, line.trim()]);
  return [...new Set([...whole, ...lines.filter((line) => line.length >= SHORTEST_PART)])];
}

/** Base64 and hexadecimal, of both alphabets and cases. */
function digitsOf(value: string): readonly string[] {
  return [...base64Of(value), ...hexOf(value)].flatMap((form) => [
    form,
    form.replaceAll("+", "-").replaceAll("/", "_"),
  ]);
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
  const parts = partsOf(value);
  const written = parts.flatMap((part) => [
    ...shellQuoted(part),
    ...urlEncoded(part),
    ...escaped(part),
    ...digitsOf(part).filter((form) => form.length >= 6 && form.length < SHORTEST_WRAPPED),
  ]);
  return [...new Set([...parts, ...written])].filter((form) => form.length >= SHORTEST);
}

/** Forms that programs break into lines and groups, as `base64` and `od` do: blanks in them do not count. */
export function wrappedFormsOf(value: string): readonly string[] {
  const forms = partsOf(value).flatMap(digitsOf);
  return [...new Set(forms)].filter((form) => form.length >= SHORTEST_WRAPPED);
}
