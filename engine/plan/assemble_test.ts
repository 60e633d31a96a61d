import assert from "node:assert/strict";
import type { Action } from "../actions/action.ts";
import { makeAction } from "../actions/define.ts";
import type { ActionDefinition } from "../actions/definition.ts";
import { directory } from "../actions/directory.ts";
import { group } from "../actions/group.ts";
import { lineInFile } from "../actions/line_in_file.ts";
import { remoteFile } from "../actions/remote_file.ts";
import { symbolicLink } from "../actions/symbolic_link.ts";
import { user } from "../actions/user.ts";
import { text } from "../actions/fields.ts";
import { PalletError } from "../errors.ts";
import { object, v } from "../schema.ts";
import { sh } from "../script/sh.ts";
import { groupSpec } from "../spec/specs.ts";
import type { PlanFunction } from "../spec/types.ts";
import { bundle, bundleOf, type Names, refusal } from "./actions_testing.ts";
import { captured } from "./deferred.ts";
import { makeEvaluator } from "./evaluate.ts";
import { onChange } from "./on_change.ts";
import { actions, evaluate, ids, idsByTarget, web } from "./testing.ts";

type Mixed = {
  content: string;
  list?: string[];
  byName?: Record<string, string>;
  either?: string | number;
  plain?: string;
};

/** A kind some of whose fields take deferred values. */
const mixed: ActionDefinition<Mixed> = {
  kind: "mixed",
  schema: object({
    content: v.pipe(text, v.nonEmpty()),
    list: v.optional(v.array(text)),
    byName: v.optional(v.record(v.string(), text)),
    either: v.optional(v.union([v.number(), text])),
    plain: v.optional(v.string()),
  }) as unknown as ActionDefinition<Mixed>["schema"],
  subject: (args) => args.content,
  describe: (args) => args.content,
  provides: () => [],
  needs: () => [],
  script: () => sh`true`,
};
const mixedOf = (args: Record<string, unknown>): Action => makeAction(mixed, args);

const message = (configure: PlanFunction): Promise<string> => refusal(configure, import.meta.url);

Deno.test("an action in a plan twice is an error", async () => {
  const found = await message(() => {
    const one = directory("/a");
    return [one, [one]];
  });
  assert.equal(found, "A directory action is twice in one plan");
});

Deno.test("one action value may stand in the plans of several targets and phases", async () => {
  const shared = directory("/a");
  const group = groupSpec("web", { phases: { configure: () => shared, other: () => shared } });
  const reply = await evaluate({ group }, { targets: ["web-1", "web-2"], phases: ["configure", "other"] });
  assert.deepEqual(idsByTarget(reply), { "web-1": ["directory:/a"], "web-2": ["directory:/a"] });
});

Deno.test("neighbours of a kind that joins become one action, others stay where they are", async () => {
  const found = await actions(web(() => [
    bundleOf(["a"]),
    [bundleOf(["b"]), bundleOf(["c"])],
    directory("/x"),
    bundleOf(["d"]),
  ]));
  assert.deepEqual(found.map(({ id, args }) => [id, args]), [
    ["bundle:a,b,c", { names: ["a", "b", "c"] }],
    ["directory:/x", { path: "/x", action: "create", recursive: false }],
    ["bundle:d", { names: ["d"] }],
  ]);
});

Deno.test("an action with an id or a trigger of its own is not joined", async () => {
  const found = await ids(() => {
    const first = bundleOf(["a"]);
    return [first, bundleOf(["b"], { id: "mine" }), onChange(first, bundleOf(["c"])), bundleOf(["d"])];
  });
  assert.deepEqual(found, ["bundle:a", "mine", "bundle:c", "bundle:d"]);
});

Deno.test("needs name the earlier actions that provide what an action needs, or that may provide anything", async () => {
  const anything: ActionDefinition<Names> = { ...bundle, kind: "anything", provides: () => ["*"] };
  const needy: ActionDefinition<Names> = {
    ...bundle,
    kind: "needy",
    needs: (args) => [`package:${args.names[0]}`],
  };
  const found = await actions(web(() => [
    makeAction(needy, { names: ["a"] }),
    bundleOf(["a", "b"]),
    directory("/x"),
    bundleOf(["c"]),
    makeAction(anything, { names: ["z"] }),
    makeAction(needy, { names: ["b"] }),
    bundleOf(["b"]),
  ]));
  assert.deepEqual(found.map(({ id, needs }) => [id, needs]), [
    ["needy:a", undefined],
    ["bundle:a,b", undefined],
    ["directory:/x", undefined],
    ["bundle:c", undefined],
    ["anything:z", undefined],
    ["needy:b", ["bundle:a,b", "anything:z"]],
    ["bundle:b", undefined],
  ]);
});

Deno.test("deferred values stand where a schema takes them: texts, lists, records, choices, inside other text", async () => {
  const configure: PlanFunction = ({ target }) => [
    mixedOf({ content: target.primaryIp }),
    mixedOf({ content: `x=${target.primaryIp}`, list: ["a", `b${target.primaryIp}`] }),
    mixedOf({ content: "c", byName: { k: `${captured("v")}` }, either: `${target.hostname}` }),
  ];
  assert.deepEqual(await ids(configure), [
    "mixed:<the primaryIp of web-1>",
    "mixed:x=<the primaryIp of web-1>",
    "mixed:c",
  ]);
});

