import assert from "node:assert/strict";
import { bashScript } from "../../tests/support/bash_plan.ts";
import { testInRoot as test, type ThrowawayRoot } from "../../tests/support/throwaway.ts";

/** Waits until bash succeeds in the root. */
async function until(root: ThrowawayRoot, bash: string): Promise<void> {
  const { code } = await root.bash(
    `for ((i = 0; i < 500; i++)); do { ${bash}; } && exit; sleep 0.01; done; exit 1`,
  );
  assert.equal(code, 0, `never: ${bash}`);
}

const change = (text: string, then: string) => `if pallet_change '${text}'; then ${then}; fi`;

test("a script tells of each action whether it is ok or changed something", async (root) => {
  const script = bashScript([
    "true",
    change("make /tmp/x", "touch /tmp/x"),
    "echo seen; ls /tmp/x",
    'pallet_skip "not here"',
  ]);
  const { code, result, results, records } = await root.runScript(script);
  assert.equal(code, 0);
  assert.equal(result, "ok");
  assert.deepEqual(results.map((action) => action.result), ["ok", "changed", "ok", "skipped"]);
  assert.deepEqual(results.map((action) => action.changes), [[], ["make /tmp/x"], [], []]);
  assert.equal(results[2]?.output, "seen\n/tmp/x\n");
  assert.equal(results[3]?.message, "not here");
  assert.equal(records[0]?.type, "script-started");
  assert.equal(records.at(-1)?.type, "script-finished");
  const times = records.flatMap((record) => "at" in record ? [record.at] : []);
  assert.deepEqual(times, times.toSorted((a, b) => a - b));
  assert.ok(Math.abs((times[0] ?? 0) - Date.now() / 1000) < 60);
});

test("fault 32, check 50: an action that fails at k of n stops the later ones, which are reported skipped", async (root) => {
  const actions = ["true", "echo before; ls /not-there; echo after", "touch /tmp/never", "true"];
  const { code, result, results, records } = await root.runScript(bashScript(actions));
  assert.equal(code, 1);
  assert.equal(result, "failed");
  assert.deepEqual(results.map((action) => action.result), ["ok", "failed", "skipped", "skipped"]);
  assert.equal(results[1]?.exit, 2);
  assert.match(results[1]?.output ?? "", /^before\n.*not-there.*\n$/);
  assert.equal(results[2]?.message, "action 2 failed");
  const last = records.at(-1);
  assert.equal(last?.type === "script-finished" && last.message, "action 2 failed");
  assert.equal((await root.bash("ls /tmp/never")).code, 2);
});

test("fault 31: an action fails at whatever bash lets pass: pipelines, functions, substitutions, unset variables", async (root) => {
  const holes: readonly (readonly [string, number])[] = [
    ["false | true", 1],
    ["f() { false; echo on; }; f; echo on", 1],
    ["f() { local x; x=$(false; echo y); echo on; }; f", 1],
    ["echo $(false; echo inner) >/tmp/inner; echo on", 0],
    ["for i in 1; do false; done; echo on", 1],
    ["echo $unset_variable", 1],
    ["(exit 7)", 7],
    ["if true; then false; fi; echo on", 1],
    ["pallet_fail 'no way' || true; echo on", 1],
    ["x=$(pallet_fail inner) || true", 1],
    ["exit 300", 44],
    ["kill -9 $BASHPID", 137],
    ["set +e; false; exit 0", 0],
    ["no_such_command", 127],
    ["pallet_blob 00", 1],
  ];
  for (const [bash, exit] of holes) {
    const { results } = await root.runScript(bashScript([bash]));
    assert.deepEqual([results[0]?.result, results[0]?.exit], [exit === 0 ? "ok" : "failed", exit], bash);
    if (exit !== 0) assert.doesNotMatch(results[0]?.output ?? "", /^on$/m, bash);
  }
  const { results } = await root.runScript(bashScript(["pallet_fail $'two\\nlines\\t100%'"]));
  assert.equal(results[0]?.message, "two\nlines\t100%");
});

test("fault 29: a child that reads standard input gets nothing, and the rest of the script runs", async (root) => {
  const { results } = await root.runScript(
    bashScript(["cat; read -r line || echo none", "bash -s", "echo after"]),
  );
  assert.deepEqual(results.map(({ result, output }) => [result, output]), [["ok", "none\n"], ["ok", ""], [
    "ok",
    "after\n",
  ]]);
});

test("a daemon that an action starts holds neither the lock nor the records, and outlives the script", async (root) => {
  const daemon = "setsid sleep 60 & echo $! >/tmp/daemon; (sleep 60 & echo $! >>/tmp/daemon)";
  const { result, directory } = await root.runScript(bashScript([daemon, "true"]));
  assert.equal(result, "ok");
  const held = await root.bash(`flock -n ${directory}/lock true || exit 9
    for pid in $(cat /tmp/daemon); do kill -0 $pid && ls -l /proc/$pid/fd; done`);
  assert.equal(held.code, 0, held.stderr);
  assert.equal(held.stdout.match(/output/g)?.length, 4, held.stdout);
  assert.doesNotMatch(held.stdout, /lock|records|script/);
});

for (const [signal, status] of [["TERM", 143], ["HUP", 129]] as const) {
  test(`a script that is asked to end by SIG${signal} says so: the action failed, the rest is skipped, the final record is there`, async (root) => {
    const running = root.runScript(bashScript(["true", "echo $$ >/tmp/pid; sleep 60", "touch /tmp/never"]));
    await until(root, "[[ -s /tmp/pid ]]");
    await root.bash(`kill -${signal} -- -$(cat /tmp/pid)`);
    const { result, results, records } = await running;
    assert.equal(result, "failed");
    assert.deepEqual(results.map((action) => action.result), ["ok", "failed", "skipped"]);
    assert.equal(results[1]?.exit, status);
    assert.equal(results[1]?.message, `ended by SIG${signal}`);
    const last = records.at(-1);
    assert.equal(last?.type === "script-finished" && last.message, `ended by SIG${signal}`);
    assert.equal((await root.bash("ls /tmp/never")).code, 2);
  });
}

