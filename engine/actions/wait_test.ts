import assert from "node:assert/strict";
import { noRoots, runAction, runActions, twice } from "../../tests/support/actions.ts";
import { withThrowawayRoot } from "../../tests/support/throwaway.ts";
import type { Action } from "./action.ts";
import { execScript, waitForFile, waitForHttp, waitForPort } from "./list.ts";
import { sh } from "../script/sh.ts";

const ignore = await noRoots();
const short = { maxRetries: 2, standoff: 0.1 };

Deno.test("check 73: waits end when it is so, and give up with what they saw", { ignore }, async (t) => {
  await withThrowawayRoot(async (root) => {
    const failure = async (action: Action): Promise<string> => (await runAction(root, action)).message ?? "";

    await t.step("waitForFile", async () => {
      await root.bash("(sleep 0.3; touch '/srv/a b'; sleep 0.6; rm '/srv/a b') >/dev/null 2>&1 &");
      assert.equal(
        (await runAction(root, waitForFile("/srv/a b", { maxRetries: 50, standoff: 0.1 }))).result,
        "ok",
      );
      const gone = waitForFile("/srv/a b", { action: "remove", maxRetries: 50, standoff: 0.1 });
      assert.equal((await runAction(root, gone)).result, "ok");
      const started = performance.now();
      assert.equal(
        await failure(waitForFile("/srv/never", { maxRetries: 3, standoff: 0.2, serviceName: "app" })),
        "Gave up waiting until /srv/never is there (for app) after 3 times, 0.2 seconds apart",
      );
      assert.ok(performance.now() - started >= 400);
      await root.bash("touch /srv/there");
      assert.equal((await runAction(root, waitForFile("/srv/there", { maxRetries: 1 }))).result, "ok");
      const once = performance.now();
      await failure(waitForFile("/srv/never", { maxRetries: 1, standoff: 10 }));
      assert.ok(performance.now() - once < 8000, "nobody waits behind the last look");
    });

    const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen: () => {} }, (request) => {
      const { pathname, search } = new URL(request.url);
      return new Response(search, { status: Number(pathname.slice(1)) });
    });
    const { port } = server.addr;
    try {
      await t.step("waitForPort", async () => {
        assert.deepEqual(await twice(root, waitForPort(port, short)), ["ok", "ok"]);
        assert.equal(
          await failure(waitForPort(1, short)),
          "Gave up waiting until port 1 of 127.0.0.1 is open after 2 times, 0.1 seconds apart: " +
            "127.0.0.1 port 1 refuses connections, or cannot be reached",
        );
        assert.match(
          await failure(waitForPort(80, { ...short, host: "$(touch${IFS}owned)" })),
          /Gave up waiting/,
        );
      });

      for (const how of ["curl", "bash alone"]) {
        await t.step(`waitForHttp by ${how}`, async () => {
          if (how !== "curl") await root.bash("rm -f /usr/bin/curl /usr/local/bin/curl /bin/curl");
          const url = `http://127.0.0.1:${port}`;
          assert.deepEqual(await twice(root, waitForHttp(`${url}/200?a[1]={x}`, short)), ["ok", "ok"]);
          const several = waitForHttp(`${url}/503`, { ...short, status: [204, 503] });
          assert.equal((await runAction(root, several)).result, "ok");
          assert.equal(
            await failure(waitForHttp(`${url}/503`, short)),
            `Gave up waiting until ${url}/503 answers with 200 after 2 times, 0.1 seconds apart: the last answer was 503`,
          );
          assert.match(await failure(waitForHttp("http://127.0.0.1:1/", short)), /: there was no answer$/);
        });
      }

      await t.step("https without curl is said", async () => {
        assert.match(await failure(waitForHttp("https://127.0.0.1/", short)), /https needs curl/);
      });
    } finally {
      await server.shutdown();
    }

    await t.step("in check mode they look once and never fail", async () => {
      const started = performance.now();
      const { results } = await runActions(root, [
        execScript(sh`touch /srv/x`),
        waitForFile("/srv/x", { maxRetries: 100 }),
        waitForPort(1, { maxRetries: 100 }),
        waitForFile("/srv"),
      ], { check: true });
      assert.deepEqual(results.map(({ result }) => result), ["would-change", "skipped", "skipped", "ok"]);
      assert.ok(performance.now() - started < 5000);
    });
  });
});
