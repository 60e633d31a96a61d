import { kindOf } from "../sources.ts";
import type { ModuleKind, Refusal } from "../types.ts";

/** Types that servers give to files whose type they do not know, or take for something else. */
const VAGUE = new Set([
  "",
  "text/plain",
  "application/octet-stream",
  "binary/octet-stream",
  // What .ts is to those who know it from television and from translations.
  "video/mp2t",
  "video/vnd.dlna.mpeg-tts",
  "text/vnd.trolltech.linguist",
]);

const KINDS: readonly (readonly [types: RegExp, kind: ModuleKind])[] = [
  [/^(?:application|text)\/(?:x-)?typescript$/, "ts"],
  [/^(?:application|text)\/(?:x-)?(?:java|ecma)script$/, "js"],
  [/^(?:application|text)\/(?:[\w.-]+\+)?json$/, "json"],
];

/** What a module is written in, by the type that its host gives it and by its URL. */
export function kindByType(contentType: string | null, url: string): ModuleKind | Refusal {
  const type = (contentType ?? "").split(";", 1)[0]?.trim().toLowerCase() ?? "";
  const path = new URL(url).pathname;
  if (/\.[jt]sx$/.test(path) || /jsx|tsx/.test(type)) {
    return { refused: "it is written in JSX", help: "Crates are TypeScript or JavaScript modules." };
  }
  const kind = KINDS.find(([types]) => types.test(type))?.[1] ?? (VAGUE.has(type) ? kindOf(path) : undefined);
  if (kind !== undefined) return kind;
  if (/html/.test(type)) {
    return {
      refused: "its host answers with a web page (HTML) in place of code",
      help: "Take the URL of the file itself, e.g. what a button named Raw leads to.",
    };
  }
  return {
    refused: VAGUE.has(type)
      ? "neither its name nor its host tells whether it is TypeScript, JavaScript or JSON"
      : `its host says that it is ${type}, which is no code`,
    help: "Its host must serve it as text/typescript, text/javascript or application/json.",
  };
}
