import assert from "node:assert/strict";
import { join } from "node:path";
import { withProject } from "../fixture.ts";
import { authorizationFor, readCredentials } from "./credentials.ts";

function said(env: Record<string, string>, url: string): Promise<string | undefined> {
  return readCredentials((name) => env[name]).then((all) => authorizationFor(new URL(url), all));
}

Deno.test("readCredentials() reads tokens, and users with passwords, for hosts and ports", async () => {
  const env = { DENO_AUTH_TOKENS: "one@A.test; two@b.test:8443;me:p@ss:word@c.test;@d.test;broken" };
  assert.equal(await said(env, "https://a.test/x.ts"), "Bearer one");
  assert.equal(await said(env, "https://a.test:444/x.ts"), "Bearer one");
  assert.equal(await said(env, "https://b.test:8443/"), "Bearer two");
  assert.equal(await said(env, "https://b.test/"), undefined);
  assert.equal(await said(env, "https://c.test/"), `Basic ${btoa("me:p@ss:word")}`);
  assert.equal(await said(env, "https://d.test/"), undefined);
  assert.equal(await said(env, "https://sub.a.test/"), undefined);
});

Deno.test("readCredentials() reads .netrc, but neither its default nor its macros; tokens come first", async () => {
  const netrc = `# mine
machine a.test login me
  password "s p\\"c"
machine b.test password only
macdef init
machine c.test password no

default login any password thing
`;
  await withProject({ ".netrc": netrc }, async (folder) => {
    const env = { HOME: folder, DENO_AUTH_TOKENS: "token@b.test" };
    assert.equal(await said(env, "https://a.test/"), `Basic ${btoa('me:s p"c')}`);
    assert.equal(await said(env, "https://b.test/"), "Bearer token");
    assert.equal(await said(env, "https://c.test/"), undefined);
    assert.equal(await said(env, "https://z.test/"), undefined);
    assert.equal(await said({ NETRC: join(folder, ".netrc") }, "https://b.test/"), `Basic ${btoa(":only")}`);
  });
});
