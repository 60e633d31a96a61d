// Parts of the EC2 provider that need no EC2.
import assert from "node:assert/strict";
import fc from "fast-check";
import { pages } from "../providers/ec2/api.ts";
import { hostKeysOf } from "../providers/ec2/console.ts";
import { codeOf, inWords, isRefusal } from "../providers/ec2/errors.ts";
import { wantedRules } from "../providers/ec2/group.ts";
import { insist } from "../providers/ec2/insist.ts";
import { seen } from "../providers/ec2/life.ts";
import { publicKeyOf } from "../providers/ec2/keys.ts";
import { absolute, ec2Options, parseJump } from "../providers/ec2/options.ts";
import { identify, osNamed } from "../providers/ec2/owners.ts";
import { priceOf } from "../providers/ec2/prices.ts";
import { joinNames, partition, splitNames, stateOf, stateTags } from "../providers/ec2/tags.ts";

function awsError(name: string, status: number, message = name): Error {
  return Object.assign(new Error(message), { name, $metadata: { httpStatusCode: status } });
}

Deno.test("tags: whatever the engine keeps comes back, in characters that AWS takes", () => {
  // A grapheme takes up to 36 characters of the 115 that a key has left, and of the 256 of a value.
  const text = (maxLength: number) => fc.string({ unit: "grapheme", maxLength });
  fc.assert(fc.property(fc.dictionary(text(3), text(7)), (tags) => {
    const aws = stateTags(tags);
    for (const { Key, Value } of aws) assert.match(`${Key}${Value}`, /^[\p{L}\p{N}_.:/=+\-@ ]*$/u);
    assert.deepEqual(stateOf(aws), { ...tags });
  }));
});

Deno.test("tags: a value that AWS does not take is refused", () => {
  assert.throws(
    () => stateTags({ long: "x".repeat(257) }),
    /AWS takes keys of 128 and values of 256 characters/,
  );
});

Deno.test("partition() keeps the order of names, and each part fits into a tag", () => {
  const name = fc.string({ unit: "grapheme-ascii", minLength: 1, maxLength: 60 });
  fc.assert(fc.property(fc.array(name, { maxLength: 60 }), fc.integer({ min: 1, max: 50 }), (names, most) => {
    const parts = partition(names, most);
    assert.deepEqual(parts.flat(), names);
    for (const part of parts) {
      assert.ok(part.length <= most);
      assert.deepEqual(splitNames(joinNames(part)), part);
    }
  }));
});

Deno.test("hostKeysOf() reads the keys of the latest start from a console", () => {
  const block = (key: string) =>
    `-----BEGIN SSH HOST KEY KEYS-----\r\n[  12.3] cloud-init[5]: ${key} root@host\r\nssh-rsa AAAAB3Nz root@host\r\n-----END SSH HOST KEY KEYS-----\r\n`;
  const old = block("ssh-ed25519 AAAAold=");
  assert.deepEqual(hostKeysOf(`boot\n${old}boot again\n${block("ssh-ed25519 AAAAnew=")}`), [
    "ssh-ed25519 AAAAnew=",
    "ssh-rsa AAAAB3Nz",
  ]);
  assert.deepEqual(hostKeysOf("-----BEGIN SSH HOST KEY KEYS-----\nssh-ed25519 AAAA"), [], "not complete yet");
});

Deno.test("pages() asks with each token once, and ends where tokens repeat", async () => {
  const asked: (string | undefined)[] = [];
  const tokens: Readonly<Record<string, string>> = { "": "a", a: "b", b: "a" };
  const call = (input: { NextToken?: string | undefined }) => {
    asked.push(input.NextToken);
    return Promise.resolve({ NextToken: tokens[input.NextToken ?? ""] });
  };
  assert.equal((await Array.fromAsync(pages(call, {}))).length, 3);
  assert.deepEqual(asked, [undefined, "a", "b"]);
});

Deno.test("errors of AWS are said in words, with what to do", () => {
  const cases: readonly (readonly [Error, RegExp, RegExp])[] = [
    [awsError("ExpiredTokenException", 400), /the credentials have expired/, /aws sso login/],
    [awsError("CredentialsProviderError", 0), /no usable credentials/, /aws configure/],
    [
      awsError(
        "UnauthorizedOperation",
        403,
        "You are not authorized. Encoded authorization failure message: x1y2",
      ),
      /do not permit it \(UnauthorizedOperation: You are not authorized\)$/,
      /docs\/guides\/ec2\.md/,
    ],
    [awsError("RequestLimitExceeded", 503), /takes no more calls/, /in a while/],
    [awsError("InsufficientInstanceCapacity", 500), /has no capacity/, /another zone or type/],
    [awsError("VcpuLimitExceeded", 400), /a limit of the account/, /higher quota/],
    [new Error("Region is missing"), /no region is told/, /AWS_REGION/],
  ];
  for (const [error, message, help] of cases) {
    const said = inWords(error, "make instances");
    assert.match(said.message, message);
    assert.match(said.help ?? "", help);
    assert.equal(said.cause, error);
    assert.equal(codeOf(said), error.name === "Error" ? "Error" : error.name);
  }
});

