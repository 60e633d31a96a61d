import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import fc from "fast-check";
import { bashActions, bashDefinitions, bashScript, debian } from "../../tests/support/bash_plan.ts";
import { assertBash, assertGolden, assertParses } from "../../tests/support/golden.ts";
import { PalletError } from "../errors.ts";
import { captured, deferred } from "../plan/deferred.ts";
import { compile, type CompileRequest, explainScript } from "./compile.ts";

const version = captured("version");
const ip = deferred({ kind: "attribute", target: "db-1", attribute: "primaryIp" });

function request(extra: Partial<CompileRequest> = {}): CompileRequest {
  return {
    actions: bashActions("true"),
    facts: debian,
    environment: {},
    group: "web",
    phase: "configure",
    target: "web-1",
    check: false,
    captured: {},
    definitions: bashDefinitions,
    ...extra,
  };
}

const hostile = [
  {
    id: "it's $(touch x)\n`touch x` #",
    bash: "true",
    title: "file /a\ntouch x\u2028\u202E $(touch x) '",
  },
  { bash: "true", triggers: ["it's $(touch x)\n`touch x` #"], title: `about ${version}` },
];

const plan = [
  { id: "version", bash: "pallet_capture 1.2", capture: "version", title: "execScript version" },
  {
    id: "conf",
    bash: `if pallet_change "write"; then\n  echo "${version}" >/etc/x\nfi`,
    title: "remoteFile /etc/x",
  },
  { id: "modes", bash: "pallet_attributes /etc/x root '' 0644", needs: ["conf"], title: "file /etc/x" },
  { id: "own", bash: "echo 'a crate wrote this'\n", crate: true, title: "crate/own" },
  { id: "restart", bash: "pallet_diff a b c", triggers: ["conf", "modes"], title: "service x" },
];

Deno.test("compile() writes a script that reads as the golden one, for applying and for checking", async () => {
  await assertGolden("plan", bashScript(plan).text);
  await assertGolden("plan_check", bashScript(plan, { check: true }).text);
  await assertGolden("hostile", bashScript(hostile).text);
});

Deno.test("fault 49: compile() gives the same bytes for the same plan, whichever run, node and time it is for", () => {
  const one = bashScript(plan);
  const other = bashScript(plan, {}, { run: "run-2", target: "web-2" });
  assert.equal(one.text, other.text);
  assert.equal(one.sha256, createHash("sha256").update(one.text).digest("hex"));
  assert.notEqual(one.sha256, bashScript(plan, { check: true }).sha256);
});

