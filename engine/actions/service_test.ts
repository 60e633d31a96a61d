import assert from "node:assert/strict";
import { noRoots, out, runAction, runActions, twice } from "../../tests/support/actions.ts";
import { type ThrowawayRoot, withThrowawayRoot } from "../../tests/support/throwaway.ts";
import { service } from "./list.ts";

const ignore = await noRoots();

/** A daemon under an init script: `sleep`, which dies at once while /srv/broken is there. */
const INIT_SCRIPT = `#!/bin/bash
### BEGIN INIT INFO
# Provides: fake
# Required-Start:
# Required-Stop:
# Default-Start: 2 3 4 5
# Default-Stop: 0 1 6
# Short-Description: fake
### END INIT INFO
pid=/run/fake.pid
running() { [[ -s $pid ]] && kill -0 "$(<$pid)" 2>/dev/null; }
case $1 in
  start)
    running && exit 0
    [[ ! -e /srv/broken ]] || { echo "fake: broken configuration"; exit 1; }
    setsid sleep 1000 >/dev/null 2>&1 </dev/null &
    echo $! >$pid ;;
  stop) running || exit 0; kill "$(<$pid)"; rm -f $pid ;;
  restart) "$0" stop; "$0" start ;;
  reload) echo reloaded >>/srv/reloads ;;
  status) running && echo "fake is running" || { echo "fake is stopped"; exit 3; } ;;
esac
`;

/** As much of systemctl and journalctl as is asked, on files below /srv/units. */
const SYSTEMCTL = `#!/bin/bash
units=/srv/units
case $1 in
  show)
    unit=\${!#}
    [[ -e $units/$unit ]] && load=loaded || load=not-found
    [[ ! -e $units/$unit.masked ]] || load=masked
    [[ -e $units/$unit.active ]] && active=active || active=inactive
    [[ -e $units/$unit.enabled ]] && file=enabled || file=disabled
    [[ -e $units/$unit.stale ]] && stale=yes || stale=no
    printf 'LoadState=%s\\nActiveState=%s\\nUnitFileState=%s\\nNeedDaemonReload=%s\\n' $load $active $file $stale ;;
  daemon-reload) rm -f $units/*.stale; echo daemon-reload >>$units/log ;;
  start | restart)
    echo "$1 $3" >>$units/log
    [[ ! -e $units/$3.broken ]] || exit 1
    [[ -e $units/$3.dies ]] || touch "$units/$3.active" ;;
  stop) echo "$1 $3" >>$units/log; rm -f "$units/$3.active" ;;
  enable) touch "$units/$3.enabled" ;;
  disable) rm -f "$units/$3.enabled" ;;
  *) echo "$1 $3" >>$units/log ;;
esac
`;

async function install(root: ThrowawayRoot, path: string, text: string): Promise<void> {
  await Deno.writeTextFile(`${root.path}${path}`, text);
  await Deno.chmod(`${root.path}${path}`, 0o755);
}

