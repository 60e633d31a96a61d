import assert from "node:assert/strict";
import * as library from "../engine/run.ts";
import { makeScreen, screenTerminal } from "../tests/support/screen.ts";
import { commands, findCommand } from "./commands.ts";
import { main } from "./main.ts";
import { OutputClosed } from "./terminal.ts";

/** What a program can do with the library, and the command that does it. */
const commandOf: Readonly<Record<string, string>> = {
  converge: "converge",
  lift: "lift",
  destroy: "destroy",
  plan: "plan",
  explain: "explain",
  exec: "exec",
  shell: "ssh",
  sshSettings: "ssh",
  listGroups: "groups",
  listSchedules: "schedule",
  listNodes: "nodes",
  listNodesByRegion: "nodes",
  listImages: "images",
  listHardware: "hardware",
  checkService: "schedule",
  diagnoseService: "doctor",
  listRuns: "runs",
  readRun: "report",
  crates: "crate",
};
/** What a program needs and a command line has by itself: statuses, signals, defaults. */
const ownBusiness = ["defaultTimings", "exitCodeOf", "failureOf", "handleSignals"];

Deno.test("check 4: whatever a program can have done, a command does", async () => {
  assert.deepEqual(
    Object.keys(library).filter((name) => !ownBusiness.includes(name)).sort(),
    Object.keys(commandOf).sort(),
  );
  const sources = new Map<string, string>();
  for await (const { name } of Deno.readDir(new URL(".", import.meta.url))) {
    if (!name.endsWith(".ts") || name.endsWith("_test.ts")) continue;
    sources.set(name, await Deno.readTextFile(new URL(name, import.meta.url)));
  }
  for (const [name, command] of Object.entries(commandOf)) {
    assert.equal((await findCommand(command)).name, command);
    const taken = new RegExp(
      `\\{[^}]*\\b${name}\\b[^}]*\\} (?:= await import\\(|from )"\\.\\./engine/run\\.ts"`,
    );
    assert.ok([...sources.values()].some((text) => taken.test(text)), `${name}() is used by no command`);
  }
});

Deno.test("commands are told apart by name, and a wrong one is guessed at", async () => {
  const names = commands.map(({ name }) => name);
  assert.equal(new Set(names).size, names.length);
  for (const name of names) assert.equal((await findCommand(name)).name, name);
  await assert.rejects(findCommand("convrege"), /convrege.*Did you mean "converge"\?/);
});

Deno.test("a command whose output nobody takes any more ends with 141, and says nothing", async () => {
  const screen = makeScreen(80, 24);
  const terminal = screenTerminal(screen);
  const write = () => {
    throw new OutputClosed("closed");
  };
  for (const args of [["version"], ["help"], ["--help"], ["providers"]]) {
    assert.equal(await main(args, { ...terminal, out: { ...terminal.out, write } }), 141, args.join(" "));
  }
  assert.equal(screen.lines().join(""), "");
});
