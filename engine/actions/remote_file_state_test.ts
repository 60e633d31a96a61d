// What remoteFile remembers of a file: whether somebody edited it since, and its older versions.
import assert from "node:assert/strict";
import { remoteFile, sed } from "./list.ts";
import { noRoots, runAction } from "../../tests/support/actions.ts";
import { withThrowawayRoot } from "../../tests/support/throwaway.ts";

const ignore = await noRoots();

Deno.test("what remoteFile remembers", { ignore }, async (t) => {
  await withThrowawayRoot(async (root) => {
    const read = (path: string) => Deno.readTextFile(`${root.path}${path}`);

    await t.step(
      "what held secrets is neither compared, kept nor hashed while something else takes its place",
      async () => {
        const remembered = async () =>
          (await root.bash("cd /var/lib/pallet; ls -A files/srv/held; ls versions/srv/held 2>&1 | wc -l"))
            .stdout;
        await root.bash(
          "mkdir -p /var/lib/pallet/files/srv/held; touch /var/lib/pallet/files/srv/held/@secret",
        );
        await root.bash("echo hunter22 >/srv/held");
        const failed = await runAction(root, remoteFile("/srv/held", { content: "x\n", verify: "false" }));
        assert.equal(failed.result, "failed");
        assert.match(failed.diff ?? "", /^\(no diff of \/srv\/held: it holds secrets\)/);
        assert.equal(await remembered(), "@secret\n1\n");
        const changed = await runAction(root, remoteFile("/srv/held", { content: "x\n" }));
        assert.deepEqual([changed.result, changed.diff], ["changed", failed.diff]);
        assert.equal(await remembered(), "@sha256\n1\n");
      },
    );

    await t.step("a hash that a run ended in writing makes nobody's edit of the file", async () => {
      await runAction(root, remoteFile("/srv/torn", { content: "1\n" }));
      await root.bash(": >/var/lib/pallet/files/srv/torn/@sha256");
      assert.equal((await runAction(root, remoteFile("/srv/torn", { content: "2\n" }))).result, "changed");
    });

    await t.step("check 56: five older versions are kept, or as many as told", async () => {
      const versions = async () =>
        (await root.bash(
          "cd /var/lib/pallet/versions/srv/v 2>/dev/null && for f in @*; do [[ ! -f $f ]] || cat $f; done",
        ))
          .stdout;
      for (let time = 1; time <= 7; time++) {
        await runAction(root, remoteFile("/srv/v", { content: `${time}\n` }));
      }
      assert.equal(await versions(), "2\n3\n4\n5\n6\n");
      await runAction(root, remoteFile("/srv/v", { content: "8\n", maxVersions: 2 }));
      assert.equal(await versions(), "6\n7\n");
      await runAction(root, remoteFile("/srv/v", { content: "9\n", noVersioning: true }));
      assert.equal(await versions(), "");
      for (let time = 10; time <= 20; time++) {
        await runAction(root, remoteFile("/srv/v", { content: `${time}\n`, maxVersions: 20 }));
      }
      assert.equal(await versions(), "9\n10\n11\n12\n13\n14\n15\n16\n17\n18\n19\n");
      await runAction(root, remoteFile("/srv/v", { action: "delete", maxVersions: 2 }));
      assert.equal(await versions(), "19\n20\n", "what is deleted is kept as well");
    });

    await t.step("a file that somebody made where Pallet's was removed is nobody's edit of it", async () => {
      await runAction(root, remoteFile("/srv/again", { content: "1\n" }));
      await runAction(root, remoteFile("/srv/again", { action: "delete" }));
      await root.bash("echo other >/srv/again");
      assert.equal((await runAction(root, remoteFile("/srv/again", { content: "2\n" }))).result, "changed");
    });

    await t.step(
      "a run that is killed once the new file is there leaves nothing that looks like an edit",
      async () => {
        await runAction(root, remoteFile("/srv/killed", { content: "a=1\n" }));
        await root.bash(`printf '#!/bin/bash\\n/usr/bin/mv "$@"; kill -KILL $PPID\\n' >/usr/local/bin/mv
        chmod 755 /usr/local/bin/mv`);
        const changes = [
          remoteFile("/srv/killed", { content: "a=2\n" }),
          sed("/srv/killed", { "a=.": "a=3" }),
        ];
        for (const action of changes) assert.equal((await runAction(root, action)).result, "failed");
        await root.bash("rm /usr/local/bin/mv");
        assert.equal(await read("/srv/killed"), "a=3\n");
        assert.equal(
          (await runAction(root, remoteFile("/srv/killed", { content: "a=4\n" }))).result,
          "changed",
        );
      },
    );

    await t.step("check 69: an edit by sed is not taken for somebody else's, one before it is", async () => {
      await runAction(root, remoteFile("/srv/sed", { content: "a=1\n" }));
      assert.equal((await runAction(root, sed("/srv/sed", { "a=.": "a=2" }))).result, "changed");
      assert.equal((await runAction(root, remoteFile("/srv/sed", { content: "a=3\n" }))).result, "changed");
      await root.bash("echo mine >>/srv/sed");
      assert.equal((await runAction(root, sed("/srv/sed", { "a=.": "a=4" }))).result, "changed");
      assert.equal((await runAction(root, remoteFile("/srv/sed", { content: "a=5\n" }))).result, "failed");
    });
  });
});
