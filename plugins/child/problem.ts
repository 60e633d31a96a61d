import { messageOf, PalletError } from "../../engine/errors.ts";
import { displayUrl } from "../../engine/modules/text.ts";
import type { PluginProblem } from "../protocol.ts";

const LONGEST = 4000;
const DENIED = /^Requires (\w+) access(?: to "?(.+?)"?)?(?:, (?:run again|specify)|$)/;

/** What was thrown and what caused it, outermost first. */
function chain(thrown: unknown): readonly unknown[] {
  const found: unknown[] = [];
  for (let at = thrown; at !== undefined && found.length < 10;) {
    found.push(at);
    at = at instanceof Error ? at.cause : undefined;
  }
  return found;
}

/** What the runtime refused, if that is the reason. */
function missingGrant(thrown: unknown): PluginProblem["missing"] {
  for (const one of chain(thrown)) {
    if (!(one instanceof Deno.errors.NotCapable)) continue;
    const [, permission, access] = DENIED.exec(one.message) ?? [];
    if (permission !== undefined) return { permission, ...(access === undefined ? {} : { access }) };
  }
  return undefined;
}

/** The first place of a stack that is in one of these modules. */
function placeIn(stack: string, urls: readonly string[], root: string): string | undefined {
  const places = [...stack.matchAll(/((?:file|https?|pallet):[^\s()]+?):(\d+):(\d+)/g)];
  const place = places.find(([, url]) => urls.includes(url ?? ""));
  return place === undefined ? undefined : `${displayUrl(place[1] ?? "", root)}:${place[2]}:${place[3]}`;
}

/** What was thrown, as data; the modules are those that a place of it may be in. */
export function problemOf(thrown: unknown, urls: readonly string[], root: string): PluginProblem {
  const missing = missingGrant(thrown);
  const name = thrown instanceof Error && thrown.name !== "Error" ? `${thrown.name}: ` : "";
  const because = chain(thrown).slice(1).map(messageOf).filter((text) => !messageOf(thrown).includes(text));
  const told = thrown instanceof PalletError;
  const message = [`${told ? "" : name}${messageOf(thrown)}`, ...told ? [] : because].join(": ");
  const at = told || !(thrown instanceof Error) ? undefined : placeIn(thrown.stack ?? "", urls, root);
  return {
    message: message.slice(0, LONGEST),
    ...(told ? { kind: thrown.kind } : {}),
    ...(told && thrown.help !== undefined ? { help: thrown.help.slice(0, LONGEST) } : {}),
    ...(at === undefined ? {} : { at }),
    ...(missing === undefined ? {} : { missing }),
  };
}
