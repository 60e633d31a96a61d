import assert from "node:assert/strict";
import { PalletError } from "../errors.ts";
import { Secrets } from "./secrets.ts";
import type { SecretSource } from "./source.ts";

function sourceOf(
  name: string,
  values: Readonly<Record<string, string>>,
  asked: string[] = [],
): SecretSource {
  return {
    name,
    read: (secret) => {
      asked.push(`${name} ${secret}`);
      return Promise.resolve(values[secret]);
    },
    close: () => Promise.resolve(),
  };
}

const ORIGIN = { file: "infra.ts", line: 3, column: 5 };
const wanted = (...names: readonly string[]) => new Map(names.map((name) => [name, ORIGIN]));

Deno.test("secrets come from the first source that has them, each asked for once", async () => {
  const asked: string[] = [];
  const secrets = new Secrets([
    sourceOf("one", { a: "from one" }, asked),
    sourceOf("two", { a: "x", b: "from two" }, asked),
  ]);
  await Promise.all([secrets.resolve(wanted("a", "b")), secrets.resolve(wanted("a"))]);
  assert.equal((await secrets.value("a")).reveal(), "from one");
  assert.equal((await secrets.value("b")).reveal(), "from two");
  assert.deepEqual(asked, ["one a", "one b", "two b"]);
  assert.equal(secrets.redactor.text("it is from one, and from two"), "it is ***, and ***");
});

Deno.test("secrets that no source has are told all at once, with where they are used", async () => {
  const secrets = new Secrets([
    { ...sourceOf("env", { a: "1234" }), advice: (name) => `the variable of ${name}` },
    sourceOf("file", {}),
  ]);
  await assert.rejects(secrets.resolve(wanted("a", "db/x", "b")), (error) => {
    assert.ok(error instanceof PalletError);
    assert.equal(error.message, 'There are no secrets "db/x", "b"');
    assert.deepEqual(error.origin, ORIGIN);
    assert.match(
      error.help ?? "",
      /^Asked: env, file\. Give it by the variable of db\/x\.$/,
    );
    return true;
  });
  await assert.rejects(new Secrets([]).resolve(wanted("a")), /There is no secret "a"/);
  await assert.rejects(secrets.value("never"), /was not read/);
});

Deno.test("values that no script could take are refused, and not shown", async () => {
  for (const value of ["hunter2\0", "hunter2".repeat(10_000), "hunter2\ud800"]) {
    await assert.rejects(new Secrets([sourceOf("env", { a: value })]).resolve(wanted("a")), (error) => {
      assert.ok(error instanceof PalletError && /Cannot use secret "a" of env: it /.test(error.message));
      return !error.message.includes("hunter2");
    });
  }
});

Deno.test("a source that failed is asked again", async () => {
  let count = 0;
  const secrets = new Secrets([{
    name: "flaky",
    read: () => count++ === 0 ? Promise.reject(new Error("locked")) : Promise.resolve("open now"),
    close: () => Promise.resolve(),
  }]);
  await assert.rejects(secrets.resolve(wanted("a")), /locked/);
  await secrets.resolve(wanted("a"));
  assert.equal((await secrets.value("a")).reveal(), "open now");
});

Deno.test("a source that could not be asked is told with the place that wants the secret", async () => {
  const broken = new PalletError("It is locked", { kind: "config", help: "Unlock it." });
  const secrets = new Secrets([{ ...sourceOf("store", {}), read: () => Promise.reject(broken) }]);
  await assert.rejects(secrets.resolve(wanted("a")), {
    message: "It is locked",
    help: "Unlock it.",
    origin: ORIGIN,
  });
});
