import { createHash } from "node:crypto";
import type { Tokens } from "./tokens.ts";

/** `%C`: short, and another one for each connection. */
export function connectionHash({ l = "", h = "", p = "", r = "", j = "" }: Tokens): string {
  return createHash("sha1").update(l + h + p + r + j).digest("hex");
}