Deno.test("a deferred value elsewhere is an error that names field and value", async () => {
  assert.equal(
    await message(({ target }) => mixedOf({ content: "x", plain: `ip=${target.primaryIp}` })),
    "Invalid mixed action: plain: takes no value that is known only when the script runs, such as " +
      '"ip=<the primaryIp of web-1>"',
  );
  assert.match(
    await message(({ target }) => directory("/a", { mode: `${target.primaryIp}` })),
    /^Invalid directory action: mode: must be a mode .*, not "<the primaryIp of web-1>"$/,
  );
  assert.match(
    await message(({ target }) => directory("/a", { id: `x-${target.primaryIp}` })),
    /^The id of a directory action holds a value that is known only when the script runs$/,
  );
});

Deno.test("what a target captured itself loses the target's name in its own plan", async () => {
  const configure: PlanFunction = ({ target }) => [
    mixedOf({ content: `${captured("a", target)}` }),
    mixedOf({ content: `${captured("a", { name: "db-1" })}` }),
  ];
  assert.deepEqual(await ids(configure), [
    'mixed:<the captured value "a">',
    'mixed:<the captured value "a" of db-1>',
  ]);
});

Deno.test("a kind of a crate's own is known to script() once it was planned", async () => {
  const evaluator = makeEvaluator(web(() => bundleOf(["a b"])), {
    baseUrl: "",
    readProjectFile: () => Promise.resolve(""),
  });
  const script = () => evaluator.script("bundle", { names: ["a b"] }, {} as never, { environment: {} });
  await assert.rejects(script, /There is no action "bundle"/);
  await evaluator.plan({
    world: {
      targets: [{ name: "web-1", groups: ["web"], planned: true }],
      environment: {},
      captured: {},
      clock: 0,
      seed: 0,
    },
    phases: [{ phase: "configure", args: {} }],
    targets: ["web-1"],
  });
  assert.deepEqual(await script(), { text: "echo 'a b'", library: "bundle_library() { :; }" });
  await assert.rejects(
    evaluator.script("bundle", { names: 1 }, {} as never, { environment: {} }),
    /Invalid bundle action: names: must be a list, not 1/,
  );
});

Deno.test("two definitions of one kind are an error, also one that is the engine's own", async () => {
  assert.match(
    await message(() => [bundleOf(["a"]), makeAction({ ...bundle }, { names: ["b"] })]),
    /^Two crates define an action "bundle"/,
  );
  assert.match(
    await message(() => makeAction({ ...bundle, kind: "directory" }, { names: ["b"] })),
    /^Two crates define an action "directory"/,
  );
});

Deno.test("an operating system that cannot have an action is a problem of the plan, at the action's place", async () => {
  const picky: ActionDefinition<Names> = {
    ...bundle,
    kind: "picky",
    support: (_args, facts) => {
      throw new PalletError(`There is no picky on ${facts.os.id}`, { kind: "infra" });
    },
  };
  const found = await message(() => makeAction(picky, { names: ["a"] }));
  assert.match(found, /^There is no picky on debian/);
});

Deno.test("two actions that would undo each other's work in every run are an error, with both places", async () => {
  const fights: readonly (readonly [string, () => Action[]])[] = [
    ["remoteFile /etc/motd a different content", () => [
      remoteFile("/etc/motd", { content: "a" }),
      remoteFile("/etc/motd", { content: "b" }),
    ]],
    ["remoteFile /etc/motd a different content", () => [
      remoteFile("/etc/motd", { content: "a" }),
      remoteFile("//etc/motd", { localFile: "motd", id: "mine" }),
    ]],
    ["directory /srv a different mode", () => [
      directory("/srv", { mode: "0755" }),
      directory("/srv/", { mode: "0700" }),
    ]],
    ["symbolicLink /a a different from", () => [symbolicLink("/b", "/a"), symbolicLink("/c", "/a")]],
    ["user ann a different shell", () => [user("ann", { shell: "bash" }), user("ann", { shell: "zsh" })]],
    ["group web a different gid", () => [group("web", { gid: 200 }), group("web", { gid: 201 })]],
  ];
  for (const [what, plan] of fights) {
    const found = await message(plan);
    assert.ok(found.startsWith(`Two actions give ${what}, at assemble_test.ts:`), found);
    assert.match(found, /, at (\S+:\d+:\d+) and at (?!\1)\S+:\d+:\d+: each would undo the other's work/);
  }
});

Deno.test("actions that say the same, or add to each other, stand beside each other", async () => {
  const trigger = directory("/srv/x");
  const configure = () => [
    remoteFile("/etc/motd", { content: "a", mode: "644" }),
    remoteFile("/etc/motd", { content: "a", mode: "0644" }),
    directory("/srv"),
    directory("/srv", { owner: "ann", mode: "u+x" }),
    directory("/srv", { mode: "g+x" }),
    directory("/tmp/new", { action: "delete" }),
    directory("/tmp/new", { mode: "0700" }),
    user("ann", { groups: ["a"], append: true }),
    user("ann", { groups: ["b"], append: true }),
    user("ann", { action: "lock" }),
    group("web"),
    group("web", { gid: 200 }),
    lineInFile("/etc/hosts", "10.0.0.1 a"),
    lineInFile("/etc/hosts", "10.0.0.2 b"),
    trigger,
    onChange(trigger, directory("/srv/y", { mode: "0700" })),
    directory("/srv/y", { mode: "0755" }),
  ];
  const plan = await actions({ web: groupSpec("web", { count: 1, phases: { configure } }) });
  assert.equal(plan.length, 17);
  assert.equal(plan[1]?.id, "remoteFile:/etc/motd#2");
});
