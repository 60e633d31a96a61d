// What the child does when it is to parse modules, and evaluates nothing.
import { parse } from "../modules/parse.ts";
import type { ParseRequest } from "../modules/parser.ts";
import type { Pipes } from "./pipes.ts";

/** Loads what parsing takes, while this process may still read. */
export async function prepareParsing(): Promise<void> {
  await parse("export {};", true);
}

/** Answers with what modules say, one after the other, until the engine goes away. */
export async function serveParsing(first: ParseRequest, pipes: Pipes): Promise<void> {
  for (let request: Awaited<ReturnType<Pipes["next"]>> = first; request?.type === "parse";) {
    pipes.send(await parse(request.text, request.typed));
    request = await pipes.next();
  }
}
