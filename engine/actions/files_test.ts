import assert from "node:assert/strict";
import {
  hostileNames,
  noRoots,
  out,
  runAction,
  runActions,
  twice,
  wasOwned,
} from "../../tests/support/actions.ts";
import { type ThrowawayRoot, withThrowawayRoot } from "../../tests/support/throwaway.ts";
import type { Action } from "./action.ts";
import { directory, file, lineInFile, sed, symbolicLink } from "./list.ts";

const ignore = await noRoots();

/** Results of all, as one script. */
async function all(
  root: ThrowawayRoot,
  actions: readonly Action[],
  check = false,
): Promise<readonly string[]> {
  const { results, output } = await runActions(root, actions, { check });
  return results.length === 0 ? [output] : results.map(({ result, message }) => message ?? result);
}

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
      const results = await all(root, [
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
          assert.deepEqual(await all(root, actions), every("changed"));
          assert.deepEqual(await all(root, actions), every("ok"));
        }
      }
      assert.equal(await out(root, "ls -A /srv/hostile /srv/files /srv/links | grep -v :"), "\n\n");
      assert.ok(!await wasOwned(root));
    });
  });
});

Deno.test("sed and lineInFile", { ignore }, async (t) => {
  await withThrowawayRoot(async (root) => {
    const write = (text: string) => Deno.writeTextFile(`${root.path}/srv/x`, text);
    const text = () => Deno.readTextFile(`${root.path}/srv/x`);
    const edited = async (action: Action, from: string): Promise<string> => {
      await write(from);
      await runAction(root, action);
      return await text();
    };

    await t.step("sed reports a change only when the text changes, and keeps owner and mode", async () => {
      await write("a=1\nb=1\n");
      await root.bash("chown daemon:adm /srv/x; chmod 4640 /srv/x");
      const action = sed("/srv/x", { "^a=.*": "a=2", "^c=.*": "c=2" });
      const first = await runAction(root, action);
      assert.deepEqual([first.result, first.changes], ["changed", ["edit /srv/x"]]);
      assert.match(first.diff ?? "", /-a=1\n\+a=2/);
      assert.equal((await runAction(root, action)).result, "ok");
      assert.equal(await text(), "a=2\nb=1\n");
      assert.equal(await out(root, "stat -c '%U %G %a' /srv/x"), "daemon adm 4640\n");
      await root.bash("sed -i s/a=2/a=3/ /srv/x");
      assert.deepEqual(await twice(root, action), ["changed", "ok"]);
    });

    await t.step("sed takes groups, the match, literal texts and line addresses", async () => {
      assert.equal(await edited(sed("/srv/x", { "(a+)b": "[\\1|&]" }), "aab ab"), "[aa|aab] [a|ab]");
      assert.equal(await edited(sed("/srv/x", { "a": "b" }, { firstOnly: true }), "aa\naa\n"), "ba\nba\n");
      assert.equal(await edited(sed("/srv/x", { "a": "b" }, { restriction: "2" }), "a\na\n"), "a\nb\n");
      const hostile = "a.b*[c]\\(d)$^+?{1}|/&'\"\u0002ü";
      const literal = sed("/srv/x", [[hostile, `\\1&\n${hostile}`]], { literal: true });
      assert.equal(await edited(literal, `<${hostile}>axb`), `<\\1&\n${hostile}>axb`);
    });

    await t.step("sed cannot be talked into commands, and says what it does not take", async () => {
      await write("x\n");
      for (
        const action of [
          sed("/srv/x", { "x(": "y" }),
          sed("/srv/x", { x: "y" }, { restriction: "1 w /srv/owned\n".trim() }),
        ]
      ) {
        const outcome = await runAction(root, action);
        assert.equal(outcome.result, "failed");
        assert.match(outcome.message ?? "", /Cannot edit \/srv\/x: sed does not take a pattern/);
      }
      assert.match(
        (await runAction(root, sed("/srv/none", { a: "b" }))).message ?? "",
        /there is no such file/,
      );
      assert.equal(await text(), "x\n");
      assert.ok(!await wasOwned(root));
    });

    await t.step("a line is added once: at the end, or where it belongs", async () => {
      await write("one\nthree");
      assert.deepEqual(await twice(root, lineInFile("/srv/x", "four")), ["changed", "ok"]);
      assert.equal(await text(), "one\nthree\nfour\n");
      assert.deepEqual(await twice(root, lineInFile("/srv/x", "two", { after: "^on" })), ["changed", "ok"]);
      assert.deepEqual(await twice(root, lineInFile("/srv/x", "zero", { before: "^one$" })), [
        "changed",
        "ok",
      ]);
      assert.deepEqual(await twice(root, lineInFile("/srv/x", "last", { after: "no match" })), [
        "changed",
        "ok",
      ]);
      assert.equal(await text(), "zero\none\ntwo\nthree\nfour\nlast\n");
      assert.equal(await edited(lineInFile("/srv/x", "only"), ""), "only\n");
      assert.equal(await edited(lineInFile("/srv/x", "0", { before: "^1" }), "1\n1\n"), "0\n1\n1\n");
      const { results } = await runActions(root, [
        directory("/srv/changed-before"),
        lineInFile("/srv/x", "0"),
      ]);
      assert.deepEqual(results.map(({ result }) => result), ["changed", "ok"]);
      assert.equal(await text(), "0\n1\n1\n");
    });

    await t.step("a line stands for all that match, where the first was", async () => {
      const action = lineInFile("/srv/x", "Port 2222", { match: "^#?Port " });
      assert.equal(await edited(action, "a\n#Port 22\nb\nPort 23\n"), "a\nPort 2222\nb\n");
      assert.equal((await runAction(root, action)).result, "ok");
      assert.equal(await edited(action, "a\n"), "a\nPort 2222\n");
      const uncomment = lineInFile("/srv/x", "b=3", { match: "^a=" });
      assert.equal(await edited(uncomment, "a=1\na=2\n"), "b=3\n");
      assert.equal((await runAction(root, uncomment)).result, "ok");
      const letter = lineInFile("/srv/x", "aéc", { match: "^a.c$" }); // a letter of two bytes
      assert.equal(await edited(letter, "aéc\nabc\naüc\n"), "aéc\n");
      assert.equal((await runAction(root, letter)).result, "ok");
    });

    await t.step("a line is taken out, by itself or by a pattern", async () => {
      await write("a\nb\na\nab\n");
      assert.deepEqual(await twice(root, lineInFile("/srv/x", "a", { action: "absent" })), ["changed", "ok"]);
      assert.equal(await text(), "b\nab\n");
      assert.deepEqual(await twice(root, lineInFile("/srv/x", "z", { action: "absent", match: "b$" })), [
        "changed",
        "ok",
      ]);
      assert.equal(await text(), "");
      assert.equal((await runAction(root, lineInFile("/srv/none", "a", { action: "absent" }))).result, "ok");
    });

    await t.step("a file that is not there is a failure, or made", async () => {
      assert.match((await runAction(root, lineInFile("/srv/n", "a"))).message ?? "", /there is no such file/);
      assert.deepEqual(await twice(root, lineInFile("/srv/n", "a", { create: true })), ["changed", "ok"]);
      assert.match(
        (await runAction(root, lineInFile("/srv/n", "b", { match: "(" }))).message ?? "",
        /Cannot use the regular expression \(/,
      );
      await Deno.writeFile(`${root.path}/srv/nul`, new Uint8Array([97, 0, 10]));
      assert.match((await runAction(root, lineInFile("/srv/nul", "b"))).message ?? "", /it holds NUL bytes/);
    });

    await t.step("check mode touches nothing and shows the edit", async () => {
      await write("a\n");
      const before = await out(root, "stat -c '%i %Y' /srv/x");
      const edits = [
        sed("/srv/x", { a: "b" }),
        lineInFile("/srv/x", "c"),
        lineInFile("/srv/new", "c", { create: true }),
      ];
      const { results } = await runActions(root, edits, { check: true });
      assert.deepEqual(results.map(({ result }) => result), Array(3).fill("would-change"));
      for (const { diff } of results) assert.match(diff ?? "", /^\+[bc]$/m);
      assert.equal(await out(root, "stat -c '%i %Y' /srv/x; ls /srv/new 2>/dev/null"), before);
    });

    await t.step("hostile lines are lines", async () => {
      await write("");
      const names = hostileNames.filter((name) => !name.includes("\n"));
      const add = names.map((name) => lineInFile("/srv/x", name));
      assert.deepEqual(await all(root, add), names.map(() => "changed"));
      assert.deepEqual(await all(root, add), names.map(() => "ok"));
      assert.equal(await text(), names.map((name) => `${name}\n`).join(""));
      const swap = names.map((name) => sed("/srv/x", [[name, "gone"]], { literal: true }));
      assert.deepEqual(await all(root, swap), names.map(() => "changed"));
      assert.equal(await text(), names.map(() => "gone\n").join(""));
      assert.ok(!await wasOwned(root));
    });
  });
});
