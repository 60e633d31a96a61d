// The lease: one run has a node at a time.
import assert from "node:assert/strict";
import { scriptPath } from "./words.ts";
import { localTest as test, runScript, script, until, withLocalNode } from "./testing.ts";

test("fault 37: another run is refused, with the holder's name, and let in when the lease is given back", () =>
  withLocalNode(async ({ connect }) => {
    const first = await connect({ run: "one" });
    await assert.rejects(connect({ run: "two" }), (error: Error) => {
      assert.match(error.message, /run one of tester@here for one has it for \d+ more seconds/);
      assert.equal(Reflect.get(error, "kind"), "action");
      return true;
    });
    await first.close();
    await first.close();
    await (await connect({ run: "two" })).close();
  }));

test("fault 37: another run waits for the lease when it is told to", () =>
  withLocalNode(async ({ connect }) => {
    const first = await connect({ run: "one" });
    setTimeout(() => void first.close(), 700);
    const before = performance.now();
    // The time to connect does not count while it waits.
    const second = await connect({ run: "two", leaseWait: 10, connectTimeout: 1 });
    assert.ok(performance.now() - before > 600);
    await second.close();
  }));

test("a wait for the lease ends with an error when the time is over, or when it is given up", () =>
  withLocalNode(async ({ connect }) => {
    await connect({ run: "one" });
    await assert.rejects(connect({ run: "two", leaseWait: 1 }), /run one/);
    const signal = AbortSignal.timeout(300);
    await assert.rejects(connect({ run: "two", leaseWait: 20, signal }), /timeout/);
  }));

test("a lease that nobody renews ends, and one that is renewed does not", () =>
  withLocalNode(async ({ state, connect }) => {
    const first = await connect({ run: "one", lease: { run: "one", holder: "h", seconds: 2 } });
    await new Promise((resolve) => setTimeout(resolve, 3000));
    await assert.rejects(connect({ run: "two" }), /run one/);
    const lease = await Deno.readTextFile(`${state}/lease`);
    await first.close();
    // As if the run had been killed: its lease is there, and over.
    await Deno.writeTextFile(`${state}/lease`, lease.replace(/ \d+ (\S+)$/m, " 1 $1"));
    await (await connect({ run: "two" })).close();
    // And as if the node had started again since.
    await Deno.writeTextFile(`${state}/lease`, `three h another-boot 99999999 x\n`);
    await (await connect({ run: "two" })).close();
    await Deno.writeTextFile(`${state}/lease`, "rubbish $(touch /nowhere) a[b] )(\n");
    await (await connect({ run: "two" })).close();
  }));

test("the same run may connect twice, and the older connection does not give the newer one's lease back", () =>
  withLocalNode(async ({ connect }) => {
    const [old, young] = [await connect({ run: "one" }), await connect({ run: "one" })];
    await old.close();
    await assert.rejects(connect({ run: "two" }), /run one/);
    await young.close();
  }));

test("a script that goes on holds the node, whatever became of its run", () =>
  withLocalNode(async ({ state, connect }) => {
    const first = await connect({ run: "one" });
    const sent = script("sleep 1");
    await first.start(sent);
    await first.close();
    await assert.rejects(connect({ run: "two" }), /run one of .* has a script going on there/);
    const second = await connect({ run: "two", leaseWait: 10 });
    assert.match(
      await Deno.readTextFile(`${state}/scripts/${scriptPath(sent.id)}/records`),
      /script-finished/,
    );
    await second.close();
  }));

test("a run whose lease was taken over runs nothing more", () =>
  withLocalNode(async ({ state, connect }) => {
    const first = await connect({ run: "one" });
    await Deno.writeTextFile(`${state}/lease`, "");
    const second = await connect({ run: "two" });
    await assert.rejects(first.start(script(`touch ${state}/ran`)), /run two/);
    await assert.rejects(Deno.stat(`${state}/ran`), Deno.errors.NotFound);
    await second.close();
  }));

test("old runs are cleaned up by the next one, but none that runs", () =>
  withLocalNode(async ({ state, connect }) => {
    const first = await connect({ run: "run-1" });
    await first.start(script(`until [[ -e ${state}/go ]]; do sleep 0.05; done`));
    await first.close();
    await Deno.remove(`${state}/running`); // else the next run would wait for it
    const old = new Date(Date.now() - 8 * 86_400_000);
    for (let at = 0; at < 45; at++) {
      const folder = `${state}/scripts/other-${at}/a.b.0`;
      await Deno.mkdir(folder, { recursive: true });
      await Deno.writeTextFile(`${folder}/lock`, "");
      const time = at < 3 ? old : new Date(Date.now() - at * 60_000);
      await Deno.utime(`${state}/scripts/other-${at}`, time, time);
    }
    await Deno.utime(`${state}/scripts/run-1`, old, old);
    await Deno.writeTextFile(`${state}/blobs/aaaa`, "");
    await Deno.utime(`${state}/blobs/aaaa`, old, old);
    const names = () => [...Deno.readDirSync(`${state}/scripts`)].map(({ name }) => name);
    const second = await connect({ run: "two", leaseWait: 10 });
    await second.close();
    await until("old runs go", () => names().length <= 21);
    assert.ok(names().includes("run-1"), "it runs");
    await Deno.writeTextFile(`${state}/go`, "");
    assert.ok(!names().includes("other-0"));
    assert.ok(!names().includes("other-44"));
    assert.ok(names().includes("other-3"));
    await until("old contents go", () => [...Deno.readDirSync(`${state}/blobs`)].length === 0);
    const third = await connect({ run: "run-1" });
    assert.equal((await runScript(third, script("echo on"))).output, "on\n");
    await third.close();
  }));

/** The lease of a run whose process is gone, and who knows that. */
function ofGone(run: string) {
  return { run, lease: { run, holder: "ann@desk pid 7", owner: "7 100 desk", seconds: 60 } };
}

const knows = { isGone: (owner: string) => Promise.resolve(owner === "7 100 desk") };

test("fault 37: the lease of a run whose process is gone is taken over at once, and by nobody else", () =>
  withLocalNode(async ({ connect }) => {
    const first = await connect(ofGone("one"));
    await assert.rejects(connect({ run: "two" }), /run one of ann@desk pid 7 has it for \d+ more seconds/);
    await assert.rejects(
      connect({ run: "two", isGone: () => Promise.resolve(false) }),
      /run one of ann@desk/,
    );
    const second = await connect({ run: "two", ...knows });
    await assert.rejects(connect({ run: "three", ...knows }), /run two of tester@here/);
    // Should it not be gone after all, it starts nothing any more.
    await assert.rejects(first.start(script("true")), /run two of tester@here/);
    await second.close();
  }));

test("a script of a run that is gone holds the node as long as it runs, and is waited for", () =>
  withLocalNode(async ({ connect }) => {
    const first = await connect(ofGone("one"));
    await first.start(script("sleep 2"));
    await assert.rejects(
      connect({ run: "two", ...knows }),
      /run one of ann@desk pid 7 has a script going on/,
    );
    const before = performance.now();
    const second = await connect({ run: "two", leaseWait: 20, ...knows });
    assert.ok(performance.now() - before < 8000, "not for what is left of its lease");
    assert.equal((await runScript(second, script("echo on"))).output, "on\n");
    await second.close();
  }));
