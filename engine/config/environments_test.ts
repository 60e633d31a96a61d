import assert from "node:assert/strict";
import type { Configuration } from "./config.ts";
import { environmentLayers, namedEnvironments } from "./environments.ts";
import { bare, merge, projectFile, userFile } from "./testing.ts";

/** The environment that a configuration makes of a service, name by name of its layers. */
const layered = (configuration: Configuration, service: string, name?: string) =>
  [
    ...environmentLayers(configuration, configuration.services[service], bare.env),
    ...(name === undefined ? [] : namedEnvironments(configuration, bare.env)[name] ?? []),
  ].map((layer) => [layer.name, layer.values]);

Deno.test("environmentLayers() puts admin users below environments, and named ones above all", async () => {
  const merged = merge([
    await userFile("admin-user: { username: ann, private-key: keys/ann }", "environment: { stage: a }"),
    await projectFile(
      "services:",
      "  prod:",
      "    provider: lab",
      "    admin-user: { username: ops }",
      "    environment: { user: { username: env, privateKey: k/env } }",
      "environment: { stage: b }",
      "environments: { big: { count: 9 }, none: { user: { privateKey: $NOT_HERE/id } } }",
    ),
  ], { options: { env: "big" } });
  assert.deepEqual(layered(merged, "prod", "big"), [
    ["admin-user", { user: { username: "ann", privateKey: "/home/ann/.config/pallet/keys/ann" } }],
    ["service prod", { user: { username: "ops" } }],
    ["config.yaml", { stage: "a" }],
    ["service prod", { user: { username: "env", privateKey: "/srv/shop/k/env" } }],
    ["pallet.yaml", { stage: "b" }],
    ["environment big", { count: 9 }],
  ]);
  const [user] = environmentLayers(merged, merged.services["prod"], bare.env);
  assert.equal(user?.origins?.["user.privateKey"]?.column, 30);
  assert.deepEqual(Object.keys(namedEnvironments(merged, bare.env)), ["big", "none"]);
});
