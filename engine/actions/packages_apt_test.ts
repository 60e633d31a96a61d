import assert from "node:assert/strict";
import { parseOs } from "../os/mod.ts";
import { noRoots, out, runAction, runActions, twice } from "../../tests/support/actions.ts";
import { has } from "../../tests/support/needs.ts";
import { withThrowawayRoot } from "../../tests/support/throwaway.ts";
import type { Action } from "./action.ts";
import { packageManager, packages } from "./list.ts";

const ignore = await noRoots() || !await has("apt-get");
const APT = { facts: parseOs("debian-12") };

/** Holds a lock as apt does, for so many seconds; returns when it does. */
const HOLD = `
hold() {
  perl -e '
    open my $f, ">>", $ARGV[0] or die; my $lock = pack "s s x4 q q i x4", 1, 0, 0, 0, 0;
    fcntl $f, 6, $lock or die "$!";
    open my $held, ">", "/srv/held"; sleep $ARGV[1];
  ' "$1" "$2" >/dev/null 2>&1 &
  for ((i = 0; i < 100; i++)); do [[ ! -e /srv/held ]] || break; sleep 0.05; done
}
`;

/** A source of small packages of our own: real ones are for one test alone, they take long. */
const REPOSITORY = `
mkdir -p /srv/repo
build() { # NAME VERSION CONTENT [FIELD]
  rm -rf /srv/p
  mkdir -p /srv/p/DEBIAN /srv/p/etc
  echo "$3" >"/srv/p/etc/$1.conf"
  echo "/etc/$1.conf" >/srv/p/DEBIAN/conffiles
  { printf 'Package: %s\nVersion: %s\nArchitecture: all\nMaintainer: x <x@example.org>\n' "$1" "$2"
    [[ -z \${4-} ]] || echo "$4"; echo 'Description: x'; } >/srv/p/DEBIAN/control
  dpkg-deb -b /srv/p "/srv/repo/$1_$2.deb"
}
build plain 1 one
build plain 2+ two
build 'plus++' 1 one 'Provides: a-service'
build plus-minus 1 one
cd /srv/repo
for file in *.deb; do
  dpkg-deb -f "$file"
  printf 'Filename: ./%s\nSize: %s\nSHA256: %s\n\n' "$file" "$(stat -c %s "$file")" "$(sha256sum "$file" | cut -d' ' -f1)"
done >Packages
rm -rf /etc/apt/sources.list /etc/apt/sources.list.d/* /var/lib/apt/lists/*
echo 'deb [trusted=yes] file:/srv/repo ./' >/etc/apt/sources.list.d/ours.list
echo 'Acquire::Retries "0";' >/etc/apt/apt.conf.d/99test
`;

