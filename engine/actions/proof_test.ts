// What an action has to do is found out for many actions at once, and never believed for too long.
import assert from "node:assert/strict";
import { compileActions, noRoots, runActions } from "../../tests/support/actions.ts";
import { type ThrowawayRoot, withThrowawayRoot } from "../../tests/support/throwaway.ts";
import type { Action } from "./action.ts";
import {
  directory,
  execCheckedScript,
  execScript,
  file,
  group,
  lineInFile,
  packages,
  remoteFile,
  service,
  symbolicLink,
  user,
  waitForFile,
} from "./list.ts";
import { rawScript, sh } from "../script/sh.ts";

const ignore = await noRoots();

/** One action of each kind that has a proof, all about the same names. */
function job(suffix: string): readonly Action[] {
  return [
    packages("bash", { id: `packages${suffix}` }),
    group(`g${suffix}`),
    user(`u${suffix}`, {
      group: `g${suffix}`,
      groups: ["adm"],
      append: true,
      shell: "sh",
      home: "/nowhere",
      createHome: false,
    }),
    directory(`/srv/d${suffix}`, { owner: `u${suffix}`, group: `g${suffix}`, mode: "2750" }),
    file(`/srv/d${suffix}/f`, { mode: "0600" }),
    remoteFile(`/srv/d${suffix}/r`, { content: `it's ${suffix}\n`, owner: `u${suffix}`, mode: "0640" }),
    lineInFile(`/srv/d${suffix}/l`, "a line", { create: true }),
    symbolicLink(`/srv/d${suffix}/it's here`, `/srv/d${suffix}/s`),
    execCheckedScript(`touch${suffix}`, sh`touch ${`/srv/d${suffix}/t`}`, { creates: `/srv/d${suffix}/t` }),
  ];
}

async function results(root: ThrowawayRoot, actions: readonly Action[], check = false) {
  const outcome = await runActions(root, actions, { check });
  return outcome.results.map(({ result, message }) => message ?? result);
}

/** How many processes a root has begun. */
async function begun(root: ThrowawayRoot): Promise<number> {
  return Number((await root.bash("echo $BASHPID")).stdout);
}

async function processes(root: ThrowawayRoot, actions: readonly Action[]): Promise<number> {
  const before = await begun(root);
  assert.deepEqual(new Set(await results(root, actions)), new Set(["ok"]));
  return await begun(root) - before;
}

