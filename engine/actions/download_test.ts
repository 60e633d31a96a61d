// Files that a node fetches itself.
import assert from "node:assert/strict";
import { parseOs } from "../os/mod.ts";
import { secret } from "../plan/deferred.ts";
import { FILE, FILE_SHA256 as sha256, noneLeft, out, withDownloads } from "../../tests/support/file_host.ts";
import {
  compileActions,
  noRoots,
  runAction,
  runActions,
  twice,
  wasOwned,
} from "../../tests/support/actions.ts";
import { remoteFile, type RemoteFileOptions } from "./list.ts";

const ignore = await noRoots();

function refused(options: RemoteFileOptions): string {
  try {
    remoteFile("/srv/x", options);
  } catch (error) {
    return error instanceof Error ? error.message : "";
  }
  return "";
}

Deno.test("a download must be locked, and its URL one that all may see", () => {
  const url = "https://files.example/app.tar.gz";
  assert.equal(refused({ url, sha256, timeout: 60 }), "");
  assert.match(refused({ url }), /url needs sha256/);
  assert.match(refused({ sha256 }), /must have exactly one of content, localFile, template and url/);
  assert.match(refused({ content: "x", sha256 }), /sha256 and timeout belong to a url/);
  assert.match(refused({ content: "x", timeout: 5 }), /sha256 and timeout belong to a url/);
  assert.match(refused({ url, content: "x", sha256 }), /exactly one of/);
  assert.match(
    refused({ url, sha256: sha256.slice(1) }),
    /sha256: must be a SHA-256, .* 64 hexadecimal digits/,
  );
  assert.match(refused({ url, sha256, timeout: 0.5 }), /timeout: /);
  for (
    const wrong of ["ftp://files.example/x", "file:///etc/shadow", "-o/etc/x", "/etc/x", "https:///x", ""]
  ) {
    assert.match(refused({ url: wrong, sha256 }), /url: must be an http or https URL/, wrong);
  }
  for (const wrong of [`${url} b`, `${url}?ü`, `${url}\tx`]) {
    assert.match(refused({ url: wrong, sha256 }), /url: must have no spaces, and ASCII alone/, wrong);
  }
  assert.match(refused({ url: `${url}\n--help`, sha256 }), /url: must be one line/);
  for (const wrong of ["https://me:pw@files.example/x", "https://me@files.example", "http://:@h?x"]) {
    assert.match(refused({ url: wrong, sha256 }), /url: must have no user name and password/, wrong);
  }
  assert.match(refused({ url: `${url}?token=${secret("token")}`, sha256 }), /url: must not hold a secret/);
  assert.equal(refused({ url: `${url}?at=me@here`, sha256 }), "");
});

