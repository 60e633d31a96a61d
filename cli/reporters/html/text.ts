import { escapeText } from "../../text.ts";

/** Text of others as text of the page. */
export function html(text: string): string {
  return escapeText(text).toWellFormed().replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(
    ">",
    "&gt;",
  )
    .replaceAll('"', "&quot;");
}