test("a script that is killed leaves no final record, and its lock is free", async (root) => {
  const running = root.runScript(bashScript(["echo $$ >/tmp/pid; sleep 60"]));
  await until(root, "[[ -s /tmp/pid ]]");
  await root.bash("kill -KILL -- -$(cat /tmp/pid)");
  const { result, records, directory } = await running;
  assert.equal(result, "died");
  assert.equal(records.at(-1)?.type, "action-started");
  assert.equal((await root.bash(`flock -n ${directory}/lock true`)).code, 0);
});

test("a million lines of output do not slow the records, and are attributed to their action", async (root) => {
  const { results, records } = await root.runScript(
    bashScript(["seq 1000000 | sed s/.*/line/", "echo second"]),
  );
  assert.equal(results[0]?.output.length, 5_000_000);
  assert.equal(results[1]?.output, "second\n");
  const [, , finished, started] = records;
  assert.ok(finished?.type === "action-finished" && started?.type === "action-started");
  assert.ok(started.at - finished.at < 0.1);
});

test("what an action does to its shell stays there: directory, variables, traps, descriptors, records", async (root) => {
  const wild =
    "cd /tmp; pallet_results=(x); pallet_count=99; trap 'echo trapped' EXIT; umask 077; set +eu; " +
    "pallet_record() { :; }; printf 'action-finished\\t5\\n' >&9; :";
  const { result, results } = await root.runScript(
    bashScript([wild, "pwd; umask; [[ $- == *e*u* ]] && ls /proc/$BASHPID/fd"]),
  );
  assert.equal(result, "ok");
  assert.match(results[0]?.output ?? "", /Bad file descriptor\ntrapped/);
  assert.match(results[1]?.output ?? "", /^\/\n0022\n0\n1\n2\n/);
  assert.doesNotMatch(results[1]?.output ?? "", /^[89]$/m);
});

test("bash of a crate has the locale that there was", async (root) => {
  const { results } = await root.runScript(
    bashScript(['x=é; echo "$LANG $LC_ALL ${#x}"; env | grep ^LC_ALL']),
  );
  assert.equal(results[0]?.output, "C.UTF-8 C.UTF-8 1\nLC_ALL=C.UTF-8\n");
});

test("check mode changes nothing, and cannot know what depends on a change", async (root) => {
  const script = bashScript([
    { id: "user", bash: change("create user app", "useradd app") },
    { id: "home", bash: "id app", needs: ["user"] },
    { id: "below", bash: "ls /srv/app", needs: ["home", "other"] },
    { id: "other", bash: "true" },
    { id: "capture", bash: change("run", "pallet_capture x"), capture: "name" },
    { id: "use", bash: "echo \u{F0D0}captured::name\u{F0D1}" },
    { id: "fine", bash: "true", needs: ["user"] },
    { id: "broken", bash: "false", needs: ["other"] },
    { id: "never", bash: "true" },
  ], { check: true });
  const { results } = await root.runScript(script);
  assert.deepEqual(results.map(({ id, result, because }) => [id, result, because]), [
    ["user", "would-change", undefined],
    ["home", "cannot-know", [0]],
    ["below", "cannot-know", [1]],
    ["other", "ok", undefined],
    ["capture", "would-change", undefined],
    ["use", "cannot-know", [4]],
    ["fine", "ok", undefined],
    ["broken", "failed", undefined],
    ["never", "skipped", undefined],
  ]);
  assert.equal((await root.bash("id app")).code, 1);
});

test("bash of a crate fails alone, in check mode too, whatever it leaves open", async (root) => {
  for (
    const wrong of [
      "echo it's",
      "echo }\n}",
      "if true; then",
      'echo "',
      "END_OF_ACTION_2\n)",
      "))",
      "cat <<EOF",
    ]
  ) {
    const bash = `if pallet_change x; then\n${wrong}\nfi`;
    const script = (check: boolean) =>
      bashScript(["true", { bash, crate: true }, "echo $(touch /tmp/never) 'x'"], { check });
    for (const check of [false, true]) {
      const { results } = await root.runScript(script(check));
      assert.deepEqual(results.map((action) => action.result), ["ok", "failed", "skipped"], wrong);
    }
  }
  assert.equal((await root.bash("ls /tmp/never")).code, 2);
  const good = await root.runScript(
    bashScript([{ bash: "local x=1; cat; f() { return 3; }; f", crate: true }]),
  );
  assert.deepEqual([good.results[0]?.result, good.results[0]?.exit], ["failed", 3]);
});

test("fault 33: a script without room for its records runs nothing, and does not end as a success", async (root) => {
  const { stdout } = await root.bash(`mkdir /tmp/d; cat >/tmp/d/script <<'END_OF_SCRIPT'
${bashScript(["touch /tmp/never"]).text}
END_OF_SCRIPT
    mknod /tmp/full c 1 7
    bash /tmp/d/script /tmp/d /tmp/state 9>>/tmp/full </dev/null >/tmp/d/output 2>&1
    echo $?; ls /tmp/never`);
  assert.equal(stdout, "1\n");
});

test("a script that does not parse says so in its final record, and runs nothing", async (root) => {
  const script = bashScript(["touch /tmp/never", "fi"]);
  const { result, records, output } = await root.runScript(script);
  assert.equal((await root.bash("ls /tmp/never")).code, 2);
  assert.equal(result, "failed", JSON.stringify([records, output]));
});