Deno.test("packages and packageManager by apt", { ignore }, async (t) => {
  await withThrowawayRoot(async (root) => {
    const run = (action: Action, check = false) => runAction(root, action, { ...APT, check });
    const versions = (names: string) =>
      out(root, `dpkg-query -W -f '\${Package} \${Version} \${db:Status-Status}\n' ${names} 2>/dev/null`);
    const made = await root.bash(REPOSITORY);
    assert.equal(made.code, 0, made.stderr);

    await t.step("the lists are fetched when there are none, and packages are installed once", async () => {
      const first = await run(packages("plain", "plus-minus:all"));
      assert.deepEqual([first.message, first.changes], [undefined, ["install plain plus-minus:all"]]);
      const second = await run(packages("plain", "plus-minus:all"));
      assert.deepEqual([second.result, second.output], ["ok", ""]);
      await root.bash("dpkg -r plain");
      assert.equal((await run(packages("plain"))).result, "changed");
    });

    await t.step("check 65: names with +, exact versions, and purge", async () => {
      const { changes, message } = await run(packages("plus++", "libstdc++6", "plain=1"));
      assert.deepEqual([message, changes], [undefined, ["install plus++ plain=1"]]);
      assert.equal(await versions("'plus++' plain"), "plain 1 installed\nplus++ 1 installed\n");
      assert.deepEqual(await twice(root, packages("plain=2+"), APT), ["changed", "ok"]);
      assert.deepEqual(await twice(root, packages("plus++", { action: "purge" }), APT), ["changed", "ok"]);
      assert.doesNotMatch(await versions("'plus++'"), /installed|config/);
      const wrong = await run(packages("plain=2"));
      assert.match(wrong.message ?? "", /Cannot install plain=2: Version '2' for 'plain' was not found/);
    });

    await t.step("a name is never a pattern, an order to remove, or a service", async () => {
      assert.match((await run(packages("sed-"))).message ?? "", /^There is no package sed-: no source/);
      assert.match((await run(packages("plus+"))).message ?? "", /^There is no package plus\+/);
      assert.match((await run(packages("plai.", "plain"))).message ?? "", /^There is no package plai\./);
      assert.match(
        (await run(packages("a-service"))).message ?? "",
        /^Cannot install a-service: it is the name of a service that these provide: plus\+\+; name one of them/,
      );
      assert.equal(
        await versions("sed plus-minus"),
        `${await versions("plus-minus")}${await versions("sed")}`,
      );
    });

    await t.step("check 65: upgrade brings to what the sources offer", async () => {
      await run(packages("plain=1"));
      assert.equal((await run(packages("plain"))).result, "ok");
      const { changes, message } = await run(packages("plain", { action: "upgrade" }));
      assert.deepEqual([message, changes], [undefined, ["upgrade plain"]]);
      assert.equal((await run(packages("plain", { action: "upgrade" }))).result, "ok");
      await run(packages("plain=1"));
      assert.deepEqual((await run(packageManager("upgrade"), true)).changes, ["upgrade plain"]);
      assert.deepEqual(await twice(root, packageManager("upgrade", { full: true }), APT), ["changed", "ok"]);
      assert.equal(await versions("plain"), "plain 2+ installed\n");
    });

    await t.step("a configuration file that was edited stays, and nobody is asked", async () => {
      await root.bash("echo mine >/etc/plain.conf");
      assert.equal((await run(packages("plain=1"))).message, undefined);
      assert.equal(await out(root, "cat /etc/plain.conf"), "mine\n");
      assert.deepEqual(await twice(root, packages("plain", { action: "remove" }), APT), ["changed", "ok"]);
      assert.equal(await out(root, "cat /etc/plain.conf"), "mine\n");
      assert.deepEqual(await twice(root, packages("plain", { action: "purge" }), APT), ["changed", "ok"]);
      assert.equal(await out(root, "cat /etc/plain.conf 2>/dev/null"), "");
    });

    await t.step(
      "fault 34: a lock is waited for, and its holder is named when it takes too long",
      async () => {
        await root.bash(`${HOLD} hold /var/lib/dpkg/lock-frontend 300; echo $! >/srv/holder`);
        const busy = await run(packages("plain", { lockTimeout: 0 }));
        assert.match(busy.message ?? "", /^Cannot run apt-get: process \d+ \(perl\) holds its lock$/);
        await root.bash("(sleep 1; kill $(</srv/holder)) >/dev/null 2>&1 &");
        assert.equal((await run(packages("plain"))).result, "changed");
      },
    );

    await t.step("a transaction that was cut off is finished first", async () => {
      await root.bash("dpkg --unpack /srv/repo/plus-minus_1.deb; touch /var/lib/dpkg/updates/0001");
      assert.match(await out(root, "apt-get -y install plus++ 2>&1"), /E: dpkg was interrupted/);
      assert.equal((await run(packages("plus++"))).message, undefined);
      assert.equal(await versions("plus-minus"), "plus-minus 1 installed\n");
    });

    await t.step("update is done once in a while, and when sources changed", async () => {
      assert.deepEqual(await twice(root, packageManager("update", { maxAge: 0 }), APT), [
        "changed",
        "changed",
      ]);
      assert.equal((await run(packageManager("update"))).result, "ok");
      await root.bash("touch -d '2 hours ago' /var/lib/pallet/packages-updated");
      assert.equal((await run(packageManager("update", { maxAge: 3600 }), true)).result, "would-change");
      await root.bash(
        "touch /var/lib/pallet/packages-updated; sleep 0.1; touch /etc/apt/sources.list.d/x.list",
      );
      assert.equal((await run(packageManager("update"), true)).result, "would-change");
    });

    await t.step("check mode touches nothing", async () => {
      const look = "sha256sum /var/lib/dpkg/status; ls -l --time-style=full-iso /var/lib/apt/lists";
      const before = await out(root, look);
      const { results } = await runActions(root, [
        packages("plus++", "nosuchpackage"),
        packages("plain", { action: "purge" }),
        packages("plain", "sed"),
        packageManager("update", { maxAge: 0 }),
      ], { ...APT, check: true });
      assert.deepEqual(results.map(({ result }) => result), [
        "would-change",
        "would-change",
        "ok",
        "would-change",
      ]);
      assert.equal(await out(root, look), before);
    });

    await t.step("sources that fail are said; the environment's proxy is used", async () => {
      await root.bash("echo 'deb http://127.0.0.1:1/ nowhere main' >/etc/apt/sources.list.d/x.list");
      const failed = await run(packageManager("update"));
      assert.match(failed.message ?? "", /Cannot update the lists of packages: .*127\.0\.0\.1/);
      const proxied = { ...APT, environment: { proxy: "http://127.0.0.1:2" } };
      const { output } = await runAction(root, packageManager("update"), proxied);
      assert.match(output, /127\.0\.0\.1:2/);
    });
  });
});

