import assert from "node:assert/strict";
import { noRoots } from "../../tests/support/actions.ts";
import { assertCrateGolden, assertRefuses, phaseOf, planCrate, systems } from "../../tests/support/crates.ts";
import { has } from "../../tests/support/needs.ts";
import { withThrowawayRoot } from "../../tests/support/throwaway.ts";
import { type CheckoutOptions, git, gitCheckout } from "./mod.ts";

const ignore = await noRoots() || !await has("git");

for (const os of systems) {
  Deno.test(`git() and gitCheckout() become the same bash as ever on ${os}`, async () => {
    const spec = {
      extends: git(),
      phases: {
        configure: () => [
          gitCheckout("https://example.org/it's.git", "/srv/my app", { revision: "v1.2.0", user: "deploy" }),
          gitCheckout("/srv/origin", "/srv/head"),
          gitCheckout("/srv/origin", "/srv/commit", { revision: "0123456789abcdef0123456789abcdef01234567" }),
        ],
      },
    };
    await assertCrateGolden("git", os, await planCrate(spec, os));
  });
}

Deno.test("gitCheckout() refuses what git would misread, and says where", () => {
  const checkout = (repository: string, path = "/srv/app", options: CheckoutOptions = {}) => () =>
    gitCheckout(repository, path, options);
  assertRefuses(checkout("--upload-pack=id"), /is no address of a repository/);
  assertRefuses(checkout(""), /is no address of a repository/);
  assertRefuses(checkout("a\nb"), /repository: must be one line/);
  assertRefuses(checkout("/srv/origin", "app"), /path: must be an absolute path/);
  assertRefuses(checkout("/srv/origin", "/"), /path must not be the root/);
  for (const revision of ["", "-b", "a b", "a..b", "v1^{}", "$(id)", "a:b"]) {
    assertRefuses(checkout("/srv/origin", "/srv/app", { revision }), /is no branch, tag or commit/);
  }
  const wrong = { branch: "main" } as CheckoutOptions;
  assertRefuses(checkout("/srv/origin", "/srv/app", wrong), /unknown key "branch"/);
});

const ORIGIN = `
set -e
export HOME=/root GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@example.org GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@example.org
git init -q -b main /srv/origin
cd /srv/origin
commit() { echo "$1" >file && git add file && git commit -q -m "$1"; }
commit one && git tag -a v1 -m v1
git branch feature/main
commit two
`;

Deno.test("gitCheckout() in a throwaway root", { ignore }, async (t) => {
  await withThrowawayRoot(async (root) => {
    const made = await root.bash(ORIGIN);
    assert.equal(made.code, 0, made.stderr);
    let run = 0;
    const checkout = async (revision?: string, check = false) => {
      const spec = phaseOf(() =>
        gitCheckout("/srv/origin", "/srv/app", revision === undefined ? {} : { revision })
      );
      const plan = await planCrate(spec, "debian-12", { run: String(++run), facts: root.facts, check });
      const [action] = (await root.runScript(plan.script)).results;
      return action;
    };
    const results = async (revision?: string) => [
      (await checkout(revision))?.result,
      (await checkout(revision))?.result,
    ];
    const content = async () => (await root.bash("cat /srv/app/file")).stdout.trim();

    await t.step("check mode does not clone", async () => {
      assert.equal((await checkout(undefined, true))?.result, "would-change");
      assert.notEqual((await root.bash("test -e /srv/app")).code, 0);
    });
    await t.step("the default branch is cloned once", async () => {
      assert.deepEqual(await results(), ["changed", "ok"]);
      assert.equal(await content(), "two");
    });
    await t.step("an annotated tag is its commit", async () => {
      assert.deepEqual(await results("v1"), ["changed", "ok"]);
      assert.equal(await content(), "one");
    });
    await t.step("a branch is not one that ends like it", async () => {
      assert.deepEqual(await results("main"), ["changed", "ok"]);
      assert.equal(await content(), "two");
      assert.deepEqual(await results("feature/main"), ["changed", "ok"]);
      assert.equal(await content(), "one");
    });
    await t.step("a commit needs no look at the repository once it is there", async () => {
      const commit = (await root.bash("git -C /srv/origin rev-parse main")).stdout.trim();
      assert.deepEqual(await results(commit), ["changed", "ok"]);
      await root.bash("mv /srv/origin /srv/away");
      assert.equal((await checkout(commit))?.result, "ok");
      await root.bash("mv /srv/away /srv/origin");
    });
    await t.step("changes to tracked files are kept, and said; untracked files stay", async () => {
      await root.bash("echo mine >/srv/app/file; echo new >/srv/app/other");
      const action = await checkout("v1");
      assert.equal(action?.result, "failed");
      assert.match(action.output, /\/srv\/app has changes that are not committed/);
      assert.equal(await content(), "mine");
      await root.bash("git -C /srv/app checkout -q file");
      assert.equal((await checkout("v1"))?.result, "changed");
      assert.equal((await root.bash("cat /srv/app/other")).stdout, "new\n");
    });
    await t.step(
      "a revision that there is not fails with what git says, and nothing is left half done",
      async () => {
        const action = await checkout("nowhere");
        assert.equal(action?.result, "failed");
        assert.match(action.output, /nowhere/);
        assert.equal(await content(), "one");
      },
    );
  });
});
