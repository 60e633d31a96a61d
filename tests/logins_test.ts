// What is told of keys and of ssh's configuration before any node is touched.
import assert from "node:assert/strict";
import { join } from "node:path";
import { inProcess } from "./support/in_process.ts";
import { has } from "./support/needs.ts";
import { denoDir } from "./support/process.ts";

const ignore = !await has("ssh-keygen");
if (ignore) console.log("Keys of nodes are not judged: there is no ssh-keygen");

const INFRA = `import { groupSpec, remoteFile } from "pallet";
export const web = groupSpec("web", { count: 2, phases: { configure: () => remoteFile("/x", { content: "" }) } });
`;

// Nothing listens there: whoever is connected to is unreachable.
const CONFIG = `services:
  mine:
    provider: node-list
    user: root
    identities: [good, key]
    nodes:
      - { name: web-1, group: web, address: 127.0.0.1, port: 1 }
      - { name: web-2, group: web, address: 127.0.0.1, port: 1, identities: [good] }
default-service: mine
`;

interface Project {
  readonly folder: string;
  lift(...args: readonly string[]): Promise<{ readonly status: number; readonly err: string }>;
}

async function withProject(body: (project: Project) => Promise<void>): Promise<void> {
  const folder = await Deno.realPath(await Deno.makeTempDir({ prefix: "pallet-logins-" }));
  const env = { HOME: folder, XDG_STATE_HOME: join(folder, "state"), SSH_AUTH_SOCK: "", DENO_DIR: denoDir };
  try {
    await Deno.writeTextFile(join(folder, "infra.ts"), INFRA);
    await Deno.writeTextFile(join(folder, "pallet.yaml"), CONFIG);
    await Deno.mkdir(join(folder, ".ssh"), { mode: 0o700 });
    for (const name of ["good", "key"]) await makeKey(join(folder, name));
    await body({
      folder,
      lift: (...args) => inProcess(["lift", "web", ...args], { cwd: folder, env }),
    });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function makeKey(path: string): Promise<void> {
  const args = ["-q", "-t", "ed25519", "-N", "", "-f", path];
  assert.ok((await new Deno.Command("ssh-keygen", { args, stdin: "null" }).output()).success);
}

Deno.test(
  "what ssh refuses in its configuration is told once, before any node is touched",
  { ignore },
  async () => {
    await withProject(async ({ folder, lift }) => {
      const said = async (config: string) => {
        await Deno.writeTextFile(join(folder, ".ssh/config"), config, { mode: 0o600 });
        const { status, err } = await lift();
        return `${status} ${err}`;
      };
      const place = `\n  at ${join(".ssh/config")}:3:1\n`;
      const cipher = await said("# mine\nHost 127.*\n  Ciphers aes128-ctr,aes129-ctr\n");
      assert.match(
        cipher,
        /^2 error: Cannot use the ssh configuration: ciphers: ssh knows no "aes129-ctr"\n/i,
      );
      assert.ok(cipher.includes(place), cipher);
      assert.match(cipher, /help: Did you mean aes12\d-ctr\?/);
      for (const line of ["KexAlgorithms +nonsense", "HostKeyAlgorithms ssh-*,x-*", "MACs hmac-sha3"]) {
        const text = await said(`\nHost other\n${line}\n`);
        assert.match(text, /^2 error: [^]*ssh knows no "(nonsense|x-\*|hmac-sha3)"/);
        assert.ok(text.includes(place), text);
      }
      const none = await said("KexAlgorithms sntrup761x25519-sha512@openssh.com\n");
      assert.match(none, /^2 error: .* leaves no algorithm that Pallet has: .* \(~\/\.ssh\/config:1\)\n/);
      assert.match(
        await said("Ciphers -nonsense\nKexAlgorithms +sntrup761x25519-sha512@openssh.com\n"),
        /^4 /,
      );
    });
  },
);

Deno.test(
  "a key that no login can use is told before any node is touched, at its place",
  { ignore },
  async () => {
    await withProject(async ({ folder, lift }) => {
      const key = join(folder, "key");
      const said = async (...args: readonly string[]) => {
        const { status, err } = await lift(...args);
        assert.equal(status, 2, err);
        assert.match(err, /pallet\.yaml:5:24\n +5 \| +identities: \[good, key\]\n/);
        return err;
      };
      const fine = await lift();
      assert.equal(fine.status, 4, fine.err);
      await Deno.chmod(key, 0o644);
      assert.match(
        await said(),
        /Cannot use the private key ".*\/key", with which web-1 is to be .* \(mode 0644\)/,
      );
      await said("--check");
      assert.equal((await lift("--limit", "web-2")).status, 4, "the node with the wrong key is not touched");
      await Deno.remove(key);
      assert.match(await said(), /it is a public key, and no agent has its private half/);
      await Deno.remove(`${key}.pub`);
      assert.match(await said(), /there is no such file/);
      await Deno.writeTextFile(key, "no key\n", { mode: 0o600 });
      assert.match(await said(), /it is no private key/);
      await Deno.remove(key);
      await Deno.mkdir(key);
      assert.match(await said(), /Is a directory/);
    });
  },
);
