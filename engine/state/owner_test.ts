import assert from "node:assert/strict";
import { isGone, thisOwner } from "./owner.ts";

const ignore = Deno.build.os !== "linux";
if (ignore) console.log("Owners of leases are not tested: there is no /proc");

/** The owner that another process says it is. */
function start(): { readonly process: Deno.ChildProcess; readonly owner: Promise<string> } {
  const url = new URL("./owner.ts", import.meta.url).href;
  const code = `console.log(await (await import(${
    JSON.stringify(url)
  })).thisOwner()); await Deno.stdin.read(new Uint8Array(1));`;
  const process = new Deno.Command(Deno.execPath(), {
    args: ["eval", code],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const owner = async () => {
    let text = "";
    for await (const piece of process.stdout.pipeThrough(new TextDecoderStream())) {
      text += piece;
      if (text.endsWith("\n")) break;
    }
    return text.trim();
  };
  return { process, owner: owner() };
}

Deno.test({
  name: "isGone() knows a process that runs from one that was killed",
  ignore,
  async fn() {
    const { process, owner } = start();
    const said = await owner;
    assert.match(said, new RegExp(`^${process.pid} \\d+ `));
    assert.equal(await isGone(said), false);
    process.kill("SIGKILL");
    await process.status;
    await process.stdin.close().catch(() => {});
    assert.equal(await isGone(said), true);
  },
});

Deno.test({
  name: "isGone() knows a later process with the same number, and says nothing of other machines",
  ignore,
  async fn() {
    const own = await thisOwner() ?? "";
    assert.equal(await isGone(own), false);
    const [pid, start, ...where] = own.split(" ");
    assert.equal(await isGone([pid, Number(start) - 1, ...where].join(" ")), true);
    const gone = ["4194999", start];
    assert.equal(await isGone([...gone, ...where].join(" ")), true);
    assert.equal(await isGone([...gone, ...where, "elsewhere"].join(" ")), false);
    assert.equal(await isGone([...gone, "another-boot", ...where.slice(1)].join(" ")), false);
    for (const odd of ["", "x", "1", "../1 2 3", "1 2 "]) assert.equal(await isGone(odd), false);
  },
});
