// Owner, group and mode, where bringing one in line undoes another, or where somebody could reach further than meant.
import assert from "node:assert/strict";
import { noRoots, out, runAction, runActions, twice } from "../../tests/support/actions.ts";
import { withThrowawayRoot } from "../../tests/support/throwaway.ts";
import { directory, file, symbolicLink } from "./list.ts";

const ignore = await noRoots();

Deno.test("owners and modes of files", { ignore }, async (t) => {
  await withThrowawayRoot(async (root) => {
    await t.step("a mode with set-user-id is as it was asked for after a change of owner too", async () => {
      await root.bash("touch /srv/suid; chmod 4755 /srv/suid");
      const action = file("/srv/suid", { owner: "daemon", mode: "4755" });
      assert.deepEqual(await twice(root, action), ["changed", "ok"]);
      assert.equal(await out(root, "stat -c '%U %a' /srv/suid"), "daemon 4755\n");
    });

    await t.step("accounts by number are the same accounts, also when something changed before", async () => {
      const owned = { owner: "1", group: "4", mode: "0700" };
      const { results } = await runActions(root, [
        directory("/srv/number", owned),
        directory("/srv/number", { ...owned, id: "again" }),
        symbolicLink("/nowhere", "/srv/numbered", { owner: "1", group: "4" }),
        symbolicLink("/nowhere", "/srv/numbered", { owner: "1", group: "4", id: "once more" }),
      ]);
      assert.deepEqual(results.map(({ changes }) => changes.length), [1, 0, 3, 0]);
      assert.equal(await out(root, "stat -c '%U %G' /srv/number /srv/numbered"), "daemon adm\ndaemon adm\n");
    });

    await t.step(
      "owner and mode through a link are those of what it leads to, of the link itself its own",
      async () => {
        await root.bash("touch /srv/real; chmod 600 /srv/real; ln -s real /srv/way");
        assert.deepEqual(await twice(root, file("/srv/way", { mode: "0640" })), ["changed", "ok"]);
        assert.deepEqual(await twice(root, symbolicLink("real", "/srv/way", { owner: "daemon" })), [
          "changed",
          "ok",
        ]);
        assert.equal(await out(root, "stat -c '%U %a' /srv/real; stat -c %U /srv/way"), "root 640\ndaemon\n");
      },
    );

    await t.step(
      "a link to a directory is no directory: it is neither deleted nor taken for one",
      async () => {
        await root.bash(
          "mkdir /srv/kept; touch /srv/kept/it; ln -s kept /srv/alias; ln -s nowhere /srv/dangling",
        );
        const deleted = await runAction(root, directory("/srv/alias", { action: "delete" }));
        assert.match(deleted.message ?? "", /Cannot delete directory \/srv\/alias: it is not a directory/);
        const made = await runAction(root, directory("/srv/dangling"));
        assert.match(made.message ?? "", /Cannot make directory \/srv\/dangling: something else is there/);
        const linked = await runAction(root, symbolicLink("/x", "/srv/kept", { force: true }));
        assert.match(linked.message ?? "", /Cannot make symbolic link \/srv\/kept: a directory is there/);
        const unlinked = await runAction(root, symbolicLink("/x", "/srv/kept/it", { action: "delete" }));
        assert.match(unlinked.message ?? "", /it is not a symbolic link/);
        assert.equal(await out(root, "ls /srv/kept /srv/alias"), "/srv/alias:\nit\n\n/srv/kept:\nit\n");
      },
    );

    await t.step("a file never has more rights than it is to have", async () => {
      await root.bash(
        `printf '#!/bin/bash\\nstat -c %%a -- "\${@: -1}" >>/srv/rights\\nexec /usr/bin/chmod "$@"\\n' >/usr/local/bin/chmod
        /usr/bin/chmod 755 /usr/local/bin/chmod`,
      );
      assert.equal((await runAction(root, file("/srv/private", { mode: "0600" }))).result, "changed");
      await root.bash("rm /usr/local/bin/chmod");
      assert.equal(await out(root, "cat /srv/rights"), "600\n");
    });

    await t.step("what is mounted in a directory outlasts its removal", async () => {
      await root.bash(
        "mkdir -p /srv/mounted/disk; mount -t tmpfs none /srv/mounted/disk; touch /srv/mounted/disk/kept",
      );
      const { result } = await runAction(root, directory("/srv/mounted", { action: "delete" }));
      assert.equal(result, "failed");
      assert.equal(await out(root, "ls /srv/mounted/disk; umount /srv/mounted/disk"), "kept\n");
    });
  });
});
