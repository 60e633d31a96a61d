import assert from "node:assert/strict";
import {
  answers,
  hostileNames,
  noRoots,
  out,
  runAction,
  twice,
  wasOwned,
} from "../../tests/support/actions.ts";
import { withThrowawayRoot } from "../../tests/support/throwaway.ts";
import type { Action } from "./action.ts";
import { directory, file, symbolicLink } from "./list.ts";

const ignore = await noRoots();

function every(result: string): readonly string[] {
  return hostileNames.map(() => result);
}

Deno.test("check 68: directory, file and symbolicLink", { ignore }, async (t) => {
  await withThrowawayRoot(async (root) => {
    await t.step("a directory is made with its parents, once", async () => {
      const action = directory("/srv/a/b/c", { owner: "daemon", group: "adm", mode: "0750" });
      assert.deepEqual(await twice(root, action), ["changed", "ok"]);
      assert.equal(
        await out(root, "stat -c '%U %G %a' /srv/a/b/c /srv/a/b"),
        "daemon adm 750\nroot root 755\n",
      );
      await root.bash("chown root /srv/a/b/c");
      assert.deepEqual(await twice(root, action), ["changed", "ok"]);
    });

    await t.step("owner and mode reach all that is in a directory when told", async () => {
      await root.bash("mkdir -p /srv/r/x; touch /srv/r/f /srv/r/x/g; ln -s /etc/passwd /srv/r/link");
      const action = directory("/srv/r", {
        owner: "daemon",
        group: "adm",
        mode: "u=rwX,g=rX,o=",
        recursive: true,
      });
      assert.deepEqual(await twice(root, action), ["changed", "ok"]);
      assert.equal(
        await out(root, "cd /srv/r; stat -c '%n %U %G %a' f x x/g"),
        "f daemon adm 640\nx daemon adm 750\nx/g daemon adm 640\n",
      );
      assert.equal(await out(root, "stat -c '%U %a' /etc/passwd"), "root 644\n");
    });

    await t.step("set-group-id of a directory goes when the mode has none", async () => {
      await root.bash("mkdir -p /srv/s/s; chmod 2755 /srv/s /srv/s/s");
      assert.deepEqual(await twice(root, directory("/srv/s", { mode: "0755", recursive: true })), [
        "changed",
        "ok",
      ]);
      assert.deepEqual(await twice(root, directory("/srv/s", { mode: "2750" })), ["changed", "ok"]);
      assert.deepEqual(await twice(root, directory("/srv/s", { mode: "u=rwx,go=rx" })), ["changed", "ok"]);
      assert.deepEqual(await twice(root, directory("/srv/s", { action: "delete" })), ["changed", "ok"]);
    });

    await t.step("a directory goes with all that is in it, a file in its place is not touched", async () => {
      assert.deepEqual(await twice(root, directory("/srv/r", { action: "delete" })), ["changed", "ok"]);
      await root.bash("touch /srv/plain");
      for (const action of ["create", "delete"] as const) {
        assert.match(
          (await runAction(root, directory("/srv/plain", { action }))).message ?? "",
          /srv\/plain/,
        );
      }
      assert.equal(await out(root, "ls /srv"), "a\nplain\n");
    });

    await t.step("a file is made empty, and what is in one stays", async () => {
      const action = file("/srv/f", { owner: "daemon", mode: "0600" });
      assert.deepEqual(await twice(root, action), ["changed", "ok"]);
      await root.bash("echo kept >/srv/f; chmod 644 /srv/f");
      assert.deepEqual(await twice(root, action), ["changed", "ok"]);
      assert.equal(await out(root, "cat /srv/f; stat -c '%U %a' /srv/f"), "kept\ndaemon 600\n");
      assert.deepEqual(await twice(root, file("/srv/t", { action: "touch" })), ["changed", "changed"]);
      assert.deepEqual(await twice(root, file("/srv/f", { action: "delete" })), ["changed", "ok"]);
      assert.match(
        (await runAction(root, file("/srv/a", { action: "delete" }))).message ?? "",
        /it is a directory/,
      );
    });

    await t.step("a link is made, led elsewhere, and removed", async () => {
      assert.deepEqual(await twice(root, symbolicLink("/etc/hosts", "/srv/l")), ["changed", "ok"]);
      const other = symbolicLink("../nowhere", "/srv/l", { owner: "daemon" });
      const { changes } = await runAction(root, other);
      assert.deepEqual(changes, [
        "link /srv/l to ../nowhere (was /etc/hosts)",
        "set owner of /srv/l to daemon (was root)",
      ]);
      assert.deepEqual(await twice(root, other), ["ok", "ok"]);
      assert.equal(await out(root, "readlink /srv/l; stat -c %U /srv/l"), "../nowhere\ndaemon\n");
      assert.deepEqual(await twice(root, symbolicLink("x", "/srv/l", { action: "delete" })), [
        "changed",
        "ok",
      ]);
      assert.match(
        (await runAction(root, symbolicLink("x", "/srv/plain"))).message ?? "",
        /force is not set/,
      );
      assert.match(
        (await runAction(root, symbolicLink("x", "/srv/a", { force: true }))).message ?? "",
        /a directory/,
      );
      assert.match(
        (await runAction(root, symbolicLink("x", "/srv/plain", { action: "delete" }))).message ?? "",
        /it is not a symbolic link/,
      );
      assert.deepEqual(await twice(root, symbolicLink("x", "/srv/plain", { force: true })), [
        "changed",
        "ok",
      ]);
    });

    await t.step("check mode touches nothing", async () => {
      const snapshot = () => out(root, "find /srv -printf '%p %i %T@ %m %u %l\\n' | sort");
      const before = await snapshot();
      const results = await answers(root, [
        directory("/srv/new/x", { owner: "daemon" }),
        directory("/srv/a", { mode: "0700", recursive: true }),
        directory("/srv/a", { action: "delete", id: "delete" }),
        file("/srv/none"),
        file("/srv/t", { mode: "0600" }),
        symbolicLink("/elsewhere", "/srv/link"),
        symbolicLink("/elsewhere", "/srv/plain"),
        file("/srv/t", { id: "as it is" }),
      ], true);
      assert.deepEqual(results, [...Array(7).fill("would-change"), "ok"]);
      assert.equal(await snapshot(), before);
    });

    await t.step("hostile names are names", async () => {
      const kinds: ((name: string, gone: boolean) => Action)[] = [
        (name, gone) =>
          directory(`/srv/hostile/${name}`, gone ? { action: "delete" } : { mode: "0711", recursive: true }),
        (name, gone) =>
          file(`/srv/files/${name}`, gone ? { action: "delete" } : { mode: "0600", owner: "daemon" }),
        (name, gone) =>
          symbolicLink(name, `/srv/links/${name}`, gone ? { action: "delete" } : { owner: "daemon" }),
      ];
      await root.bash("mkdir /srv/files /srv/links");
      for (const kind of kinds) {
        for (const gone of [false, true]) {
          const actions = hostileNames.map((name) => kind(name, gone));
          assert.deepEqual(await answers(root, actions), every("changed"));
          assert.deepEqual(await answers(root, actions), every("ok"));
        }
      }
      assert.equal(await out(root, "ls -A /srv/hostile /srv/files /srv/links | grep -v :"), "\n\n");
      assert.ok(!await wasOwned(root));
    });
  });
});