Deno.test("the hash, in capitals too, proves that there is nothing to fetch", async () => {
  const script = async (hash: string) => {
    const action = remoteFile("/srv/x", { url: "https://files.example/x", sha256: hash });
    return (await compileActions([action], parseOs("debian-12"))).text;
  };
  const text = await script(sha256);
  assert.equal(await script(sha256.toUpperCase()), text);
  assert.match(text, /pallet_proof_0\(\) \{\n {2}pallet_is_remote_file \/srv\/x '' '' '' [0-9a-f]{64}\n/);
});

for (const tool of ["curl", "wget"] as const) {
  Deno.test(`downloads by ${tool}`, { ignore }, async (t) => {
    await withDownloads(tool, async ({ root, host, download }) => {
      await t.step("check mode tells without fetching", async () => {
        const outcome = await runAction(root, download("/file"), { check: true });
        assert.deepEqual([outcome.result, outcome.changes], [
          "would-change",
          [`create /srv/a from ${host.url}/file`],
        ]);
        assert.deepEqual(host.requests, []);
      });

      await t.step("what is at the URL takes its place, once, with owner, group and mode", async () => {
        const action = download("/moved", { owner: "daemon", group: "adm", mode: "0640" });
        assert.deepEqual(await twice(root, action), ["changed", "ok"]);
        assert.deepEqual(await Deno.readFile(`${root.path}/srv/a`), FILE);
        assert.match(await out(root, "stat -c '%U %G %a' /srv/a"), /^daemon adm 640$/m);
        assert.deepEqual(host.requests.splice(0), ["/moved", "/file"]);
        assert.equal((await runAction(root, action, { check: true })).result, "ok");
        await out(root, "rm /srv/a");
        assert.equal((await runAction(root, download("/file"))).result, "changed");
        assert.match(await out(root, "stat -c '%U %G %a' /srv/a"), /^root root 644$/m);
        assert.ok(Date.now() / 1000 - Number(await out(root, "stat -c %Y /srv/a")) < 30, "its time is now");
      });

      await t.step("what somebody edited on the node is not replaced, and nothing fetched", async () => {
        await out(root, "echo mine >>/srv/a; chmod 600 /srv/a");
        host.requests.length = 0;
        const failed = await runAction(root, download("/file"));
        assert.match(failed.message ?? "", /Cannot replace \/srv\/a: it was edited on this node/);
        assert.deepEqual(host.requests, []);
        const done = await runAction(root, download("/file", { overwriteChanges: true }));
        assert.deepEqual(done.changes, [
          `replace /srv/a from ${host.url}/file, which was changed by hand`,
        ]);
        assert.match(
          await out(root, "stat -c %a /srv/a; cat /var/lib/pallet/versions/srv/a/@*|tail -n 1"),
          /^600\n[^]*mine/,
        );
      });

      await t.step("what is not what was expected never takes its place", async () => {
        await runAction(root, remoteFile("/srv/a", { content: "old\n" }));
        const before = await out(root, "stat -c '%i %y' /srv/a");
        const found = new RegExp(
          `it is an HTML page of \\d+ bytes with SHA-256 [0-9a-f]{64}, and ${sha256} was`,
        );
        assert.match((await runAction(root, download("/page"))).message ?? "", found);
        const other = await runAction(root, download("/file", { sha256: "0".repeat(64) }));
        assert.match(
          other.message ?? "",
          new RegExp(`100000 bytes with SHA-256 ${sha256}, and 0{64} was expected`),
        );
        const verified = await runAction(root, download("/file", { verify: "grep -q old" }));
        assert.match(verified.message ?? "", /its verify command failed/);
        assert.equal(await out(root, "stat -c '%i %y' /srv/a"), before);
        await noneLeft(root);
      });

      await t.step("names and URLs are no bash, and nobody's own settings are read", async () => {
        const settings = "output-document=/srv/taken\noutput = /srv/taken\n";
        await out(root, `printf %s '${settings}' | tee /root/.curlrc /root/.wgetrc`);
        const odd = [
          "$(touch${IFS}owned)",
          "'it`s'",
          '"q"',
          ";x&y|z",
          "{a,b}[1-3]",
          "%20a",
          "-o",
          "a#b",
        ];
        const actions = odd.map((name) =>
          remoteFile(`/srv/odd${name}`, { url: `${host.url}/odd/${name}?a=${name}`, sha256 })
        );
        const { results } = await runActions(root, actions);
        assert.deepEqual(results.map(({ result, message }) => message ?? result), odd.map(() => "changed"));
        for (const name of odd) assert.deepEqual(await Deno.readFile(`${root.path}/srv/odd${name}`), FILE);
        assert.ok(!await wasOwned(root));
        assert.equal((await root.bash("ls /srv/taken /root/.wget-hsts")).stdout, "");
      });

      await t.step("the environment's proxy is asked, but for hosts that need none", async () => {
        host.requests.length = 0;
        const at = (name: string) =>
          remoteFile(`/srv/${name}`, { url: `http://${name}.invalid/file`, sha256 });
        const environment = { proxy: host.url, noProxy: ["inside.invalid"] };
        const through = await runAction(root, at("outside"), { environment });
        assert.equal(through.result, "changed", through.message);
        assert.deepEqual(host.requests, ["http://outside.invalid/file"]);
        await out(root, "echo 127.0.0.1 inside.invalid >>/etc/hosts");
        const inside = `${host.url.replace("127.0.0.1", "inside.invalid")}/file`;
        const direct = await runAction(root, remoteFile("/srv/inside", { url: inside, sha256 }), {
          environment: { proxy: "http://127.0.0.1:1", noProxy: ["other.invalid", "inside.invalid"] },
        });
        assert.equal(direct.result, "changed", direct.message);
        const local = await runAction(root, download("/file", { id: "local", overwriteChanges: true }), {
          environment: { proxy: "http://127.0.0.1:1" },
        });
        assert.notEqual(local.result, "failed", local.message);
      });

      await t.step("what a killed run left of a download is taken away", async () => {
        await out(
          root,
          "echo part >/srv/.pallet.1.2; printf %s /srv/.pallet.1.2 >/var/lib/pallet/files/srv/a/@staged",
        );
        await runAction(root, remoteFile("/srv/a", { content: "old\n", overwriteChanges: true }));
        assert.equal((await runAction(root, download("/file"))).result, "changed");
        await noneLeft(root);
      });
    });
  });
}
