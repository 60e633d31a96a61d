import assert from "node:assert/strict";
import type { Operation } from "../engine/run.ts";
import { watchInterrupts } from "./interrupt.ts";

type Signal = "SIGINT" | "SIGTERM" | "SIGHUP";

function watched() {
  const said: string[] = [];
  const handlers = new Map<Signal, () => void>();
  const result = Promise.resolve();
  const operation: Operation<void> = {
    status: "running",
    result,
    abort: (reason) => void said.push(`abort ${reason}`),
    wait: () => result,
    then: (fulfilled, rejected) => result.then(fulfilled, rejected),
  };
  const stop = watchInterrupts(operation, {
    onSignal: (signal, callback) => {
      handlers.set(signal, callback);
      return () => void handlers.delete(signal);
    },
    note: (text) => void said.push(text.split(":")[0] ?? ""),
    onFirst: () => void said.push("first"),
    exit: (status) => void said.push(`exit ${status}`),
  });
  return { said, stop, handlers, send: (signal: Signal) => handlers.get(signal)?.() };
}

Deno.test("fault 46: watchInterrupts() stops in order, then at once, then leaves", () => {
  const { said, stop, send, handlers } = watched();
  send("SIGINT");
  send("SIGINT");
  send("SIGINT");
  stop();
  assert.deepEqual(said, [
    "Stopping",
    "abort SIGINT",
    "first",
    "Leaving at once",
    "abort SIGINT",
    "exit 130",
  ]);
  assert.equal(handlers.size, 0);
});

Deno.test("fault 46: watchInterrupts() ends with the status of the signal", () => {
  const { said, stop, send } = watched();
  for (let times = 0; times < 3; times++) send("SIGTERM");
  stop();
  assert.equal(said.at(-1), "exit 143");
});

Deno.test("fault 46: watchInterrupts() stops in order when the terminal closes, however often that is told", () => {
  const { said, stop, send } = watched();
  for (let times = 0; times < 3; times++) send("SIGHUP");
  assert.deepEqual(said, ["Stopping", "abort SIGHUP", "first"]);
  send("SIGTERM");
  stop();
  assert.deepEqual(said.slice(3), ["Leaving at once", "abort SIGTERM"]);
});