Deno.test("isRefusal() tells what was certainly not carried out", () => {
  const refusals = [awsError("InvalidParameterValue", 400), awsError("InsufficientInstanceCapacity", 500)];
  const unknown = [
    awsError("RequestLimitExceeded", 503),
    awsError("InternalError", 500),
    awsError("TimeoutError", 0),
    awsError("ExpiredToken", 400),
    Object.assign(new Error("refused"), { code: "ECONNRESET" }),
  ];
  assert.deepEqual(refusals.map((error) => isRefusal(inWords(error, "x"))), [true, true]);
  assert.deepEqual(unknown.map((error) => isRefusal(inWords(error, "x"))), unknown.map(() => false));
});

Deno.test("waits go on for their time, whatever the clock is set to", async () => {
  const now = Date.now;
  const real = now();
  const jump = (hours: number) => void (Date.now = () => real + hours * 3_600_000);
  try {
    let tried = 0;
    const done = await insist(() => {
      if (tried++ > 0) return Promise.resolve("done");
      jump(1);
      return Promise.reject(new Error("not yet"));
    }, { seconds: 5, passes: () => true, signal: undefined });
    assert.equal(done, "done");

    // A node that was made by a clock that is ahead is waited for no longer than any.
    jump(0);
    let looks = 0;
    const see = () => {
      jump(looks === 0 ? 1 : -1);
      return Promise.resolve(looks++ < 2 ? undefined : { InstanceId: "i-1" });
    };
    const node = {
      id: "i-1",
      name: "web-1",
      service: "aws",
      provider: "ec2",
      tags: {},
      state: "pending",
    } as const;
    const createdAt = new Date(real + 60_000).toISOString();
    const found = await seen({ see, check: () => Promise.resolve(undefined) }, { ...node, createdAt });
    assert.equal(found?.InstanceId, "i-1");
    const old = { ...node, createdAt: "2020-01-01T00:00:00Z" };
    looks = 0;
    assert.equal(await seen({ see, check: () => Promise.resolve(undefined) }, old), undefined);
  } finally {
    Date.now = now;
  }
});

Deno.test("a group's rules: its ports for the world, ssh for those who may, everything among its nodes", () => {
  const rules = wantedRules({ network: { inboundPorts: [22, 80, 80] } }, ["203.0.113.0/24"], "sg-1");
  assert.deepEqual(rules.map(({ protocol, from, source }) => `${protocol} ${from} ${source}`), [
    "tcp 22 203.0.113.0/24",
    "tcp 80 0.0.0.0/0",
    "tcp 80 ::/0",
    "-1 -1 sg-1",
  ]);
});

Deno.test("options: hops, folders, and what is not an option", () => {
  assert.deepEqual(parseJump("admin@bastion:2222, [2001:db8::1]"), [
    { host: "bastion", user: "admin", port: 2222 },
    { host: "2001:db8::1" },
  ]);
  assert.deepEqual(parseJump("none"), []);
  assert.equal(parseJump("a b"), undefined);
  assert.equal(absolute("key.pub", "/srv/shop"), "/srv/shop/key.pub");
  const service = (options: Record<string, string>) => ({ name: "aws", provider: "ec2", options });
  assert.equal(ec2Options(service({ prefix: "shop-" })).scope, "shop-aws");
  assert.throws(
    () => ec2Options(service({ region: "europe" })),
    /options of service "aws": region: must be a region/,
  );
  assert.throws(() => ec2Options(service({ regoin: "eu-west-1" })), /regoin.*Did you mean "region"/);
  assert.throws(() => ec2Options(service({ jump: "a b" })), /jump: no hops/);
});

Deno.test("publicKeyOf() takes the service's key, else the admin user's", async () => {
  const folder = await Deno.makeTempDir({ prefix: "pallet-ec2-keys-" });
  try {
    await Deno.writeTextFile(`${folder}/admin.pub`, "# mine\nssh-ed25519 AAAAadmin me\n");
    await Deno.writeTextFile(`${folder}/service.pub`, "ssh-ed25519 AAAAservice me\n");
    const options = (more: Record<string, string>) =>
      ec2Options({ name: "aws", provider: "ec2", options: more, baseDir: folder });
    const admin = { privateKey: `${folder}/admin` };
    assert.equal(await publicKeyOf(options({}), admin), "ssh-ed25519 AAAAadmin me");
    assert.equal(
      await publicKeyOf(options({ "private-key": "service" }), admin),
      "ssh-ed25519 AAAAservice me",
    );
    assert.equal(
      await publicKeyOf(options({ "public-key": "service.pub" }), admin),
      "ssh-ed25519 AAAAservice me",
    );
    await assert.rejects(
      publicKeyOf(options({ "public-key": "other.pub" }), admin),
      /no public key in .*other\.pub/,
    );
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("images are known by owner and name alone: a name can be given by anybody", () => {
  assert.deepEqual(identify("136693071363", "debian-12-amd64-20240717-1811")?.os, osNamed("debian", "12"));
  assert.equal(identify("999999999999", "debian-12-amd64-20240717-1811"), undefined);
  assert.equal(identify("136693071363", "debian-12-backports-amd64-20240717-1811"), undefined);
  assert.equal(identify("013907871322", "suse-sles-15-sp6-v20240808-hvm-ssd-x86_64")?.os.version, "15.6");
});

Deno.test("prices that are not known are absent", () => {
  assert.equal(priceOf("t3.micro", "us-east-1"), 0.0104);
  assert.equal(priceOf("m5.24xlarge", "us-west-2"), 4.608);
  assert.equal(priceOf("t3.micro", "ap-south-1"), undefined);
  assert.equal(priceOf("t3.24xlarge", "us-east-1"), undefined);
});
