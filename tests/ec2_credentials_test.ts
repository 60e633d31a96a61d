// Credentials are found where the AWS CLI finds them: each source gives a key of its own, which EC2 is then shown.
import assert from "node:assert/strict";
import { join } from "node:path";
import { openApi } from "../providers/ec2/api.ts";

/** Services of AWS that give credentials, and an EC2 that notes who asks. */
interface Cloud {
  readonly url: string;
  /** Keys and regions that EC2 was asked with, as `AKIA1 eu-west-1`. */
  readonly seen: string[];
  /** What else was asked: `AssumeRole`, `/latest/meta-data/...`. */
  readonly asked: string[];
}

const later = () => new Date(Date.now() + 3_600_000).toISOString();

function keys(id: string): string {
  return `<Credentials><AccessKeyId>${id}</AccessKeyId><SecretAccessKey>s</SecretAccessKey>` +
    `<SessionToken>t</SessionToken><Expiration>${later()}</Expiration></Credentials>`;
}

async function answer(cloud: Cloud, request: Request): Promise<Response> {
  const { pathname, searchParams } = new URL(request.url);
  const action = new URLSearchParams(await request.text()).get("Action") ?? "";
  const [, key = "", region = ""] =
    /Credential=([^/]+)\/\d+\/([^/]+)/.exec(request.headers.get("authorization") ?? "") ?? [];
  if (action === "DescribeRegions") {
    cloud.seen.push(`${key} ${region}`);
    return new Response(`<DescribeRegionsResponse><regionInfo/></DescribeRegionsResponse>`);
  }
  cloud.asked.push(action === "" ? pathname : `${action} ${key}`.trim());
  if (action.startsWith("AssumeRole")) {
    const id = action === "AssumeRole" ? "ASIAROLE" : "ASIAWEB";
    return new Response(
      `<${action}Response><${action}Result>${keys(id)}</${action}Result></${action}Response>`,
    );
  }
  if (pathname === "/latest/api/token") return new Response("token");
  if (pathname.endsWith("/security-credentials/")) return new Response("role");
  const told = { Code: "Success", SecretAccessKey: "s", Token: "t", Expiration: later() };
  if (pathname.endsWith("/security-credentials/role")) {
    return Response.json({ ...told, AccessKeyId: "ASIAMACHINE" });
  }
  if (pathname === "/container") return Response.json({ ...told, AccessKeyId: "ASIACONTAINER" });
  if (pathname === "/federation/credentials") {
    assert.equal(searchParams.get("role_name"), "admins");
    const roleCredentials = {
      accessKeyId: "ASIASSO",
      secretAccessKey: "s",
      sessionToken: "t",
      expiration: 0,
    };
    return Response.json({ roleCredentials: { ...roleCredentials, expiration: Date.now() + 3_600_000 } });
  }
  return new Response("", { status: 404 });
}

/** Asks EC2 once, with an environment of its own; answers with key and region that EC2 saw. */
async function ask(
  cloud: Cloud,
  environment: Readonly<Record<string, string>>,
  options: { readonly profile?: string; readonly region?: string } = {},
): Promise<string | undefined> {
  const before = Deno.env.toObject();
  for (const name of Object.keys(before)) if (name.startsWith("AWS_")) Deno.env.delete(name);
  for (const [name, value] of Object.entries(environment)) Deno.env.set(name, value);
  const api = openApi({ endpoint: cloud.url, maxAttempts: 1, callTimeout: 5, ...options });
  try {
    await api.describeRegions({});
    return cloud.seen.at(-1);
  } finally {
    api.close();
    for (const name of Object.keys(environment)) Deno.env.delete(name);
    for (const [name, value] of Object.entries(before)) Deno.env.set(name, value);
  }
}

const config = (folder: string) => `
[default]
region = eu-west-1
[profile staging]
region = eu-central-1
aws_access_key_id = AKIASTAGING
aws_secret_access_key = s
[profile role]
role_arn = arn:aws:iam::123456789012:role/deploy
source_profile = staging
region = us-east-1
[profile process]
credential_process = ${folder}/process
[profile sso]
sso_session = work
sso_account_id = 123456789012
sso_role_name = admins
region = eu-west-1
[sso-session work]
sso_region = eu-west-1
sso_start_url = https://work.example.com/start
`;

