import assert from "node:assert/strict";
import type { Json } from "../../engine/json.ts";
import { routingOf } from "./routing.ts";

const service = { name: "both", provider: "hybrid", options: {} };

Deno.test("a group is of the service that names it, else of the one for all others, whatever it is called", async () => {
  const routing = routingOf(service, { services: { web: "prod", "*": "mine" } }, undefined);
  for (const [group, name] of [["web", "prod"], ["db", "mine"], ["constructor", "mine"]] as const) {
    assert.equal(await routing.serviceOf(group), name);
    assert.deepEqual([await routing.takes(group, name), await routing.takes(group, "other")], [true, false]);
  }
  const few = routingOf(service, { services: { web: "prod" } }, undefined);
  await assert.rejects(few.serviceOf("constructor"), /group "constructor" has no service/);
  assert.equal(await few.takes("constructor", "prod"), false);
});

Deno.test("a function that names no service of the hybrid one is refused, and asked once about a group", async () => {
  const asked: Json[] = [];
  const call = (_name: string, group: Json) => {
    asked.push(group);
    return Promise.resolve(group === "web" ? "prod" : "elsewhere");
  };
  const routing = routingOf(service, { services: ["prod", "mine"], by: "serviceOf" }, call);
  assert.equal(await routing.serviceOf("web"), "prod");
  assert.equal(await routing.takes("web", "mine"), false);
  await assert.rejects(
    routing.serviceOf("db"),
    /"serviceOf" says "elsewhere" for group "db", which is none of its/,
  );
  assert.deepEqual(asked, ["web", "db"]);
});
