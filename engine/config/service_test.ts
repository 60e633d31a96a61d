import assert from "node:assert/strict";
import { PalletError } from "../errors.ts";
import { chooseService } from "./service.ts";
import { merge, projectFile } from "./testing.ts";

const configured = async (text: string) => merge([await projectFile(text)]);

Deno.test("chooseService() takes the lab on Linux until another is configured", async () => {
  assert.equal(chooseService(await configured(""), undefined, "linux").config.name, "lab");
  assert.throws(() => chooseService(merge([]), undefined, "darwin"), /the lab needs Linux/);
  const one = await configured("services: { mine: { provider: node-list } }");
  assert.equal(chooseService(one, undefined, "linux").config.name, "mine");
  assert.equal(chooseService(one, "lab", "linux").config.name, "lab");
});

Deno.test("chooseService() wants a choice between several, and takes the default", async () => {
  const two = "services: { a: { provider: lab }, b: { provider: lab } }\n";
  const several = await configured(two);
  assert.throws(() => chooseService(several, undefined, "linux"), /Several services .*a, b/);
  const chosen = await configured(`${two}default-service: b\n`);
  assert.equal(chooseService(chosen, undefined, "linux").config.name, "b");
});

Deno.test("chooseService() names the nearest service, and where a wrong default stands", async () => {
  const configuration = await configured("services: { mine: { provider: lab } }\ndefault-service: mien\n");
  assert.throws(
    () => chooseService(configuration, "labb", "linux"),
    /no service "labb"\. Did you mean "lab"\?/,
  );
  try {
    chooseService(configuration, undefined, "linux");
    assert.fail("accepted");
  } catch (error) {
    assert.ok(error instanceof PalletError);
    assert.deepEqual(error.origin, { file: "/srv/shop/pallet.yaml", line: 2, column: 1 });
  }
});