Deno.test("compile() keeps hostile titles, ids, places and names inside their comments and words", async () => {
  const piece = fc.array(
    fc.constantFrom(
      "\n",
      "\r",
      "\u2028",
      "touch x",
      "'",
      '"',
      "$(",
      "`",
      "}",
      "\\",
      "\u202E",
      " ",
      "\t",
      "EOF",
      "%",
      "\u{F0D0}",
    ),
    { maxLength: 8 },
  ).map((some) => some.join(""));
  const runs = await fc.sample(fc.tuple(piece, piece, piece, piece), { numRuns: 40 });
  const scripts = runs.map(([title, id, place, group]) => {
    const actions = bashActions({ bash: "true", id: `a${id}`, title }, { bash: "true", triggers: [`a${id}`] })
      .map((action) => ({ ...action, origin: { ...action.origin, file: place } }));
    return compile({ run: "r", target: "t", phase: group, segment: 0 }, request({ actions, group })).text;
  });
  const marks = scripts.map((text) => {
    const lines = text.split("\n");
    assert.equal(
      lines.filter((line) => line.includes("touch x") && !/^(?:#|pallet_react )/.test(line)).length,
      0,
      text,
    );
    return lines.filter((line) => /^# action \d\/2 /.test(line)).length;
  });
  assert.deepEqual(marks, scripts.map(() => 2));
  await assertParses(scripts.join("\n"));
});

Deno.test("compile() tells an action of the earlier ones that it needs, and of no others", () => {
  const { text } = bashScript([
    { id: "a", bash: "true" },
    { id: "b", bash: "true", needs: ["a", "c", "gone"] },
    { id: "c", bash: "pallet_capture 1", capture: "version" },
    { id: "d", bash: `echo ${version}`, needs: ["b"] },
  ]);
  assert.match(
    text,
    /\npallet_run 0\npallet_run 1 0\npallet_run 2\npallet_take 2 pallet_value_1\npallet_run 3 1 2\n$/,
  );
});

Deno.test("compile() refuses a deferred value that nothing before provides, naming it and its user", () => {
  const wrong: readonly (readonly [string, RegExp])[] = [
    [`echo ${version}`, /the captured value "version" in bash:0: nothing before it provides it/],
    [`echo ${captured("x", { name: "db-1" })}`, /the captured value "x" of db-1/],
    [`echo ${ip}`, /the primaryIp of db-1/],
    [`cat <<'EOF'\n${version}\nEOF`, /it stands in a quoted here-document/],
    [`echo $${version}`, /it stands in a word that begins with \$/],
  ];
  for (const [bash, message] of wrong) {
    const known = message.source.includes("stands") ? { captured: { "web-1": { version: "1" } } } : {};
    assert.throws(() => bashScript([bash], known), (error) => {
      assert.ok(error instanceof PalletError);
      assert.match(error.message, message);
      assert.deepEqual(error.origin, { file: "infra.ts", line: 1, column: 5 });
      return true;
    });
  }
  const later = [`echo ${version}`, { bash: "pallet_capture 1", capture: "version" }];
  assert.throws(() => bashScript(later), PalletError);
});

Deno.test("compile() puts a variable so that its value stays text at any place", () => {
  const { text } = bashScript([
    `a ${version} "b ${version}" 'c ${version}' $'d ${version}' \${e:-${version}} # ${version}`,
  ], {
    captured: { "web-1": { version: "it's" } },
  });
  const name = "pallet_value_1";
  assert.ok(text.includes(
    `a "\${${name}}" "b \${${name}}" 'c '"\${${name}}"'' $'d '"\${${name}}"$'' \${e:-\${${name}}} # ${name}`,
  ));
  assert.ok(text.includes(`\n${name}='it'\\''s'\n`));
});

Deno.test("explainScript() shows values that are not known yet in words", () => {
  const text = explainScript(request({ actions: bashActions(`echo ${ip} ${version}`) }));
  assert.ok(
    text.includes(
      `pallet_value_1='<the primaryIp of db-1>'\npallet_value_2='<the captured value "version">'\n`,
    ),
  );
});

Deno.test("compile() includes a library once, and one of a crate apart", async () => {
  const definitions = new Map([...bashDefinitions].map(([kind, definition]) => [kind, {
    ...definition,
    library: ["shared() { :; }", "personal() { shared; }"],
    blobs: () => [{ sha256: "ab", size: 1, path: "/x" }],
  }]));
  const crateScripts = new Map(
    ["c", "d"].map((id) => [id, { text: "crate it's", library: "crate() { echo '; }" }]),
  );
  const script = bashScript(["own", "own", { id: "c", bash: "" }, { id: "d", bash: "" }], {
    definitions,
    crateScripts,
  });
  for (const once of ["shared() {", "personal() {", "crate() {"]) {
    assert.equal(script.text.split(once).length, 2);
  }
  assert.deepEqual(script.blobs, [{ sha256: "ab", size: 1, path: "/x" }]);
  await assertBash(script.text);
});

Deno.test("compile() refuses a reaction whose trigger is no earlier action", () => {
  const reaction = { bash: "true", triggers: ["b"] };
  assert.throws(() => bashScript([reaction]), /its trigger b is no earlier action/);
  assert.throws(
    () => bashScript([reaction, { id: "b", bash: "true" }]),
    /its trigger b is no earlier action/,
  );
});

Deno.test("compile() refuses a kind of action that it does not know", () => {
  const actions = bashActions("true").map((action) => ({ ...action, kind: "other" }));
  assert.throws(() => bashScript([], { actions }), /there is no action of kind "other"/);
});
