import assert from "node:assert/strict";
import { captured } from "../plan/deferred.ts";
import { rawScript, sh } from "../script/sh.ts";
import {
  hostileNames,
  noRoots,
  out,
  runAction,
  runActions,
  twice,
  wasOwned,
} from "../../tests/support/actions.ts";
import { withThrowawayRoot } from "../../tests/support/throwaway.ts";
import { execCheckedScript, execScript, remoteFile } from "./list.ts";

const ignore = await noRoots();

Deno.test("execScript", { ignore }, async (t) => {
  await withThrowawayRoot(async (root) => {
    await t.step("runs at every time, and its last status counts", async () => {
      assert.deepEqual(await twice(root, execScript(sh`false; true`)), ["changed", "changed"]);
      const failed = await runAction(root, execScript(sh`echo why >&2; exit 3`));
      assert.deepEqual([failed.result, failed.exit, failed.message], [
        "failed",
        3,
        "The script failed: it ended with exit status 3",
      ]);
      assert.match(failed.output, /why/);
      const killed = await runAction(root, execScript(sh`kill -KILL $$`));
      assert.equal(killed.message, "The script failed: it was ended by SIGKILL");
    });

    await t.step("guards say whether it runs", async () => {
      const create = execScript(sh`echo x >>/srv/created`, { creates: "/srv/created" });
      assert.deepEqual(await twice(root, create), ["changed", "ok"]);
      const unless = execScript(sh`touch /srv/unless`, { unless: sh`test -e /srv/unless` });
      assert.deepEqual(await twice(root, unless), ["changed", "ok"]);
      const only = execScript(sh`rm /srv/unless`, { onlyIf: sh`test -e /srv/unless` });
      assert.deepEqual(await twice(root, only), ["changed", "skipped"]);
      assert.equal(await out(root, "cat /srv/created"), "x\n");
    });

    await t.step("a probe changes nothing, and a script may say whether it did", async () => {
      assert.deepEqual(await twice(root, execScript(sh`true`, { changedWhen: false })), ["ok", "ok"]);
      const says = execScript(sh`[[ -e /srv/said ]] || { touch /srv/said; echo made; }`, {
        changedWhen: sh`[[ $output == made ]]`,
      });
      assert.deepEqual(await twice(root, says), ["changed", "ok"]);
    });

    await t.step("check 80: directory, environment and user are as told", async () => {
      await root.bash("useradd -m worker; mkdir /srv/dir; chmod 700 /srv/dir; chown worker /srv/dir");
      const action = execScript(
        sh`
          printf '%s|' "$PWD" "$(id -un)" "$HOME" "$A" "\${BASH_ENV-none}"
          bash -c 'printf %s "$A"' >by-worker
        `,
        { dir: "/srv/dir", user: "worker", env: { A: "it's $(id)\n'" }, capture: "all" },
      );
      const { result, captured, message } = await runAction(root, action);
      assert.equal(message, undefined);
      assert.equal(result, "changed");
      assert.equal(captured, "/srv/dir|worker|/home/worker|it's $(id)\n'|none|");
      assert.equal(
        await out(root, "cat /srv/dir/by-worker; stat -c %U /srv/dir/by-worker"),
        "it's $(id)\n'worker\n",
      );
      const lost = await runAction(root, execScript(sh`true`, { user: "nosuchuser" }));
      assert.match(lost.message ?? "", /There is no user nosuchuser/);
      const nowhere = await runAction(root, execScript(sh`true`, { dir: "/srv/nowhere" }));
      assert.match(nowhere.message ?? "", /Cannot change to directory \/srv\/nowhere/);
    });

    await t.step("what takes too long is ended, with all that it started", async () => {
      const started = performance.now();
      const { result, message } = await runAction(root, execScript(sh`sleep 61`, { timeout: 0.5 }));
      assert.deepEqual([result, message], ["failed", "The script failed: it took longer than 0.5 seconds"]);
      assert.ok(performance.now() - started < 10_000);
      assert.equal(await out(root, "pgrep -fc 'sleep 61'"), "0\n");
    });

    await t.step("standard output becomes a value for later actions, whatever is in it", async () => {
      const value = 'it\'s "$(touch owned)" `id` \\n ü\n;two';
      await Deno.writeTextFile(`${root.path}/srv/value`, `  \n${value}\n\n`);
      const outcome = await runActions(root, [
        execScript(sh`cat /srv/value`, { capture: "it", changedWhen: false }),
        execScript(sh`printf %s ${captured("it")} >/srv/copy`, { unless: sh`test ${captured("it")} = x` }),
        remoteFile("/srv/file", { content: `<${captured("it")}>` }),
      ]);
      assert.deepEqual(outcome.results.map(({ result, message }) => message ?? result), [
        "ok",
        "changed",
        "changed",
      ]);
      assert.equal(await Deno.readTextFile(`${root.path}/srv/copy`), value);
      assert.equal(await Deno.readTextFile(`${root.path}/srv/file`), `<${value}>`);
      assert.ok(!await wasOwned(root));
    });

    await t.step("a script that is broken, reads input or says what ends it hurts only itself", async () => {
      for (
        const text of ["echo 'open", "if true; then", "cat <<X", "}", "END_OF_SCRIPT\nexit 1", "((", "`"]
      ) {
        const outcome = await runActions(root, [
          execScript(rawScript(text), { changedWhen: false }),
          execScript(sh`true`),
        ]);
        const [first, second] = outcome.results;
        assert.ok(first !== undefined && second !== undefined, text);
        assert.equal(second.result, first.result === "failed" ? "skipped" : "changed", text);
      }
      const reading = await runActions(root, [execScript(sh`cat; read -r x; exit 0`), execScript(sh`true`)]);
      assert.deepEqual(reading.results.map(({ result }) => result), ["changed", "changed"]);
    });

    await t.step("check mode runs guards and probes, and no script", async () => {
      const { results } = await runActions(root, [
        execScript(sh`touch /srv/checked`),
        execScript(sh`touch /srv/checked`, { creates: "/srv/created", id: "created" }),
        execScript(sh`touch /srv/checked`, { onlyIf: sh`false`, id: "guarded" }),
        execScript(sh`touch /srv/checked`, { changedWhen: sh`true`, id: "asked" }),
        execScript(sh`echo probe`, { changedWhen: false, capture: "p" }),
        execCheckedScript("touch it", sh`touch /srv/checked`),
      ], { check: true });
      assert.deepEqual(results.map(({ result }) => result), [
        "would-change",
        "ok",
        "skipped",
        "would-change",
        "ok",
        "would-change",
      ]);
      assert.equal(results[4]?.captured, "probe");
      assert.equal(await out(root, "ls /srv/checked 2>/dev/null"), "");
    });

    await t.step("hostile words stay words", async () => {
      const actions = hostileNames.map((name) =>
        execScript(sh`name=${name}; printf %s "$name"; mkdir -p -- ${`/srv/w/${name}`}`, {
          capture: name,
          env: { N: name },
        })
      );
      const { results } = await runActions(root, actions);
      assert.deepEqual(results.map((result) => result.captured), hostileNames.map((name) => name.trim()));
      assert.ok(!await wasOwned(root));
    });
  });
});