Deno.test({
  name:
    "credentials and region: environment, profiles, roles, SSO, processes, web identity, containers and machines",
  // Connections of the SDK are kept open for a while.
  sanitizeOps: false,
  sanitizeResources: false,
  fn: async () => {
    const folder = await Deno.makeTempDir({ prefix: "pallet-aws-" });
    const ending = new AbortController();
    const seen: string[] = [];
    const asked: string[] = [];
    const listening = { hostname: "127.0.0.1", port: 0, signal: ending.signal, onListen: () => {} };
    const server = Deno.serve(listening, (request): Promise<Response> => answer(cloud, request));
    const cloud: Cloud = { url: `http://127.0.0.1:${server.addr.port}`, seen, asked };
    const home = Deno.env.get("HOME");
    try {
      await Deno.writeTextFile(join(folder, "config"), config(folder));
      await Deno.writeTextFile(
        join(folder, "credentials"),
        "[default]\naws_access_key_id = AKIADEFAULT\naws_secret_access_key = s\n",
      );
      const told = { Version: 1, AccessKeyId: "AKIAPROCESS", SecretAccessKey: "s" };
      await Deno.writeTextFile(join(folder, "process"), `#!/bin/sh\necho '${JSON.stringify(told)}'\n`, {
        mode: 0o755,
      });
      await Deno.writeTextFile(join(folder, "web-token"), "token");
      const files = {
        AWS_CONFIG_FILE: join(folder, "config"),
        AWS_SHARED_CREDENTIALS_FILE: join(folder, "credentials"),
        AWS_EC2_METADATA_DISABLED: "true",
        AWS_ENDPOINT_URL_STS: cloud.url,
        AWS_ENDPOINT_URL_SSO: cloud.url,
      };
      const nothing = {
        AWS_CONFIG_FILE: join(folder, "none"),
        AWS_SHARED_CREDENTIALS_FILE: join(folder, "none"),
      };
      const own = { AWS_ACCESS_KEY_ID: "AKIAOWN", AWS_SECRET_ACCESS_KEY: "s" };

      assert.equal(await ask(cloud, { ...files, ...own, AWS_REGION: "eu-north-1" }), "AKIAOWN eu-north-1");
      assert.equal(
        await ask(cloud, { ...files, ...own, AWS_DEFAULT_REGION: "eu-west-3" }),
        "AKIAOWN eu-west-3",
      );
      assert.equal(await ask(cloud, files), "AKIADEFAULT eu-west-1");
      assert.equal(await ask(cloud, { ...files, AWS_PROFILE: "staging" }), "AKIASTAGING eu-central-1");
      // What a service says comes first.
      const service = { profile: "staging", region: "us-west-2" };
      assert.equal(
        await ask(cloud, { ...files, ...own, AWS_REGION: "eu-north-1" }, service),
        "AKIASTAGING us-west-2",
      );
      assert.equal(await ask(cloud, files, { profile: "role" }), "ASIAROLE us-east-1");
      assert.equal(asked.at(-1), "AssumeRole AKIASTAGING");
      assert.equal(
        await ask(cloud, files, { profile: "process", region: "eu-west-1" }),
        "AKIAPROCESS eu-west-1",
      );

      const web = {
        ...nothing,
        AWS_WEB_IDENTITY_TOKEN_FILE: join(folder, "web-token"),
        AWS_ROLE_ARN: "arn:aws:iam::123456789012:role/deploy",
        AWS_ENDPOINT_URL_STS: cloud.url,
        AWS_REGION: "eu-west-1",
      };
      assert.equal(await ask(cloud, web), "ASIAWEB eu-west-1");
      const container = { ...nothing, AWS_CONTAINER_CREDENTIALS_FULL_URI: `${cloud.url}/container` };
      assert.equal(await ask(cloud, container, { region: "eu-west-1" }), "ASIACONTAINER eu-west-1");
      const machine = { ...nothing, AWS_EC2_METADATA_SERVICE_ENDPOINT: cloud.url };
      assert.equal(await ask(cloud, machine, { region: "eu-west-1" }), "ASIAMACHINE eu-west-1");

      // `aws sso login` leaves a token below the home folder.
      const digest = await crypto.subtle.digest("SHA-1", new TextEncoder().encode("work"));
      const name = Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
      await Deno.mkdir(join(folder, ".aws", "sso", "cache"), { recursive: true });
      const token = { accessToken: "token", expiresAt: later(), region: "eu-west-1" };
      await Deno.writeTextFile(join(folder, ".aws", "sso", "cache", `${name}.json`), JSON.stringify(token));
      Deno.env.set("HOME", folder);
      assert.equal(await ask(cloud, files, { profile: "sso" }), "ASIASSO eu-west-1");
    } finally {
      if (home !== undefined) Deno.env.set("HOME", home);
      ending.abort();
      await server.finished;
      await Deno.remove(folder, { recursive: true });
    }
  },
});