Deno.test("check 70: service by an init script", { ignore }, async (t) => {
  await withThrowawayRoot(async (root) => {
    await install(root, "/etc/init.d/fake", INIT_SCRIPT);

    await t.step("start on a running service and stop on a stopped one are fine", async () => {
      assert.deepEqual(await twice(root, service("fake")), ["changed", "ok"]);
      assert.equal((await root.bash("/etc/init.d/fake status")).code, 0);
      assert.deepEqual(await twice(root, service("fake", { action: "stop" })), ["changed", "ok"]);
      assert.equal((await root.bash("/etc/init.d/fake status")).code, 3);
    });

    await t.step("enable and disable are what the next boot reads", async () => {
      const on = service("fake", { action: ["start", "enable"] });
      assert.deepEqual((await runAction(root, on)).changes, ["enable service fake", "start service fake"]);
      assert.equal((await runAction(root, on)).result, "ok");
      assert.match(await out(root, "ls /etc/rc3.d"), /S\d\dfake/);
      const off = service("fake", { action: ["disable", "stop"] });
      assert.deepEqual(await twice(root, off), ["changed", "ok"]);
      assert.doesNotMatch(await out(root, "ls /etc/rc3.d"), /S\d\dfake/);
    });

    await t.step("restart and reload are done, and start what is stopped", async () => {
      assert.deepEqual(await twice(root, service("fake", { action: "reload" })), ["changed", "changed"]);
      assert.equal(await out(root, "cat /srv/reloads"), "reloaded\n");
      const before = await out(root, "cat /run/fake.pid");
      assert.equal((await runAction(root, service("fake", { action: "restart" }))).result, "changed");
      assert.notEqual(await out(root, "cat /run/fake.pid"), before);
    });

    await t.step("a service that does not come up, or is not there, is said", async () => {
      await root.bash("touch /srv/broken");
      const { message, output } = await runAction(root, service("fake", { action: "restart" }));
      assert.equal(message, "Cannot restart service fake: fake is stopped");
      assert.match(output, /broken configuration/);
      assert.match(
        (await runAction(root, service("nothing"))).message ?? "",
        /no manager of services runs on this node, and there is no \/etc\/init.d\/nothing/,
      );
    });

    await t.step("check mode touches nothing", async () => {
      await root.bash("rm -f /srv/broken /srv/reloads");
      const { results } = await runActions(root, [
        service("fake", { action: ["enable", "start"] }),
        service("fake", { action: "reload" }),
        service("fake", { action: ["stop", "disable"] }),
      ], { check: true });
      assert.deepEqual(results.map(({ result }) => result), ["would-change", "would-change", "ok"]);
      assert.equal((await root.bash("/etc/init.d/fake status")).code, 3);
    });
  });
});

Deno.test("check 70: service by systemd", { ignore }, async (t) => {
  await withThrowawayRoot(async (root) => {
    await root.bash("mkdir -p /run/systemd/system /srv/units; touch /srv/units/app");
    await install(root, "/usr/local/sbin/systemctl", SYSTEMCTL);
    await install(root, "/usr/local/sbin/journalctl", "#!/bin/bash\necho 'app: cannot bind to port 80'\n");

    await t.step("start, stop, enable and disable change what is not so", async () => {
      const on = service("app", { action: ["enable", "start"] });
      assert.deepEqual(await twice(root, on), ["changed", "ok"]);
      assert.deepEqual(await twice(root, service("app", { action: ["stop", "disable"] })), ["changed", "ok"]);
      assert.equal(await out(root, "cat /srv/units/log; ls /srv/units"), "start app\nstop app\napp\nlog\n");
    });

    await t.step("systemd reads a unit that was changed before it starts it", async () => {
      await root.bash("touch /srv/units/app.stale; rm /srv/units/log");
      await runAction(root, service("app"));
      assert.equal(await out(root, "cat /srv/units/log"), "daemon-reload\nstart app\n");
      await root.bash("rm /srv/units/log");
      await runAction(root, service("app", { action: "reload" }));
      assert.equal(await out(root, "cat /srv/units/log"), "reload app\n");
    });

    await t.step("a failure shows the last that the service said, also when it dies at once", async () => {
      for (const how of ["broken", "dies"]) {
        await root.bash(`rm -f /srv/units/app.*; touch /srv/units/app.${how}`);
        const { message, output } = await runAction(root, service("app"));
        assert.equal(message, "Cannot start service app: app: cannot bind to port 80", how);
        assert.match(output, /cannot bind/);
      }
    });

    await t.step("a unit that is masked, or missing, is said", async () => {
      await root.bash("rm -f /srv/units/app.*; touch /srv/units/app.masked");
      assert.match(
        (await runAction(root, service("app"))).message ?? "",
        /Cannot start service app: it is masked/,
      );
      assert.match(
        (await runAction(root, service("nope"))).message ?? "",
        /systemd has no unit of that name/,
      );
    });
  });
});

Deno.test("service() refuses actions that exclude each other, and names that are none", () => {
  assert.throws(
    () => service("x", { action: ["start", "stop"] }),
    /must not name actions that exclude each other/,
  );
  assert.throws(() => service("x", { action: ["enable", "disable"] }), /exclude each other/);
  assert.throws(() => service("x", { action: [] }), /must name an action/);
  for (const name of ["", "-x", "a b", "a/b", "a\n"]) {
    assert.throws(() => service(name), /name of a service/, name);
  }
  assert.deepEqual(service("x", { action: ["start", "enable", "start"] }).args["action"], [
    "enable",
    "start",
  ]);
});
