import assert from "node:assert/strict";
import { noRoots } from "../../tests/support/actions.ts";
import { assertCrateGolden, assertRefuses, phaseOf, planCrate, systems } from "../../tests/support/crates.ts";
import { has } from "../../tests/support/needs.ts";
import { type ThrowawayRoot, withThrowawayRoot } from "../../tests/support/throwaway.ts";
import type { PlanResult } from "pallet";
import { mysql, mysqlDatabase, type MysqlOptions, mysqlScript, mysqlSettings, mysqlUser } from "./mod.ts";

const ignore = await noRoots() || !await has("apt-get");

for (const os of systems) {
  Deno.test(`mysql() and its SQL become the same bash as ever on ${os}`, async () => {
    const spec = {
      extends: mysql({ bindAddress: "0.0.0.0", options: { max_connections: "200" } }),
      phases: {
        configure: () => [
          mysqlDatabase("it's `mine`"),
          mysqlScript("seed", "INSERT INTO app.t VALUES ('it''s');", { unless: "SELECT 1 FROM app.t;" }),
          mysqlUser({
            name: "reader",
            host: "10.0.0.%",
            grants: { "my_app.*": "select,insert", "app.t": "ALL" },
          }),
        ],
      },
    };
    await assertCrateGolden("mysql", os, await planCrate(spec, os));
  });
}

Deno.test("mysql() tells others where it listens", async () => {
  const { settings } = await planCrate(mysql({ port: 3307 }), "rocky-9");
  assert.deepEqual(settings, [{
    target: "web-1",
    facility: mysqlSettings.facility,
    instance: "default",
    value: { port: 3307, bindAddress: "127.0.0.1" },
  }]);
});

Deno.test("mysql() and its SQL refuse what they cannot use, and say where", () => {
  // What plain JavaScript may hand over.
  const given = (options: unknown) => () => mysql(options as MysqlOptions);
  assertRefuses(given({ prt: 1 }), /options of mysql: prt: unknown key "prt". Did you mean "port"\?/);
  assertRefuses(given({ port: 70_000 }), /port: must be a port/);
  assertRefuses(given({ bindAddress: "0.0.0.0\nskip-grant-tables" }), /bindAddress: must be one line/);
  assertRefuses(given({ options: { "a b": "1" } }), /"a b" is no name/);
  assertRefuses(given({ options: { port: "1" } }), /"port" is an option of mysql\(\) itself/);
  assertRefuses(() => mysqlDatabase(""), /name, "", must have 1 to 64 characters/);
  assertRefuses(() => mysqlDatabase("a\nb"), /must be one line/);
  const user = (name: string, grants: Record<string, string>) => () => mysqlUser({ name, grants });
  assertRefuses(user("", {}), /name, "", must have/);
  assertRefuses(user("a", { app: "SELECT" }), /"app" must be as "app\.\*"/);
  assertRefuses(user("a", { "app.*": "SELECT; DROP DATABASE app" }), /must be privileges/);
  assertRefuses(user("a", { "app.*": "" }), /must be privileges/);
});

/** A server of the root's own, without the manager of services that it would have on a node. */
async function startServer(root: ThrowawayRoot): Promise<void> {
  const { code, stderr } = await root.bash(`
    set -e
    apt-get update -qq
    apt-get install -y -qq --no-install-recommends mariadb-server
    install -d -o mysql /run/mysqld
    setsid mariadbd --user=mysql --skip-networking >/dev/null 2>&1 </dev/null &
    for ((i = 0; i < 150; i++)); do
      if mariadb-admin ping >/dev/null 2>&1; then exit 0; fi
      sleep 0.2
    done
    exit 1
  `);
  assert.equal(code, 0, stderr);
}

Deno.test("databases, users and SQL in a throwaway root", { ignore }, async (t) => {
  await withThrowawayRoot(async (root) => {
    await startServer(root);
    let run = 0;
    const once = async (actions: () => PlanResult, check = false): Promise<readonly string[]> => {
      const options = { run: String(++run), facts: root.facts, check };
      const { results, output } = await root.runScript(
        (await planCrate(phaseOf(actions), "debian-12", options)).script,
      );
      return results.map(({ result }) => result === "failed" ? output : result);
    };
    const twice = async (actions: () => PlanResult) => [await once(actions), await once(actions)];
    const sql = async (text: string) => (await root.bash(`mysql -N <<'SQL'\n${text}\nSQL\n`)).stdout.trim();

    await t.step("a database of any name is made once", async () => {
      const actions = () => ["app", "my_app", "it's `mine`\\"].map(mysqlDatabase);
      assert.deepEqual(await once(actions, true), ["would-change", "would-change", "would-change"]);
      assert.deepEqual(await twice(actions), [["changed", "changed", "changed"], ["ok", "ok", "ok"]]);
    });
    await t.step("SQL is run as it stands, unless its query yields a row", async () => {
      const actions = () => [
        mysqlScript(
          "table",
          "CREATE TABLE app.t (v VARCHAR(40)); INSERT INTO app.t VALUES ('it''s $HOME `id`');",
          {
            unless:
              "SELECT 1 FROM information_schema.tables WHERE table_schema = 'app' AND table_name = 't';",
          },
        ),
      ];
      assert.deepEqual(await twice(actions), [["changed"], ["ok"]]);
      assert.equal(await sql("SELECT v FROM app.t;"), "it's $HOME `id`");
    });
    await t.step("a user gets its grants once, however they are written", async () => {
      const actions = () => [
        mysqlUser({
          name: "reader",
          host: "10.0.0.%",
          grants: { "my_app.*": "insert,Select", "app.t": "ALL" },
        }),
        mysqlUser({ name: "it's", grants: { "app.*": "all privileges", "*.*": "PROCESS" } }),
        mysqlUser({ name: "nobody", grants: {} }),
      ];
      assert.deepEqual(await twice(actions), [["changed", "changed", "changed"], ["ok", "ok", "ok"]]);
    });
    await t.step("a database's name is no pattern", async () => {
      assert.match(await sql("SHOW GRANTS FOR 'reader'@'10.0.0.%';"), /`my\\+_app`\.\*/);
    });
    await t.step("a grant that is added is given, and those that are there stay", async () => {
      const actions = () => mysqlUser({ name: "reader", host: "10.0.0.%", grants: { "my_app.*": "UPDATE" } });
      assert.deepEqual(await twice(actions), [["changed"], ["ok"]]);
      assert.match(await sql("SHOW GRANTS FOR 'reader'@'10.0.0.%';"), /SELECT, INSERT, UPDATE ON/);
    });
    await t.step("SQL that the server refuses fails with what it says", async () => {
      const [failed] = await once(() => mysqlScript("wrong", "SELEC 1;"));
      assert.match(failed ?? "", /You have an error in your SQL syntax/);
    });
  });
});
