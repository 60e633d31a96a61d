// What an action may call of the run-time library, and what it is given.
import assert from "node:assert/strict";
import { bashScript } from "../../tests/support/bash_plan.ts";
import { testInRoot as test } from "../../tests/support/throwaway.ts";

test("each action gets an empty temporary directory of its own, which is gone after", async (root) => {
  const look =
    'ls -A "$pallet_tmp"; touch "$pallet_tmp/.x" "$pallet_tmp/y"; mkdir -p "$pallet_tmp/d/e"; echo "$pallet_tmp" >/tmp/path';
  const { results } = await root.runScript(bashScript([look, look, 'rm -rf "$pallet_tmp"', look]));
  assert.deepEqual(results.map(({ result, output }) => [result, output]), Array(4).fill(["ok", ""]));
  const left = await root.bash("ls -A $(dirname $(cat /tmp/path))");
  assert.deepEqual(left.stdout.split("\n").filter((name) => name !== ""), [
    "command",
    "lock",
    "output",
    "records",
    "script",
    "stderr",
    "stdout",
  ]);
});

test("a captured value is a variable of later actions, whatever it holds, and not in the environment", async (root) => {
  const value = 'it\'s $(touch /tmp/never) "x"\n%41\t';
  const token = "\u{F0D0}captured::version\u{F0D1}";
  const script = bashScript([
    { bash: `pallet_capture $'it\\'s $(touch /tmp/never) "x"\\n%41\\t'`, capture: "version" },
    `printf '%s' "${token}" >/tmp/double; printf %s ${token} >/tmp/bare; printf '%s' 'in ${token} single' >/tmp/single; env`,
    `cat >/tmp/document <<EOF\n${token}\nEOF`,
  ]);
  const { result, results } = await root.runScript(script);
  assert.equal(result, "ok");
  assert.equal(results[0]?.captured, value);
  assert.doesNotMatch(results[1]?.output ?? "", /it's/);
  const read = async (name: string) => (await root.bash(`cat /tmp/${name}`)).stdout;
  assert.equal(await read("double"), value);
  assert.equal(await read("bare"), value);
  assert.equal(await read("single"), `in ${value} single`);
  assert.equal(await read("document"), `${value}\n`);
  assert.equal((await root.bash("ls /tmp/never")).code, 2);
});

test("a value that was captured before is part of the script; one that never came fails its user with its name", async (root) => {
  const mine = "\u{F0D0}captured::version\u{F0D1}";
  const theirs = "\u{F0D0}captured:db-1:token\u{F0D1}";
  const known = { captured: { "web-1": { version: "1 '2'" }, "db-1": { token: theirs } } };
  const first = await root.runScript(bashScript([`echo ${mine} ${theirs}`], known));
  assert.equal(first.results[0]?.output, `1 '2' ${theirs}\n`);
  const second = await root.runScript(bashScript([{ bash: "true", capture: "version" }, `echo ${mine}`]));
  assert.equal(second.results[1]?.result, "failed");
  assert.equal(second.results[1]?.message, 'Cannot use the captured value "version": it was not captured');
});

test("pallet_blob prints where a content is, and fails without it", async (root) => {
  await root.bash("mkdir -p /var/lib/pallet/blobs; echo content >/var/lib/pallet/blobs/ab");
  const { results } = await root.runScript(
    bashScript(['cat "$(pallet_blob ab)"', 'cat "$(pallet_blob cd)"']),
  );
  assert.deepEqual(results.map(({ result, output }) => [result, output.split("\n")[0]]), [
    ["ok", "content"],
    ["failed", "Cannot find the content cd on this node"],
  ]);
});

test("pallet_diff records how files differ, up to a limit", async (root) => {
  await root.bash("seq 1 3 >/tmp/old; printf '1\\ntwo\\n3\\n' >/tmp/new; seq 1 100000 >/tmp/long");
  const { results } = await root.runScript(bashScript([
    "pallet_diff /tmp/old /tmp/new /etc/x",
    "pallet_diff /tmp/none /tmp/old /etc/y",
    "pallet_diff /tmp/old /tmp/old /etc/z",
    "pallet_diff /dev/null /tmp/long /etc/l",
  ]));
  assert.deepEqual(results.map((action) => action.result), ["ok", "ok", "ok", "ok"]);
  assert.equal(results[0]?.diff, "--- /etc/x\n+++ /etc/x\n@@ -1,3 +1,3 @@\n 1\n-2\n+two\n 3\n");
  assert.equal(results[1]?.diff, "--- /etc/y\n+++ /etc/y\n@@ -0,0 +1,3 @@\n+1\n+2\n+3\n");
  assert.equal(results[2]?.diff ?? "", "");
  assert.match(results[3]?.diff ?? "", /\n\(\d+ more bytes\)\n$/);
});

test("pallet_attributes brings owner, group and mode in line, symbolic modes too, and then leaves them", async (root) => {
  await root.bash(
    "mkdir -p '/tmp/a b/c'; touch '/tmp/a b/f' '/tmp/a b/c/g'; ln -s /etc/shadow '/tmp/a b/link'",
  );
  const actions = [
    `pallet_attributes '/tmp/a b' daemon games u=rwx,go=`,
    `pallet_attributes '/tmp/a b/f' '' '' 4755; pallet_attributes '/tmp/a b/f' 1 '' 4755`,
    `pallet_attributes_below '/tmp/a b' '' games g+wX`,
  ];
  const stat = async () =>
    (await root.bash("cd /tmp; stat -c '%n %U %G %a' 'a b' 'a b/f' 'a b/c' 'a b/c/g' /etc/shadow")).stdout;
  const before = await stat();
  const check = await root.runScript(bashScript(actions, { check: true }));
  assert.deepEqual(check.results.map((action) => action.result), [
    "would-change",
    "would-change",
    "would-change",
  ]);
  assert.equal(await stat(), before);
  const { results } = await root.runScript(bashScript(actions));
  assert.deepEqual(results.map((action) => action.result), ["changed", "changed", "changed"]);
  assert.equal(
    await stat(),
    "a b daemon games 700\na b/f daemon games 775\na b/c root games 775\na b/c/g root games 664\n/etc/shadow root shadow 640\n",
  );
  const again = await root.runScript(bashScript([actions[0] ?? "", actions[2] ?? ""]));
  assert.deepEqual(again.results.map((action) => action.result), ["ok", "ok"]);
  const wrong = await root.runScript(bashScript(["pallet_attributes /tmp nobody-such '' ''"]));
  assert.equal(wrong.results[0]?.message, "There is no user nobody-such");
});

test("a change that cannot be noted is not made", async (root) => {
  const { results } = await root.runScript(bashScript([
    "mkdir $pallet_report.changes; if pallet_change x; then touch /tmp/made; fi",
  ]));
  assert.equal(results[0]?.result, "failed");
  assert.match(results[0]?.message ?? "", /^Cannot note a change in /);
  assert.equal((await root.bash("ls /tmp/made")).code, 2);
});
