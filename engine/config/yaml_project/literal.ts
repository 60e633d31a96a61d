// Data as the text of a module, with calls in place of the secrets that its texts name.
import type { Json } from "../../json.ts";

/** Texts of JSON; a key has a colon behind it. */
const TEXTS = /"(?:[^"\\]|\\.)*"(:)?/g;
/** A secret in a text; with its braces twice it stands for itself. */
const SECRETS = /(\{\{)?\{\{secret +((?:[^{}"\\]|\\.)*?) *\}\}/g;

/** A value as JavaScript; `{{secret NAME}}` in a text becomes a call. */
export function literal(value: Json): string {
  // Line separators are line breaks to JavaScript alone, and `__proto__` would not be a key like any other.
  return JSON.stringify(value).replaceAll("\u2028", "\\u2028").replaceAll("\u2029", "\\u2029")
    .replaceAll('"__proto__":', '["__proto__"]:')
    .replaceAll(
      TEXTS,
      (text, colon: string | undefined) =>
        colon !== undefined ? text : text.replaceAll(
          SECRETS,
          (_, twice: string | undefined, name: string) =>
            twice === undefined ? `" + secret("${name}") + "` : `{{secret ${name}}}`,
        ),
    );
}