Deno.test("check 71: execCheckedScript, and other interpreters", { ignore }, async (t) => {
  await withThrowawayRoot(async (root) => {
    const failure = async (text: string): Promise<string | undefined> => {
      const { message } = await runAction(root, execCheckedScript("set it up", rawScript(text)));
      return message;
    };

    await t.step("the first command that fails ends it, and is named with its line", async () => {
      assert.equal(
        await failure("true\ntrue\ngrep nothing /etc/hostname\ntouch /srv/after"),
        "The script failed: set it up: line 3: grep nothing /etc/hostname (exit status 1)",
      );
      assert.equal(await out(root, "ls /srv"), "");
      assert.match(await failure("\nfalse | true\n") ?? "", /set it up: line 2: .*\(exit status 1\)/);
      assert.equal(
        await failure("inner() {\n  false\n}\ninner\n"),
        "The script failed: set it up: line 2: false (exit status 1)",
      );
      assert.match(await failure("x=$(false)\n") ?? "", /line 1: /);
      assert.match(await failure('echo "$nothing_of_this"\n') ?? "", /exit status 1/);
      assert.match(await failure("exit 7") ?? "", /exit status 7/);
      assert.equal(await failure("if false; then true; fi\nfalse || true\n! true || true"), undefined);
    });

    await t.step("one that goes well is a change, and guards hold", async () => {
      const action = execCheckedScript("make it", sh`echo ok >/srv/made`, { creates: "/srv/made" });
      assert.deepEqual(await twice(root, action), ["changed", "ok"]);
    });

    await t.step("it runs as another user, with values of others", async () => {
      await root.bash("useradd -m worker");
      const { results } = await runActions(root, [
        execScript(sh`echo "a b"`, { capture: "v", changedWhen: false }),
        execCheckedScript("as worker", sh`id -un; test ${captured("v")} = "a b"; false`, { user: "worker" }),
      ]);
      assert.equal(results[1]?.message, "The script failed: as worker: line 1: false (exit status 1)");
      assert.match(results[1]?.output ?? "", /worker/);
    });

    await t.step("other interpreters run their own language", async () => {
      const perl = execScript(rawScript('print "perl $0\\n"; exit 4 if $ENV{FAIL};'), {
        interpreter: "perl",
      });
      const { result, output } = await runAction(root, perl);
      assert.equal(result, "changed");
      assert.match(output, /^perl /);
      const fails = execScript(rawScript("exit 4 if $ENV{FAIL};"), {
        interpreter: "perl",
        env: { FAIL: "1" },
      });
      assert.equal((await runAction(root, fails)).exit, 4);
      assert.throws(
        () => execScript(rawScript(`print "${captured("x")}"`), { interpreter: "perl" }),
        /must not hold a value that is known only later/,
      );
    });
  });
});
