// Edits of files: sed and lineInFile.
import assert from "node:assert/strict";
import {
  answers,
  hostileNames,
  noRoots,
  out,
  runAction,
  runActions,
  twice,
  wasOwned,
} from "../../tests/support/actions.ts";
import { withThrowawayRoot } from "../../tests/support/throwaway.ts";
import type { Action } from "./action.ts";
import { directory, lineInFile, sed } from "./list.ts";

const ignore = await noRoots();

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
      assert.deepEqual(await answers(root, add), names.map(() => "changed"));
      assert.deepEqual(await answers(root, add), names.map(() => "ok"));
      assert.equal(await text(), names.map((name) => `${name}\n`).join(""));
      const swap = names.map((name) => sed("/srv/x", [[name, "gone"]], { literal: true }));
      assert.deepEqual(await answers(root, swap), names.map(() => "changed"));
      assert.equal(await text(), names.map(() => "gone\n").join(""));
      assert.ok(!await wasOwned(root));
    });
  });
});
