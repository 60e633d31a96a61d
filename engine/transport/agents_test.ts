// Agents, real ones and others, with a real OpenSSH server.
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { makeKey } from "../../tests/support/sshd.ts";
import { joined } from "../bytes.ts";
import { SshAgent } from "./ssh_agent/agent.ts";
import { fails, logOf, withTransport } from "./ssh_testing.ts";
import { field, uint32 } from "./wire.ts";
import {
  authority,
  configured,
  enter,
  folder,
  keygen,
  PASSPHRASE,
  refusal,
  serveKeys,
  sshd,
  test,
  trust,
  withAgent,
  withFakeAgent,
} from "./keys_testing.ts";

serveKeys();

test("fault 22: named keys come first, and those of them that the agent has need no passphrase", async () => {
  const locked = `${folder}/in-agent`;
  await keygen("-t", "ed25519", "-N", "", "-f", locked);
  await trust(await Deno.readTextFile(`${locked}.pub`));
  const strangers = await Promise.all(
    Array.from({ length: 49 }, (_, at) => makeKey(`${folder}/many-${at}`, ["-t", "ed25519"])),
  );
  await withAgent([...strangers, locked], async ({ socket, run }) => {
    assert.equal((await run("-l")).trim().split("\n").length, 50);
    await keygen("-p", "-P", "", "-N", PASSPHRASE, "-f", locked);
    await enter({ identities: [locked] }, { agentSocket: socket });
    // Its public half alone will do.
    await enter({ identities: [`${locked}.pub`] }, { agentSocket: socket });

    let tooMany = "";
    const { log } = await logOf(async () => {
      tooMany = await refusal(enter({ identities: [`${folder}/none`] }, { agentSocket: socket }));
    });
    assert.match(tooMany, /tried "test" of the agent/);
    assert.match(tooMany, /Too many authentication failures/i);
    assert.match(tooMany, /30 more keys of the agent, which are too many to try/);
    assert.match(log, /maximum authentication attempts exceeded/);

    const config = `${folder}/only_config`;
    await Deno.writeTextFile(config, `Host *\nIdentitiesOnly yes\nIdentityFile ${strangers[0]}\n`);
    let only = "";
    const { log: ofOne } = await logOf(async () => {
      only = await refusal(enter(configured, { agentSocket: socket, sshConfig: config }));
    });
    assert.match(only, new RegExp(`: tried ${strangers[0]}$`));
    assert.equal(ofOne.match(/Failed publickey/g)?.length, 1, ofOne);
  });
});

test("fault 22: an agent that is absent, locked, empty, silent or talks rubbish is named, and stops no other key", async () => {
  const gone = `${folder}/gone`;
  const none = { identities: [`${folder}/none`] };
  assert.match(
    await refusal(enter(none, { agentSocket: gone })),
    /there is no key to try; .*the agent .*gone cannot be asked: there is no such socket/,
  );
  await enter({}, { agentSocket: gone });
  await withAgent([sshd.identity], async ({ socket }) => {
    await enter(none, { agentSocket: socket });
    await lockAgent(socket);
    assert.match(
      await refusal(enter(none, { agentSocket: socket })),
      /the agent .* has no keys, or is locked/,
    );
    await enter({}, { agentSocket: socket });
    const key = Buffer.from((await Deno.readTextFile(`${authority}.pub`)).split(" ")[1] ?? "", "base64");
    await assert.rejects(
      new SshAgent(socket).sign(key, new Uint8Array(4), ""),
      /refused to sign \(it may be locked\)/,
    );
  });
  let questions = 0;
  const silent = () => void questions++;
  await withFakeAgent(silent, async (socket) => {
    await withTransport(async (connect) => {
      await fails(connect(none), /does not answer within 3 s/);
      // A run waits for it once.
      await connect({});
      assert.equal(questions, 1);
    }, { agentSocket: socket });
    const quick = new SshAgent(socket, { list: 0.2, sign: 0.2 });
    await assert.rejects(
      quick.sign(new Uint8Array(1), new Uint8Array(1), ""),
      /does not answer within 0.2 s/,
    );
  });
  for (
    const rubbish of [new Uint8Array(), Uint8Array.of(12, 0, 0, 0, 9, 1), Uint8Array.of(5), Uint8Array.of(99)]
  ) {
    await withFakeAgent(() => rubbish, async (socket) => {
      assert.match(
        await refusal(enter(none, { agentSocket: socket })),
        /there is no key to try/,
      );
      await enter({}, { agentSocket: socket });
    });
  }
});

test("fault 22: keys of an agent that cannot be read are passed over", async () => {
  const damaged = [field("ssh-ed25519-cert-v01@openssh.com"), field("ssh-dss"), new Uint8Array([0, 0, 9])];
  const list = [Uint8Array.of(12), uint32(3), ...damaged.flatMap((blob) => [field(blob), field("x")])];
  await withFakeAgent(() => joined(list), async (socket) => {
    const message = await refusal(enter({ identities: [`${folder}/none`] }, { agentSocket: socket }));
    assert.match(message, /: there is no key to try; not used: \S+none: there is no such file$/);
    await enter({}, { agentSocket: socket });
  });
});

async function lockAgent(socket: string): Promise<void> {
  const connection = await Deno.connect({ transport: "unix", path: socket });
  await connection.write(field(joined([Uint8Array.of(22), field("secret")])));
  const answer = new Uint8Array(5);
  await connection.read(answer);
  assert.equal(answer[4], 6);
  connection.close();
}
