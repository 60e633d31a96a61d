// Values that travel beside a script, with this machine as the node.
import assert from "node:assert/strict";
import { follow, localTest as test, runScript, script, until, withLocalNode } from "./testing.ts";

const VALUE = `va'l "ue" \\x41 $HOME ü\nend\n`;
const READ = `
while IFS= read -r line; do printf -v value %b "\${line#*=}"; echo "\${line%%=*} \${#value} $(printf %s "$value" | sha256sum)"; done <&7
exec 7<&-
cat /proc/$$/environ /proc/$$/cmdline | tr '\\0' '\\n'
`;

async function digest(text: string): Promise<string> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text))).toHex();
}

async function exists(path: string): Promise<boolean> {
  return await Deno.stat(path).then(() => true, () => false);
}

async function ended(state: string, target: string): Promise<boolean> {
  const records = await Deno.readTextFile(`${state}/scripts/run-1/${target}.configure.0/records`);
  return records.includes("script-finished");
}

test("values reach a script by a pipe, and neither its arguments nor its environment", () =>
  withLocalNode(async ({ connect }) => {
    const connection = await connect();
    const sent = script(READ);
    const large = "x".repeat(64 * 1024);
    await connection.start(sent, undefined, new Map([["a/b", VALUE], ["empty", ""], ["large", large]]));
    const { output, end } = await follow(connection, sent);
    assert.equal(end, "ended");
    assert.match(
      output,
      new RegExp(
        `^a/b \\d+ ${await digest(VALUE)}  -\\nempty 0 ${await digest("")}  -\\nlarge 65536 ${await digest(
          large,
        )}`,
      ),
    );
    assert.ok(!output.includes("va'l") && !output.includes("xxxx"));
    const none = await runScript(connection, script("[[ -e /proc/self/fd/7 ]] || echo none"));
    assert.equal(none.output, "none\n", "values are for one script alone");
  }));

test("a script that is known already takes no values from whoever sends it again", () =>
  withLocalNode(async ({ state, connect }) => {
    const [one, two] = [await connect(), await connect()];
    const sent = script(READ);
    await one.start(sent, undefined, new Map([["a", "first"]]));
    await until(
      "it has ended",
      async () => (await exists(`${state}/forget`)) && await ended(state, sent.id.target),
    );
    assert.equal(await two.start(sent, undefined, new Map([["a", "second"]])), "known");
    assert.match((await follow(two, sent)).output, new RegExp(`^a 5 ${await digest("first")}`));
    const none = await runScript(two, script("[[ -e /proc/self/fd/7 ]] || echo none"));
    assert.equal(none.output, "none\n");
  }));

test("a script that does not take its values ends all the same", () =>
  withLocalNode(async ({ connect }) => {
    const connection = await connect();
    const sent = script("echo on");
    await connection.start(sent, undefined, new Map([["a", "x".repeat(60_000)], ["b", "y".repeat(60_000)]]));
    assert.equal((await follow(connection, sent)).output, "on\n");
  }));

test("output of a script with values is gone when it was read, and that of others is not", () =>
  withLocalNode(async ({ state, connect }) => {
    const connection = await connect();
    const [plain, secret] = [script("echo plain"), script("echo secret")];
    await runScript(connection, plain);
    await connection.start(secret, undefined, new Map([["a", "value"]]));
    assert.equal((await follow(connection, secret)).output, "secret\n");
    const outputs = async (): Promise<string> => {
      const { stdout } = await new Deno.Command("find", { args: [state, "-name", "output"] }).output();
      return new TextDecoder().decode(stdout);
    };
    await connection.close();
    await until(
      "the output is gone",
      async () => !await exists(`${state}/forget`) || (await Deno.readTextFile(`${state}/forget`)) === "",
    );
    const left = await outputs();
    assert.ok(left.includes(`/${plain.id.target}.`) && !left.includes(`/${secret.id.target}.`), left);
  }));

test("output of a script with values stays while the script goes on, whoever left it", () =>
  withLocalNode(async ({ state, connect }) => {
    const first = await connect();
    const sent = script(`echo one; until [[ -e ${state}/go ]]; do sleep 0.05; done; echo two`);
    await first.start(sent, undefined, new Map([["a", "value"]]));
    await first.close();
    const second = await connect();
    await Deno.writeTextFile(`${state}/go`, "");
    assert.equal((await follow(second, sent)).output, "one\ntwo\n");
    await second.close();
  }));