Deno.test("proofs", { ignore }, async (t) => {
  await withThrowawayRoot(async (root) => {
    await t.step("a script that finds nothing to do takes no more processes for more actions", async () => {
      const few = job("1");
      const many = Array.from({ length: 8 }, (_, at) => job(String(at + 1))).flat();
      const first = await results(root, many);
      assert.deepEqual(new Set(first), new Set(["ok", "changed"]), first.join("\n"));
      assert.deepEqual(await processes(root, many), await processes(root, few));
    });

    await t.step("each action finds what was changed behind its back, and nothing else", async () => {
      const changes: readonly (readonly [string, readonly number[]])[] = [
        ["groupmod -g 4242 g1; chgrp g1 /srv/d1; chmod 2750 /srv/d1", []],
        ["usermod -s /bin/bash u1", [2]],
        ["gpasswd -d u1 adm", [2]],
        ["userdel u1", [2, 3, 5]], // the new one has another number
        ["chmod 0700 /srv/d1", [3]],
        ["chown root /srv/d1", [3]],
        ["mv /srv/d1/f /srv/d1/F", [4]],
        ["echo more >>/srv/d1/r", []],
        ["chmod 0644 /srv/d1/r", [5]],
        ["echo 'a lin' >/srv/d1/l", [6]],
        ["ln -sfn /srv/d1/it /srv/d1/s", [7]],
        ["rm /srv/d1/t", [8]],
      ];
      for (const [change, expected] of changes) {
        assert.equal((await root.bash(`{ ${change}; } >&2`)).code, 0, change);
        const found = await results(root, job("1"));
        const changed = found.flatMap((result, at) => result === "changed" ? [at] : []);
        if (change.startsWith("echo more")) {
          assert.match(found[5] ?? "", /was edited on this node/);
          await root.bash('printf "it\'s 1\\n" >/srv/d1/r');
        } else assert.deepEqual(changed, expected, `${change}: ${found.join("\n")}`);
        assert.deepEqual(new Set(await results(root, job("1"))), new Set(["ok"]), change);
      }
    });

    await t.step("what an earlier action of the same script did is seen, however it did it", async () => {
      const again: Action = directory("/srv/d1", { id: "again", mode: "2750" });
      const takeAway = sh`rm -rf /srv/d1`;
      const ways: readonly (readonly [Action, string])[] = [
        [execScript(takeAway), "changed"],
        [execScript(takeAway, { changedWhen: false }), "ok"],
        [execScript(takeAway, { creates: "/srv/never" }), "changed"],
        [execScript(takeAway, { creates: "/srv/never", changedWhen: false }), "ok"],
        [execScript(sh`true`, { onlyIf: sh`rm -rf /srv/d1; false` }), "its guard onlyIf says no"],
        [directory("/srv/d1", { action: "delete" }), "changed"],
      ];
      for (const [way, result] of ways) {
        assert.deepEqual(new Set(await results(root, job("1"))).has("failed"), false);
        const found = await results(root, [directory("/srv/d1", { mode: "2750" }), way, again]);
        assert.deepEqual(found, ["ok", result, "changed"], way.kind);
      }
      const { results: waited } = await runActions(root, [
        directory("/srv/d1"),
        symbolicLink("/a", "/srv/d1/w", { id: "first" }),
        execScript(sh`(sleep 0.2; ln -sfn /b /srv/d1/w; touch /srv/d1/done) & exit 0`, {
          changedWhen: false,
        }),
        symbolicLink("/a", "/srv/d1/w", { id: "second" }),
        waitForFile("/srv/d1/done", { standoff: 0.1 }),
        symbolicLink("/a", "/srv/d1/w", { id: "third" }),
      ]);
      assert.deepEqual(waited.map(({ result }) => result), ["ok", "changed", "ok", "ok", "ok", "changed"]);
    });

    await t.step(
      "what was seen before a change is not believed after it, though something found nothing to do since",
      async () => {
        const mode = (path: string, mode: string, id: string) => file(path, { mode, id });
        await results(root, [mode("/srv/x", "0644", "x"), mode("/srv/y", "0644", "y")]);
        const there = [mode("/srv/x", "0600", "1"), mode("/srv/y", "0644", "2"), mode("/srv/x", "0644", "3")];
        for (let time = 0; time < 2; time++) {
          assert.deepEqual(await results(root, there), ["changed", "ok", "changed"]);
        }
      },
    );

    await t.step("check mode tells the same", async () => {
      await results(root, job("1"));
      assert.deepEqual(new Set(await results(root, job("1"), true)), new Set(["ok"]));
      await root.bash("chmod 0700 /srv/d1; rm /srv/d1/f");
      const found = await results(root, job("1"), true);
      assert.deepEqual(found.flatMap((result, at) => result === "would-change" ? [at] : []), [3, 4]);
      assert.deepEqual(new Set(found), new Set(["ok", "would-change"]));
      await results(root, job("1"));
    });

    await t.step("a node whose programs tell nothing is looked at by each action itself", async () => {
      await root.bash(`mkdir -p /tmp/kept; for name in stat sha256sum getent dpkg-query; do
        cp /usr/bin/$name /tmp/kept/$name
        printf '#!/bin/bash\\n[[ $# -lt 9 && $1 != --printf ]] && exec /tmp/kept/%s "$@"\\necho odd\\nexit 3\\n' $name >/usr/local/bin/$name
        chmod 755 /usr/local/bin/$name
      done`);
      const many = [...job("1"), ...job("2")];
      assert.deepEqual(new Set(await results(root, many)), new Set(["ok"]));
      await root.bash("rm /usr/local/bin/*");
    });

    await t.step(
      "names with a line end, and links that lead to such, are left to their actions",
      async () => {
        const odd = [
          directory("/srv/a\nb"),
          symbolicLink("x\ny", "/srv/odd"),
          symbolicLink("/x", "/srv/plain"),
        ];
        assert.deepEqual(await results(root, odd), ["changed", "changed", "changed"]);
        assert.deepEqual(await results(root, odd), ["ok", "ok", "ok"]);
        const { text } = await compileActions(odd, root.facts);
        assert.doesNotMatch(text, /pallet_proof_0/);
      },
    );
  });
});

Deno.test("an action has no proof where only its own look can tell", async () => {
  const without: readonly Action[] = [
    directory("/srv/d", { action: "delete" }),
    directory("/srv/d", { recursive: true, id: "recursive" }),
    file("/srv/f", { action: "touch" }),
    group("g", { action: "remove" }),
    user("u", { action: "lock" }),
    user("u", { groups: ["adm"], id: "exactly" }),
    packages("telnet", { action: "purge" }),
    remoteFile("/srv/r", { action: "delete" }),
    lineInFile("/srv/l", "x", { action: "absent" }),
    symbolicLink("x", "/srv/s", { action: "delete" }),
    execScript(rawScript("true")),
    service("cron"),
  ];
  const facts = { ...(await import("../os/mod.ts")).parseOs("debian-12") };
  const { text } = await compileActions(without, facts);
  assert.doesNotMatch(text, /pallet_proof_\d+\(\)/);
  assert.doesNotMatch(text, /pallet_look\(\)/);
});
