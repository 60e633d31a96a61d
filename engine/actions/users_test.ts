import assert from "node:assert/strict";
import { noRoots, out, runAction, runActions, twice, wasOwned } from "../../tests/support/actions.ts";
import { withThrowawayRoot } from "../../tests/support/throwaway.ts";
import { directory, group, user } from "./list.ts";

const ignore = await noRoots();
const HASH = "$6$salt$IxDD3jeSOb5eB1CX5LBsqZFVkJdido3OUILO5Ifz5iwMuTS4XMS130MTSuDDl3aCI6WouIL9AjRbLCelDCy.g.";

Deno.test("check 67: user and group", { ignore }, async (t) => {
  await withThrowawayRoot(async (root) => {
    await t.step("a group is made, renumbered and removed", async () => {
      assert.deepEqual(await twice(root, group("crew", { gid: 4711 })), ["changed", "ok"]);
      assert.equal(await out(root, "getent group crew"), "crew:x:4711:\n");
      assert.deepEqual((await runAction(root, group("crew", { gid: 4712 }))).changes, [
        "set gid of group crew to 4712 (was 4711)",
      ]);
      assert.deepEqual(await twice(root, group("crew", { action: "remove" })), ["changed", "ok"]);
      assert.deepEqual(await twice(root, group("sys-crew", { system: true })), ["changed", "ok"]);
      assert.ok(Number((await out(root, "getent group sys-crew")).split(":")[2]) < 1000);
    });

    const deploy = user("deploy", {
      shell: "bash",
      home: "/srv/homes/deploy",
      group: "staff",
      groups: ["adm", "crew"],
      uid: 4800,
      comment: "Deploy ünd run, $(id)",
      password: HASH,
    });

    await t.step("a user is made with shell, home and groups, after its groups", async () => {
      const { results } = await runActions(root, [group("crew"), deploy]);
      assert.deepEqual(results.map(({ result }) => result), ["changed", "changed"]);
      assert.equal((await runAction(root, deploy)).result, "ok");
      assert.equal(
        await out(root, "getent passwd deploy; id -nG deploy; stat -c %U /srv/homes/deploy"),
        "deploy:x:4800:50:Deploy ünd run, $(id):/srv/homes/deploy:/bin/bash\nstaff adm crew\ndeploy\n",
      );
      assert.equal((await out(root, "getent shadow deploy")).split(":")[1], HASH);
    });

    await t.step("what was changed behind our back is put right, and said", async () => {
      await root.bash("usermod -s /bin/sh -c x -g users -G adm,games deploy; usermod -p '*' deploy");
      const { result, changes } = await runAction(root, deploy);
      assert.equal(result, "changed");
      assert.deepEqual(changes, [
        "set comment of user deploy to Deploy ünd run, $(id) (was x)",
        "set shell of user deploy to /bin/bash (was /bin/sh)",
        "set group of user deploy to staff (was users)",
        "add user deploy to crew",
        "take user deploy out of games",
        "set password of user deploy",
      ]);
      assert.equal((await runAction(root, deploy)).result, "ok");
    });

    await t.step(
      "with append other groups stay, with create a user that is there stays as it is",
      async () => {
        const more = user("deploy", { groups: ["games"], append: true });
        assert.deepEqual(await twice(root, more), ["changed", "ok"]);
        assert.equal(
          await out(root, "id -nG deploy"),
          "staff adm games crew\n",
        );
        assert.deepEqual(await twice(root, user("deploy", { action: "create", shell: "sh" })), ["ok", "ok"]);
        assert.deepEqual(await twice(root, user("deploy", { groups: [] })), ["changed", "ok"]);
        assert.equal(await out(root, "id -nG deploy"), "staff\n");
      },
    );

    await t.step("a user is locked out altogether, and let in again", async () => {
      assert.deepEqual(await twice(root, user("deploy", { action: "lock" })), ["changed", "ok"]);
      const locked = (await out(root, "getent shadow deploy")).split(":");
      assert.deepEqual([locked[1], locked[7]], [`!${HASH}`, "1"]);
      assert.deepEqual(await twice(root, user("deploy", { action: "unlock" })), ["changed", "ok"]);
      const free = (await out(root, "getent shadow deploy")).split(":");
      assert.deepEqual([free[1], free[7]], [HASH, ""]);
      await runAction(root, user("nopass", { createHome: false }));
      assert.deepEqual(await twice(root, user("nopass", { action: "lock" })), ["changed", "ok"]);
      assert.deepEqual(await twice(root, user("nopass", { action: "unlock" })), ["changed", "ok"]);
    });

    await t.step("check mode touches nothing", async () => {
      const before = await out(root, "sha256sum /etc/passwd /etc/group /etc/shadow");
      const { results } = await runActions(root, [
        group("newest"),
        user("newest", { groups: ["newest"] }),
        user("deploy", { shell: "sh", groups: ["games"] }),
        user("deploy", { action: "lock", id: "lock" }),
        user("deploy", { action: "remove", id: "remove" }),
        user("nobody-yet", { action: "lock" }),
      ], { check: true });
      assert.deepEqual(results.map(({ result }) => result), [...Array(5).fill("would-change"), "failed"]);
      assert.equal(await out(root, "sha256sum /etc/passwd /etc/group /etc/shadow"), before);
    });

    await t.step("a user goes, and its home when told", async () => {
      assert.deepEqual(await twice(root, user("deploy", { action: "remove", removeHome: true })), [
        "changed",
        "ok",
      ]);
      assert.equal(await out(root, "ls /srv/homes; getent passwd deploy"), "");
    });

    await t.step("a user takes the group of its name that is there, or another by its number", async () => {
      const { results } = await runActions(root, [group("app", { gid: 4900 }), user("app", { uid: 5001 })]);
      assert.deepEqual(results.map(({ result }) => result), ["changed", "changed"]);
      assert.equal(await out(root, "id -g app"), "4900\n");
      assert.deepEqual(await twice(root, user("app", { group: "50", append: true, groups: [] })), [
        "changed",
        "ok",
      ]);
      assert.equal(await out(root, "id -gn app"), "staff\n");
      const again = [directory("/srv/before"), user("app", { id: "number", group: "50", password: "*" })];
      assert.deepEqual((await runActions(root, again)).results[1]?.changes, ["set password of user app"]);
    });

    await t.step("a home is made only when it is asked for, whatever the system's own way", async () => {
      await root.bash("echo 'CREATE_HOME yes' >>/etc/login.defs");
      await runAction(root, user("homeless", { createHome: false }));
      assert.equal(await out(root, "ls -d /home/homeless"), "");
    });

    await t.step("who has a name like another's is not taken for it", async () => {
      const both = [
        group("team"),
        user("app2", { groups: ["team"] }),
        user("app", { groups: ["team"], append: true }),
      ];
      const { results } = await runActions(root, both.slice(0, 2));
      assert.deepEqual(results.map(({ result }) => result), ["changed", "changed"]);
      const again = (await runActions(root, both)).results.map(({ result }) => result);
      assert.deepEqual(again, ["ok", "ok", "changed"]);
      assert.equal(await out(root, "getent group team | cut -d: -f4"), "app2,app\n");
    });

    await t.step("create leaves a user as it is, also when something changed before", async () => {
      const actions = [directory("/srv/other"), user("app", { action: "create", shell: "dash" })];
      const { results } = await runActions(root, actions);
      assert.deepEqual(results.map(({ result }) => result), ["changed", "ok"]);
      assert.doesNotMatch(await out(root, "getent passwd app"), /dash/);
    });

    await t.step("a user goes alone unless told, and not from under what it runs unless forced", async () => {
      await root.bash(
        "touch /home/app/kept; setsid setpriv --reuid app --clear-groups sleep 60 >/dev/null 2>&1 &",
      );
      const used = await runAction(root, user("app", { action: "remove" }));
      assert.match(`${used.result} ${used.message}`, /^failed Cannot remove user app/);
      const forced = await runAction(root, user("app", { action: "remove", force: true }));
      assert.equal(forced.result, "changed");
      assert.equal(await out(root, "kill $(cat /tmp/pid); ls /home/app; getent passwd app"), "kept\n");
    });

    await t.step("a group that is missing is named", async () => {
      const { result, message, output } = await runAction(root, user("lost", { groups: ["nosuchgroup"] }));
      assert.equal(result, "failed");
      assert.match(message ?? "", /Cannot create user lost/);
      assert.match(output, /nosuchgroup/);
    });

    await t.step("hostile names are refused, by us or by the tools, and run nothing", async () => {
      for (const name of ["two words", "-rf", "+x", "a:b", "a,b", "a/b", "new\nline", "~x", "123"]) {
        assert.throws(() => user(name), /must/, name);
        assert.throws(() => group(name), /must/, name);
      }
      for (
        const name of ["$(touch${IFS}owned)", "`touch\towned`".replace("\t", "${IFS}"), "it's", "ünï", "*"]
      ) {
        for (const action of [user(name), group(name)]) {
          const { message } = await runAction(root, action);
          assert.match(message ?? "Cannot create", /^Cannot create/, name);
        }
      }
      assert.ok(!await wasOwned(root));
    });
  });
});
