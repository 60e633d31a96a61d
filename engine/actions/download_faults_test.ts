// Hosts and nodes from which nothing can be downloaded.
import assert from "node:assert/strict";
import { makeCertificates } from "../../tests/support/crate_host.ts";
import {
  FILE_SHA256 as sha256,
  noneLeft,
  out,
  withCutHost,
  withDownloads,
  withFileHost,
} from "../../tests/support/file_host.ts";
import { noRoots, runAction, twice } from "../../tests/support/actions.ts";
import { withThrowawayRoot } from "../../tests/support/throwaway.ts";
import { remoteFile, type RemoteFileOptions } from "./list.ts";

const ignore = await noRoots();

for (const tool of ["curl", "wget"] as const) {
  Deno.test(`faults of downloads by ${tool}`, { ignore }, async (t) => {
    await withDownloads(tool, async ({ root, host, download }) => {
      await out(root, "echo old >/srv/a");
      await t.step("a host that fails is said", async () => {
        const message = async (path: string, options: RemoteFileOptions = {}) => {
          const { result, message } = await runAction(root, download(path, options));
          assert.equal(result, "failed");
          return message ?? "";
        };
        host.requests.length = 0;
        assert.match(await message("/none"), /^Cannot download http:\S+\/none: .*404/);
        assert.equal(host.requests.length, 1, "it will not be there a moment later either");
        assert.match(await message("/loop"), /Cannot download .*\/loop: .*redirect/);
        assert.doesNotMatch(await message("/elsewhere"), /Cannot use/);
        const began = Date.now();
        assert.match(await message("/drip", { timeout: 1 }), /Cannot download .*(timed out|took too long)/);
        assert.ok(Date.now() - began < 5000);
        assert.equal(await out(root, "cat /srv/a"), "old\n");
        await noneLeft(root);
      });

      await t.step("what may pass is tried three times, and a proxy's password goes to it", async () => {
        await withCutHost(async (url, asked) => {
          const message = async (name: string, from: string, proxy?: string) => {
            const environment = proxy === undefined ? {} : { proxy };
            const action = remoteFile(`/srv/${name}`, { url: from, sha256 });
            return (await runAction(root, action, { environment })).message ?? "";
          };
          const [cut = "", nobody = "", unknown = "", secure = ""] = await Promise.all([
            message("cut", `${url}/cut`),
            message("nobody", "http://127.0.0.1:1/"),
            message("unknown", "http://unknown.invalid/"),
            message("secure", "https://secure.invalid/", url.replace("//", "//me:p%40w@")),
          ]);
          assert.match(cut, /Cannot download http:\S+\/cut: /);
          assert.match(
            nobody,
            /Cannot download .*([Cc]onnection refused|[Cc]ouldn't connect|Failed to connect)/,
          );
          assert.match(unknown, /Cannot download .*resolve/);
          assert.match(secure, /Cannot download https:\/\/secure\.invalid/);
          assert.equal(asked.filter((request) => request.startsWith("GET /cut ")).length, 3);
          const tunnels = asked.filter((request) => request.startsWith("CONNECT secure.invalid:443 "));
          assert.equal(tunnels.length, 3);
          assert.match(tunnels[0] ?? "", new RegExp(`Proxy-Authorization: Basic ${btoa("me:p@w")}`, "i"));
        });
        await noneLeft(root);
      });

      await t.step("a host that is busy is asked again", async () => {
        host.requests.length = 0;
        assert.equal((await runAction(root, download("/busy"))).result, "changed");
        assert.deepEqual(host.requests, ["/busy", "/busy"]);
      });

      await t.step("what never ends is ended before it fills the disk", async () => {
        await out(
          root,
          "mkdir /srv/small; mount -t tmpfs -o size=1m none /srv/small; echo old >/srv/small/a",
        );
        for (const path of ["/srv/small/a", "/srv/small/b"]) {
          const { message } = await runAction(
            root,
            remoteFile(path, { url: `${host.url}/endless`, sha256 }),
          );
          assert.match(message ?? "", /it is larger than \d{6} bytes, for which \/srv\/small\/ has room/);
        }
        assert.equal(await out(root, "ls -A /srv/small; cat /srv/small/a"), "a\nold\n");
      });
    });
  });
}

Deno.test("https is checked against the authorities that the node trusts", { ignore }, async () => {
  const folder = await Deno.makeTempDir();
  try {
    const { authority, cert, key } = await makeCertificates(folder);
    await withFileHost((host) =>
      withThrowawayRoot(async (root) => {
        const action = remoteFile("/srv/x", { url: `${host.url}/moved`, sha256 });
        for (const tool of ["curl", "wget"]) {
          assert.match(
            (await runAction(root, action)).message ?? "",
            /Cannot download https:.*certificate/,
            tool,
          );
          await out(root, "cp /etc/ssl/certs/ca-certificates.crt /srv/kept");
          const bundle = `${root.path}/etc/ssl/certs/ca-certificates.crt`;
          await Deno.writeTextFile(bundle, await Deno.readTextFile(authority), { append: true });
          assert.deepEqual(await twice(root, action), ["changed", "ok"], tool);
          await out(root, "cp /srv/kept /etc/ssl/certs/ca-certificates.crt; rm -f /srv/x /usr/bin/curl");
        }
      }), { cert, key });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("a node without curl and wget says what to install", { ignore }, async () => {
  await withThrowawayRoot(async (root) => {
    await out(root, 'rm -f "$(command -v curl)" "$(command -v wget)"');
    const action = (path: string) => remoteFile(path, { url: "https://files.example/x", sha256 });
    const { message } = await runAction(root, action("/srv/x"));
    assert.match(
      message ?? "",
      /neither curl nor wget is on this node; install one before, as by packages\("curl"\)/,
    );
    assert.match((await runAction(root, action("/none/x"))).message ?? "", /there is no directory \/none/);
    await noneLeft(root);
  });
});