Deno.test("a real package comes from the system's own sources", { ignore }, async () => {
  await withThrowawayRoot(async (root) => {
    await root.bash("rm -rf /var/lib/apt/lists/*");
    const { message } = await runAction(root, packages("hello"), APT);
    assert.equal(message, undefined);
    assert.match(await out(root, "hello"), /Hello, world!/);
    assert.equal((await runAction(root, packages("hello"), APT)).result, "ok");
  });
});

Deno.test("packages come through the environment's proxy, from hosts that only it knows", {
  ignore,
}, async () => {
  await withThrowawayRoot(async (root) => {
    const built = REPOSITORY.replace("file:/srv/repo", "http://repository.invalid");
    assert.equal((await root.bash(built)).code, 0);
    const asked: string[] = [];
    const proxy = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, async ({ url }) => {
      asked.push(url);
      const name = decodeURIComponent(new URL(url).pathname.split("/").at(-1) ?? "");
      const { stdout } = await root.bash(`cat -- /srv/repo/${JSON.stringify(name)} 2>/dev/null | base64 -w0`);
      const content = Uint8Array.fromBase64(stdout);
      return content.length === 0 ? new Response("", { status: 404 }) : new Response(content);
    });
    try {
      const environment = { proxy: `http://127.0.0.1:${proxy.addr.port}` };
      const direct = { ...environment, noProxy: ["repository.invalid"] };
      assert.equal(
        (await runAction(root, packages("plain"), { ...APT, environment: direct })).result,
        "failed",
      );
      assert.deepEqual(asked, []);
      const { result, output } = await runAction(root, packages("plain"), { ...APT, environment });
      assert.equal(result, "changed", output);
      assert.equal(await out(root, "cat /etc/plain.conf"), "two\n");
      assert.ok(
        asked.some((url) => /^http:\/\/repository\.invalid\/.*plain_2.*\.deb$/.test(url)),
        asked.join("\n"),
      );
    } finally {
      await proxy.shutdown();
    }
  });
});
