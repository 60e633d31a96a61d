import assert from "node:assert/strict";
import { remoteFile, type RemoteFileOptions, sed } from "./list.ts";
import { localFiles } from "./local_files.ts";
import {
  compileActions,
  hostileNames,
  noRoots,
  runAction,
  runActions,
  twice,
  wasOwned,
} from "../../tests/support/actions.ts";
import { type ThrowawayRoot, withThrowawayRoot } from "../../tests/support/throwaway.ts";

const ignore = await noRoots();

/** What `stat` and a checksum tell of a path. */
async function look(root: ThrowawayRoot, path: string): Promise<string> {
  const { stdout } = await root.bash(
    `stat -c '%U %G %a %y %i' ${path}; sha256sum <${path}; find /var/lib/pallet/versions -type f 2>/dev/null`,
  );
  return stdout;
}

async function read(root: ThrowawayRoot, path: string): Promise<string> {
  return await Deno.readTextFile(`${root.path}${path}`);
}

Deno.test("remoteFile", { ignore }, async (t) => {
  await withThrowawayRoot(async (root) => {
    await t.step("check 52: content creates the file with owner, group and mode", async () => {
      const action = remoteFile("/srv/a", {
        content: "hello\n",
        owner: "daemon",
        group: "adm",
        mode: "0640",
      });
      const outcome = await runAction(root, action);
      assert.deepEqual([outcome.result, outcome.changes], ["changed", ["create /srv/a"]]);
      assert.match(outcome.diff ?? "", /\+hello/);
      assert.equal(await read(root, "/srv/a"), "hello\n");
      assert.match(await look(root, "/srv/a"), /^daemon adm 640 /);
    });

    await t.step("check 53: the second run changes nothing", async () => {
      const action = remoteFile("/srv/a", {
        content: "hello\n",
        owner: "daemon",
        group: "adm",
        mode: "0640",
      });
      const before = await look(root, "/srv/a");
      const outcome = await runAction(root, action);
      assert.deepEqual([outcome.result, outcome.changes, outcome.diff], ["ok", [], undefined]);
      assert.equal(await look(root, "/srv/a"), before);
    });

    await t.step("owner and mode are repaired when the content is as it should be", async () => {
      await root.bash("chown root:root /srv/a; chmod 600 /srv/a");
      const action = remoteFile("/srv/a", {
        content: "hello\n",
        owner: "daemon",
        group: "adm",
        mode: "0640",
      });
      const outcome = await runAction(root, action);
      assert.equal(outcome.result, "changed");
      assert.match(await look(root, "/srv/a"), /^daemon adm 640 /);
    });

    await t.step("an owner that is not named stays when the content is replaced", async () => {
      assert.equal((await runAction(root, remoteFile("/srv/a", { content: "other\n" }))).result, "changed");
      assert.match(await look(root, "/srv/a"), /^daemon adm 640 /);
    });

    await t.step("check 54: a file that was edited on the node is not replaced", async () => {
      await root.bash("echo mine >>/srv/a");
      for (const check of [false, true]) {
        const outcome = await runAction(root, remoteFile("/srv/a", { content: "new\n" }), { check });
        assert.equal(outcome.result, "failed");
        assert.match(outcome.message ?? "", /Cannot replace \/srv\/a: it was edited on this node/);
        assert.match(outcome.diff ?? "", /-mine/);
      }
      assert.equal(await read(root, "/srv/a"), "other\nmine\n");
      const gone = await runAction(root, remoteFile("/srv/a", { action: "delete" }));
      assert.match(gone.message ?? "", /Cannot delete \/srv\/a: it was edited/);
    });

    await t.step("check 55: with overwriteChanges it is", async () => {
      const action = remoteFile("/srv/a", { content: "new\n", overwriteChanges: true });
      const told = await runAction(root, action, { check: true });
      assert.deepEqual(told.changes, ["replace /srv/a, which was changed by hand"]);
      assert.deepEqual(await twice(root, action), ["changed", "ok"]);
      assert.equal(await read(root, "/srv/a"), "new\n");
      const own = await runAction(root, remoteFile("/srv/a", { content: "newer\n", overwriteChanges: true }));
      assert.deepEqual(own.changes, ["replace /srv/a"], "what Pallet wrote itself is nobody's hand");
    });

    await t.step("an edit that comes to the same content is no edit", async () => {
      await root.bash("echo newest >/srv/a");
      assert.equal((await runAction(root, remoteFile("/srv/a", { content: "newest\n" }))).result, "ok");
      assert.equal((await runAction(root, remoteFile("/srv/a", { content: "later\n" }))).result, "changed");
    });

    await t.step(
      "fault 35: whoever looks finds the old file or the new one, whole and with its mode",
      async () => {
        const content = (letter: string) => letter.repeat(200_000);
        const write = (letter: string) =>
          remoteFile("/srv/atomic", { content: content(letter), mode: "0600", overwriteChanges: true });
        await runAction(root, write("a"));
        await root.bash(`(end=$((SECONDS + 20)); while [[ ! -e /srv/enough ]] && ((SECONDS < end)); do
        printf '%s %s\\n' "$(stat -c '%a %s' /srv/atomic 2>&1)" "$(tr -s ab </srv/atomic 2>&1)"
      done | sort -u >/srv/seen; touch /srv/done) >/dev/null 2>&1 &`);
        for (const letter of ["b", "a", "b", "a", "b"]) {
          assert.equal((await runAction(root, write(letter))).result, "changed");
        }
        await root.bash("touch /srv/enough; until [[ -e /srv/done ]]; do sleep 0.05; done");
        const seen = (await read(root, "/srv/seen")).trim().split("\n");
        // Between its look at the mode and at the content another file may have come: never a part of one.
        assert.ok(seen.length > 0 && seen.every((line) => /^600 200000 [ab]$/.test(line)), seen.join("; "));
      },
    );

    await t.step("nobody reads a content by the rights of the file that it replaces", async () => {
      await root.bash(`printf 'open to all' >/srv/rights; chmod 644 /srv/rights; chown daemon /srv/rights
        printf '#!/bin/bash\\nstat -L -c "%%a %%U" /proc/$$/fd/1 >>/srv/rights.seen\\nexec /usr/bin/cat "$@"\\n' >/usr/local/bin/cat
        chmod 755 /usr/local/bin/cat`);
      const action = remoteFile("/srv/rights", {
        content: "secret ".repeat(20_000),
        owner: "root",
        mode: "0600",
      });
      assert.equal((await runAction(root, action)).result, "changed");
      await root.bash("rm /usr/local/bin/cat");
      assert.equal(await read(root, "/srv/rights.seen"), "600 root\n");
    });

    await t.step("set-user-id outlasts a new owner", async () => {
      await root.bash("echo old >/srv/suid; chown daemon /srv/suid; chmod 4755 /srv/suid");
      const action = remoteFile("/srv/suid", { content: "new\n", owner: "bin" });
      assert.deepEqual(await twice(root, action), ["changed", "ok"]);
      assert.match(await look(root, "/srv/suid"), /^bin root 4755 /);
    });

    await t.step("check 59: content is written to the byte, whatever is in it", async () => {
      const content = "$HOME `id` \\n 'q' \"d\" \r\n\tEOF\nPALLET\n!!\u0001ünï☃ ";
      assert.deepEqual(await twice(root, remoteFile("/srv/c", { content })), ["changed", "ok"]);
      assert.equal(await read(root, "/srv/c"), content);
      assert.deepEqual(await twice(root, remoteFile("/srv/e", { content: "" })), ["changed", "ok"]);
    });

    await t.step("check 60: a verify command that fails leaves the old file in place", async () => {
      await runAction(root, remoteFile("/srv/s", { content: "good\n" }));
      const before = await look(root, "/srv/s");
      for (const verify of ["grep -q good", 'test "$(cat "$file")" = good', "no-such-command"]) {
        const outcome = await runAction(
          root,
          remoteFile("/srv/s", { content: "bad\n", verify, noVersioning: true }),
        );
        assert.equal(outcome.result, "failed");
        assert.match(outcome.message ?? "", /Cannot install \/srv\/s: its verify command failed/);
      }
      assert.equal(await look(root, "/srv/s"), before);
      assert.equal((await root.bash("ls -A /srv | grep -c pallet")).stdout, "0\n");
      const good = remoteFile("/srv/s", { content: "good too\n", verify: "grep -q good" });
      assert.deepEqual(await twice(root, good), ["changed", "ok"]);
    });

    await t.step("check mode touches nothing and shows what would change", async () => {
      const snapshot = async () =>
        (await root.bash("find /srv /var/lib/pallet -printf '%p %i %T@ %m %u\\n' | sort")).stdout;
      await root.bash("mkdir -p /var/lib/pallet; printf same >/srv/foreign");
      const before = await snapshot();
      const actions = [
        remoteFile("/srv/new", { content: "x\n" }),
        remoteFile("/srv/s", { content: "y\n", mode: "0600" }),
        remoteFile("/srv/c", { action: "delete" }),
        remoteFile("/srv/e", { content: "" }),
        remoteFile("/srv/none/x", { content: "" }),
        remoteFile("/srv/foreign", { content: "same" }),
      ];
      const { results } = await runActions(root, actions, { check: true });
      assert.deepEqual(results.map(({ result }) => result), [
        "would-change",
        "would-change",
        "would-change",
        "ok",
        "would-change",
        "ok",
      ]);
      assert.match(results[1]?.diff ?? "", /-good too\n\+y/);
      assert.equal(await snapshot(), before);
    });

    await t.step("hostile names are names", async () => {
      const all = async (options: (name: string) => RemoteFileOptions) =>
        (await runActions(
          root,
          hostileNames.map((name) => remoteFile(`/srv/hostile/${name}/${name}`, options(name))),
        ))
          .results.map(({ result, message }) => message ?? result);
      const every = (result: string) => hostileNames.map(() => result);
      for (const name of hostileNames) {
        await Deno.mkdir(`${root.path}/srv/hostile/${name}`, { recursive: true });
      }
      assert.deepEqual(await all((name) => ({ content: name, mode: "0600" })), every("changed"));
      assert.deepEqual(await all((name) => ({ content: name, mode: "0600" })), every("ok"));
      for (const name of hostileNames) assert.equal(await read(root, `/srv/hostile/${name}/${name}`), name);
      const edited = async (replacement: Readonly<Record<string, string>>) =>
        (await runActions(root, hostileNames.map((name) => sed(`/srv/hostile/${name}/${name}`, replacement))))
          .results.map(({ result, message }) => message ?? result);
      assert.deepEqual(await edited({ "^.": "edited &" }), every("changed"));
      assert.deepEqual(await edited({ "^edited": "edited" }), every("ok"));
      assert.deepEqual(await all(() => ({ content: "2" })), every("changed"));
      assert.deepEqual(await all(() => ({ action: "delete" })), every("changed"));
      assert.deepEqual(await all(() => ({ action: "delete" })), every("ok"));
      assert.ok(!await wasOwned(root));
    });

    await t.step("a file and a directory of one name do not share what is remembered", async () => {
      await runAction(root, remoteFile("/srv/swap", { content: "1" }));
      await runAction(root, remoteFile("/srv/swap", { action: "delete" }));
      await root.bash("mkdir /srv/swap");
      assert.deepEqual(await twice(root, remoteFile("/srv/swap/x", { content: "1" })), ["changed", "ok"]);
      await runAction(root, remoteFile("/srv/other", { content: "1" }));
      await root.bash("rm /srv/other; mkdir /srv/other");
      const odd = remoteFile("/srv/other/@sha256", { content: "1" });
      assert.deepEqual(await twice(root, odd), ["changed", "ok"]);
    });

    await t.step("fault 35: a symbolic link stays and what it leads to is replaced", async () => {
      await root.bash("mkdir /srv/real; ln -s real/target /srv/link; echo old >/srv/real/target");
      assert.deepEqual(await twice(root, remoteFile("/srv/link", { content: "new\n" })), ["changed", "ok"]);
      assert.equal(await read(root, "/srv/real/target"), "new\n");
      assert.equal((await root.bash("readlink /srv/link")).stdout, "real/target\n");
      await root.bash("ln -s nowhere /srv/dangling; echo mine >/srv/real/target");
      for (const path of ["/srv/link", "/srv/dangling"]) {
        assert.deepEqual(await twice(root, remoteFile(path, { action: "delete" })), ["changed", "ok"]);
      }
      assert.equal(await read(root, "/srv/real/target"), "mine\n");
    });

    await t.step("what is in the way is said", async () => {
      await root.bash("mkdir /srv/directory; mkfifo /srv/fifo");
      const failure = async (path: string) =>
        (await runAction(root, remoteFile(path, { content: "x", owner: "daemon" }))).message ?? "";
      assert.match(
        await failure("/srv/directory"),
        /Cannot write file \/srv\/directory: something else is there/,
      );
      assert.match(await failure("/srv/fifo"), /something else is there/);
      assert.match(await failure("/srv/nowhere/x"), /there is no directory \/srv\/nowhere/);
      const nobody = await runAction(root, remoteFile("/srv/n", { content: "x", owner: "nosuchuser" }));
      assert.match(nobody.message ?? "", /Cannot write \/srv\/n for user nosuchuser/);
      assert.equal((await root.bash("ls -A /srv | grep -c '^\\.pallet'")).stdout, "0\n");
    });

    await t.step("check 58: a local file, binary or large, and a template are contents", async () => {
      const project = await Deno.makeTempDir();
      try {
        const files = localFiles({ root: project });
        const binary = crypto.getRandomValues(new Uint8Array(50_000));
        await Deno.writeFile(`${project}/binary`, binary);
        await Deno.writeTextFile(`${project}/small`, "small\n");
        await Deno.writeFile(`${project}/nul`, new Uint8Array([65, 0, 66]));
        await Deno.writeTextFile(`${project}/conf`, "port={{port}}\nhost={{ host }}\nraw={{{{x}}\n");
        for (const name of ["binary", "small", "nul"]) {
          const action = remoteFile(`/srv/${name}`, { localFile: name });
          assert.deepEqual(await twice(root, action, { files }), ["changed", "ok"], name);
          assert.deepEqual(
            await Deno.readFile(`${root.path}/srv/${name}`),
            await Deno.readFile(`${project}/${name}`),
          );
        }
        const template = remoteFile("/srv/conf", {
          template: "conf",
          values: { port: 80, host: "$(id) 'x'" },
        });
        assert.deepEqual(await twice(root, template, { files }), ["changed", "ok"]);
        assert.equal(await read(root, "/srv/conf"), "port=80\nhost=$(id) 'x'\nraw={{x}}\n");
        const script = await compileActions(
          [remoteFile("/srv/binary", { localFile: "binary" })],
          root.facts,
          { files },
        );
        assert.equal(script.blobs.length, 1);
      } finally {
        await Deno.remove(project, { recursive: true });
      }
    });
  });
});
