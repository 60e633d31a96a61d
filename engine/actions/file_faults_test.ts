// Files on file systems that refuse: full, read-only, without owners; and what else a file has besides its content.
import assert from "node:assert/strict";
import { has } from "../../tests/support/needs.ts";
import { type ActionOutcome, type ThrowawayRoot, withThrowawayRoot } from "../../tests/support/throwaway.ts";
import { noRoots, runAction } from "../../tests/support/actions.ts";
import { directory, remoteFile, symbolicLink } from "./list.ts";

const ignore = await noRoots();

async function ok(root: ThrowawayRoot, bash: string): Promise<string> {
  const { code, stdout, stderr } = await root.bash(bash);
  assert.equal(code, 0, `${bash}: ${stderr}`);
  return stdout;
}

/** What a failed action says, in its message and its output. */
function said({ result, message, output }: ActionOutcome): string {
  assert.equal(result, "failed");
  return `${message ?? ""}\n${output}`;
}

Deno.test("faults of file systems", { ignore }, async (t) => {
  await withThrowawayRoot(async (root) => {
    await t.step("fault 33: a full file system is named, and the old file stays whole", async () => {
      await ok(root, "mkdir /srv/full; mount -t tmpfs -o size=64k none /srv/full; echo old >/srv/full/a");
      const big = "x".repeat(200_000);
      for (const path of ["/srv/full/a", "/srv/full/new"]) {
        const text = said(await runAction(root, remoteFile(path, { content: big, noVersioning: true })));
        assert.match(text, /No space left on device/);
      }
      assert.equal(await ok(root, "cat /srv/full/a; ls -A /srv/full"), "old\na\n");
    });

    await t.step("fault 33: a read-only file system is named, whatever is to be made there", async () => {
      await ok(
        root,
        "mkdir /srv/ro; mount -t tmpfs none /srv/ro; echo old >/srv/ro/a; mount -o remount,ro /srv/ro",
      );
      const actions = [
        remoteFile("/srv/ro/a", { content: "new\n" }),
        remoteFile("/srv/ro/new", { content: "new\n" }),
        remoteFile("/srv/ro/a", { action: "delete" }),
        directory("/srv/ro/folder"),
        symbolicLink("/srv/ro/a", "/srv/ro/link"),
      ];
      for (const action of actions) {
        assert.match(said(await runAction(root, action)), /Read-only file system/);
      }
      assert.equal(await ok(root, "cat /srv/ro/a; ls -A /srv/ro"), "old\na\n");
    });

    await t.step(
      "fault 35: where owners cannot be changed that is said, and the old file stays",
      async () => {
        await ok(root, "mkdir /srv/owner; echo old >/srv/owner/a");
        // As a file system of the network does that takes no word from root.
        await ok(
          root,
          `printf '#!/bin/sh\\necho "changing ownership: Operation not permitted" >&2\\nexit 1\\n' >/usr/local/sbin/chown
        chmod 755 /usr/local/sbin/chown; ln -s chown /usr/local/sbin/install`,
        );
        for (const path of ["/srv/owner/a", "/srv/owner/new"]) {
          const text = said(await runAction(root, remoteFile(path, { content: "new\n", owner: "daemon" })));
          assert.match(text, new RegExp(`Cannot (?:give ${path} to|write ${path} for) user daemon`));
          assert.match(text, /Operation not permitted/);
        }
        await ok(root, "rm /usr/local/sbin/chown /usr/local/sbin/install");
        assert.equal(await ok(root, "cat /srv/owner/a; ls -A /srv/owner"), "old\na\n");
      },
    );

    const python = await has("python3");
    if (!python) console.log("That access lists outlast a new content is not tested: there is no python3");
    await t.step({
      name: "fault 35: access lists and attributes of a file outlast a new content",
      ignore: !python,
      fn: async () => {
        // On a tmpfs: an overlay may have neither.
        await ok(root, "mkdir /srv/acl; mount -t tmpfs none /srv/acl; echo old >/srv/acl/a");
        const python = (lines: string) => ok(root, `python3 - <<'END'\nimport os, struct\n${lines}\nEND\n`);
        const none = "0xffffffff";
        const entries = `[(1, 6, ${none}), (2, 4, 1), (4, 4, ${none}), (16, 4, ${none}), (32, 0, ${none})]`;
        await python(`value = struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *one) for one in ${entries})
os.setxattr("/srv/acl/a", "system.posix_acl_access", value)
os.setxattr("/srv/acl/a", "trusted.note", b"kept")`);
        const look = () =>
          python(
            `for name in sorted(os.listxattr("/srv/acl/a")): print(name, os.getxattr("/srv/acl/a", name).hex())`,
          );
        const before = await look();
        assert.match(before, /posix_acl_access [^]*trusted\.note/);
        const outcome = await runAction(root, remoteFile("/srv/acl/a", { content: "new\n" }));
        assert.equal(outcome.result, "changed", outcome.message);
        assert.equal(await ok(root, "cat /srv/acl/a"), "new\n");
        assert.equal(await look(), before);
      },
    });
  });
});
