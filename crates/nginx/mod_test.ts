import assert from "node:assert/strict";
import { noRoots } from "../../tests/support/actions.ts";
import { assertCrateGolden, assertRefuses, planCrate, systems } from "../../tests/support/crates.ts";
import { has } from "../../tests/support/needs.ts";
import { type ThrowawayRoot, withThrowawayRoot } from "../../tests/support/throwaway.ts";
import { nginx, type NginxOptions, nginxSettings, type Site } from "./mod.ts";

const ignore = await noRoots() || !await has("apt-get");

const sites: readonly Site[] = [
  { name: "app", root: "/srv/my app", serverNames: ["app.example", "~^www\\d{1,2}\\.app\\.example$"] },
  { name: "api.v1", port: 8080, proxyPass: "http://127.0.0.1:3000/$request_uri", extra: ["gzip on;"] },
];

for (const os of systems) {
  Deno.test(`nginx() becomes the same bash as ever on ${os}`, async () => {
    await assertCrateGolden("nginx", os, await planCrate(nginx({ sites }), os));
  });
}

Deno.test("nginx() without sites installs, tests and starts, and nothing is reloaded but for the welcome site", async () => {
  const { titles } = await planCrate(nginx({ keepDefaultSite: true }), "debian-12");
  assert.deepEqual(titles, ["packages nginx", "nginx/test configuration", "service nginx (enable, start)"]);
});

Deno.test("nginx() tells others its ports", async () => {
  const { settings } = await planCrate(nginx({ sites }), "rocky-9");
  assert.deepEqual(settings, [{
    target: "web-1",
    facility: nginxSettings.facility,
    instance: "default",
    value: { sites: [{ name: "app", port: 80 }, { name: "api.v1", port: 8080 }] },
  }]);
});

Deno.test("nginx() restarts after its configuration was tested", async () => {
  const { titles } = await planCrate(nginx(), "debian-12", { phase: "nginx-restart" });
  assert.deepEqual(titles, ["nginx/test configuration", "service nginx (restart)"]);
});

Deno.test("nginx() refuses what it cannot use, and says where", () => {
  // What plain JavaScript may hand over.
  const given = (options: unknown) => () => nginx(options as NginxOptions);
  assertRefuses(given({ site: [] }), /options of nginx: site: unknown key "site". Did you mean "sites"\?/);
  assertRefuses(
    given({ sites: [{ name: "a", root: "/a", prot: 80 }] }),
    /sites\[0\]\.prot: unknown key "prot"/,
  );
  assertRefuses(given({ sites: [{ root: "/a" }] }), /sites\[0\]\.name: is missing/);
  assertRefuses(given({ sites: [{ name: "a" }] }), /sites\[0\]: it needs root, proxyPass or extra/);
  assertRefuses(given({ sites: [{ name: "a", root: "a" }] }), /sites\[0\]\.root: must be an absolute path/);
  assertRefuses(given({ sites: [{ name: "a", root: "/srv/$x" }] }), /must not have a "\$"/);
  assertRefuses(given({ sites: [{ name: "a", root: "/a", port: 0 }] }), /must be a port, 1 to 65535/);
  assertRefuses(given({ sites: [{ name: "a", proxyPass: "127.0.0.1:80" }] }), /must be an address/);
  assertRefuses(given({ sites: [{ name: "a", root: "/a", serverNames: ["a b"] }] }), /must be one word/);
  assertRefuses(
    given({ sites: [{ name: "a", root: "/a" }, { name: "a", root: "/b" }] }),
    /two of them are called "a"/,
  );
  for (const name of ["", "../x", "-rf", "a b", "a/b", "$(id)"]) {
    assertRefuses(given({ sites: [{ name, root: "/a" }] }), /its name, .* must be letters/);
  }
});

/** Installs nginx; its service is an init script there. */
async function install(root: ThrowawayRoot): Promise<void> {
  const { code, stderr } = await root.bash("apt-get update -qq && apt-get install -y -qq nginx-light");
  assert.equal(code, 0, stderr);
}

Deno.test("nginx in a throwaway root", { ignore }, async (t) => {
  await withThrowawayRoot(async (root) => {
    await install(root);
    let run = 0;
    const configure = async (extra: readonly string[], check = false) => {
      const spec = nginx({ sites: [{ name: "app", port: 18_733, root: "/srv/my app", extra }] });
      const { script } = await planCrate(spec, "debian-12", { run: String(++run), facts: root.facts, check });
      const { results } = await root.runScript(script);
      return results.map(({ id, result, message }) => ({ id: id.split(":")[0], result, message }));
    };
    /** What is served; a reload takes a moment, so what is waited for may come a little later. */
    const page = async (wanted: string): Promise<string> => {
      let text = "";
      for (let time = 0; time < 50 && text !== wanted; time++) {
        text = (await root.bash("curl -s --max-time 5 http://127.0.0.1:18733/hello")).stdout;
        if (text !== wanted) await new Promise((resolve) => setTimeout(resolve, 100));
      }
      return text;
    };
    const ofService = (results: Awaited<ReturnType<typeof configure>>) => results.at(-1)?.result;

    await t.step("a site is served", async () => {
      const results = await configure(['location = /hello { return 200 "one"; }']);
      assert.equal(results.find(({ result }) => result === "failed"), undefined, JSON.stringify(results));
      assert.equal(await page("one"), "one");
    });
    await t.step("a second run changes nothing", async () => {
      const results = await configure(['location = /hello { return 200 "one"; }']);
      assert.deepEqual(results.map(({ result }) => result).filter((result) => result === "changed"), []);
    });
    await t.step(
      "check mode says what would change, and does not hold the old configuration against it",
      async () => {
        const results = await configure(['location = /hello { return 200 "two"; }'], true);
        assert.equal(results.find(({ result }) => result === "failed"), undefined, JSON.stringify(results));
        assert.ok(results.some(({ result }) => result === "would-change"));
      },
    );
    await t.step("a broken site fails with what nginx says, and the nginx that runs goes on", async () => {
      const results = await configure(["no_such_directive on;"]);
      const failed = results.find(({ result }) => result === "failed");
      assert.match(
        failed?.message ?? "",
        /nginx refuses its configuration.*unknown directive "no_such_directive"/,
      );
      assert.equal(await page("one"), "one");
      assert.ok(ofService(results) !== "changed", "it was not reloaded");
    });
    await t.step("the repaired site is reloaded", async () => {
      const results = await configure(['location = /hello { return 200 "three"; }']);
      assert.equal(ofService(results), "changed", JSON.stringify(results));
      assert.equal(await page("three"), "three");
    });
  });
});
