import assert from "node:assert/strict";
import { parseOs } from "../os/mod.ts";
import { noRoots, out, runAction, twice } from "../../tests/support/actions.ts";
import { withThrowawayRoot } from "../../tests/support/throwaway.ts";
import { packageManager, packages } from "./list.ts";

const ignore = await noRoots();
const DNF = { facts: parseOs("rocky-9") };

/** As much of rpm and dnf as is asked, on files below /srv/rpms: installed, offered. */
const RPM = `#!/bin/bash
shift 4
status=0
for name in "$@"; do
  if [[ -s /srv/rpms/installed/$name ]]; then v=$(<"/srv/rpms/installed/$name"); printf '%s\\t%s %s-1.el9 0:%s-1.el9\\n' "$name" "$v" "$v" "$v"
  else echo "package $name is not installed"; status=1; fi
done
exit $status
`;
const DNF_PROGRAM = `#!/bin/bash
echo "dnf $*" >>/srv/rpms/log
words=()
for word in "$@"; do [[ $word == -* ]] || words+=("$word"); done
if [[ -e /srv/rpms/lock ]]; then rm /srv/rpms/lock; echo "Error: Failed to obtain the transaction lock (logged as PID 7)."; exit 1; fi
case \${words[0]} in
  install) for w in "\${words[@]:1}"; do
      n=\${w%-[0-9]*}; [[ -e /srv/rpms/offered/$n ]] || { echo "Error: Unable to find a match: $w"; exit 1; }
      cp /srv/rpms/offered/$n /srv/rpms/installed/$n; done ;;
  remove) for w in "\${words[@]:1}"; do rm /srv/rpms/installed/$w; done ;;
  check-update) for w in "\${words[@]:1}"; do cmp -s /srv/rpms/offered/$w /srv/rpms/installed/$w || exit 100; done ;;
esac
`;

Deno.test("packages and packageManager by dnf", { ignore }, async (t) => {
  await withThrowawayRoot(async (root) => {
    for (const [name, text] of [["rpm", RPM], ["dnf", DNF_PROGRAM]] as const) {
      await Deno.writeTextFile(`${root.path}/usr/local/sbin/${name}`, text);
      await Deno.chmod(`${root.path}/usr/local/sbin/${name}`, 0o755);
    }
    await root.bash(
      "mkdir -p /srv/rpms/{installed,offered}; for n in git gcc-c++ nginx; do echo 1.2 >/srv/rpms/offered/$n; done",
    );
    const log = async () => await out(root, "cat /srv/rpms/log; rm -f /srv/rpms/log");

    await t.step("check 64: the node's own list is installed, in one transaction, once", async () => {
      const action = packages("git", { apt: ["g++"], dnf: ["gcc-c++"] });
      assert.deepEqual(await twice(root, action, DNF), ["changed", "ok"]);
      assert.equal(await log(), "dnf -y --setopt=exit_on_lock=True install git gcc-c++\n");
    });

    await t.step("versions, upgrades and removals", async () => {
      assert.deepEqual(await twice(root, packages("nginx=1.2"), DNF), ["changed", "ok"]);
      assert.match(await log(), /install nginx-1\.2\n$/);
      assert.deepEqual(await twice(root, packages("nginx=1.2-1.el9"), DNF), ["ok", "ok"]);
      await root.bash("echo 1.3 >/srv/rpms/offered/nginx");
      assert.deepEqual(await twice(root, packages("nginx", { action: "upgrade" }), DNF), ["changed", "ok"]);
      assert.deepEqual(await twice(root, packages("nginx", { action: "purge" }), DNF), ["changed", "ok"]);
      const wrong = await runAction(root, packages("nosuch"), DNF);
      assert.equal(wrong.message, "Cannot install nosuch: Error: Unable to find a match: nosuch");
    });

    await t.step("fault 34: a lock is waited for, or named", async () => {
      await root.bash("touch /srv/rpms/lock");
      assert.equal((await runAction(root, packages("nginx"), DNF)).result, "changed");
      await root.bash("touch /srv/rpms/lock");
      const busy = await runAction(root, packages("nginx", { action: "remove", lockTimeout: 0 }), DNF);
      assert.match(busy.message ?? "", /Cannot run dnf: .*PID 7/);
    });

    await t.step("lists are fetched once in a while; the proxy is handed on", async () => {
      const environment = { proxy: "http://proxy.example:3128" };
      await log();
      assert.deepEqual(await twice(root, packageManager("update"), { ...DNF, environment }), [
        "changed",
        "ok",
      ]);
      assert.match(await log(), /--setopt=proxy=http:\/\/proxy\.example:3128 makecache/);
    });
  });
});
