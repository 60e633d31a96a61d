// What the child does when it is to read modules, and evaluates nothing.
import { describe } from "../modules/crates/describe.ts";
import { parse } from "../modules/parse.ts";
import type { ReadRequest } from "../modules/parser.ts";
import type { ChildPipes } from "./protocol.ts";

/** Loads what parsing takes, while this process may still read. */
export async function prepareParsing(): Promise<void> {
  await parse("export {};", true);
}

/** Answers with what modules say, one after the other, until the engine goes away. */
export async function serveParsing(first: ReadRequest, pipes: ChildPipes): Promise<void> {
  for (let request: Awaited<ReturnType<ChildPipes["next"]>> = first; request !== undefined;) {
    if (request.type === "parse") pipes.send(await parse(request.text, request.typed));
    else if (request.type === "describe") pipes.send(describe(request.url, request.sources));
    else return;
    request = await pipes.next();
  }
}
