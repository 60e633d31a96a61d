import assert from "node:assert/strict";
import type { Image as AwsImage } from "@aws-sdk/client-ec2";
import type { HardwareSpec, ImageSpec } from "../../engine/spec/types.ts";
import type { Ec2Api } from "./api.ts";
import { chooseType, type InstanceType } from "./hardware.ts";
import { openImages } from "./images.ts";

const type = (id: string, cores: number, ram: number, more: Partial<InstanceType> = {}): InstanceType => ({
  id,
  cores,
  ram,
  archs: ["x86_64"],
  clock: 2.5,
  current: true,
  bare: false,
  spot: true,
  ebsOptimized: true,
  gpu: false,
  ...more,
});

const types: readonly InstanceType[] = [
  type("m5.large", 2, 8192),
  type("c5.large", 2, 4096, { clock: 3.4 }),
  type("t3a.medium", 2, 4096),
  type("t3a.micro", 2, 1024),
  type("t3a.nano", 2, 512, { spot: false }),
  type("r5.24xlarge", 96, 786_432),
  type("m5.24xlarge", 96, 393_216),
  type("u-24tb1.112xlarge", 448, 25_165_824), // nobody knows its price
  type("t4g.nano", 2, 512, { archs: ["aarch64"] }),
  type("t3.nano", 2, 512, { current: false }), // of an older generation, and cheap
  type("u-old.metal", 512, 25_165_824, { current: false }), // neither sold to new customers nor in a table
  type("c5.xlarge", 4, 8192, { bare: true }),
  type("t3.micro", 2, 1024, { gpu: true }),
];

const chosen = (spec: HardwareSpec, arch = "x86_64", spot = false) =>
  chooseType(types, spec, arch, "eu-west-1", spot)?.id;

Deno.test("check 8: without a size a node gets the cheapest type on which a system runs well, the least there is if that is said", () => {
  assert.equal(chosen({}), "t3a.micro");
  assert.equal(chosen({ smallest: true }), "t3a.nano");
  assert.equal(chosen({ minRam: 1 }), "t3a.nano");
  assert.equal(chosen({ smallest: true }, "aarch64"), "t4g.nano");
  assert.equal(
    chosen({ smallest: true }, "x86_64", true),
    "t3.nano",
    "the cheapest of those to be had for a spot price",
  );
});

Deno.test("check 9: cores and memory choose the cheapest type that has them", () => {
  assert.equal(chosen({ minCores: 2, minRam: 512 }), "t3a.nano");
  assert.equal(chosen({ minCores: 2, minRam: 4096 }), "t3a.medium");
  assert.equal(chosen({ minCores: 2, minRam: 4097 }), "m5.large");
  assert.equal(chosen({ minCores: 3 }), "m5.24xlarge");
  assert.equal(chosen({ minCores: 97 }), "u-24tb1.112xlarge", "only where nothing else has so many");
  assert.equal(chosen({ minCores: 449 }), undefined);
  assert.equal(chosen({ fastest: true }), "m5.24xlarge");
  assert.equal(chosen({ fastest: true, minRam: 393_217 }), "r5.24xlarge");
  assert.equal(chosen({ biggest: true }), "r5.24xlarge");
});

const [DEBIAN, UBUNTU] = ["136693071363", "099720109477"];
const aws = (id: string, owner: string, name: string, created: string): AwsImage => ({
  ImageId: id,
  OwnerId: owner,
  Name: name,
  CreationDate: created,
  Architecture: "x86_64",
});
const published: readonly AwsImage[] = [
  aws("ami-12-old", DEBIAN, "debian-12-amd64-20240101-1", "2024-01-01"),
  aws("ami-13", DEBIAN, "debian-13-amd64-20250901-1", "2025-09-01"),
  aws("ami-12", DEBIAN, "debian-12-amd64-20260101-1", "2026-01-01"),
  aws(
    "ami-noble",
    UBUNTU,
    "ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-amd64-server-20250101",
    "2025-01-01",
  ),
  aws(
    "ami-plucky",
    UBUNTU,
    "ubuntu/images/hvm-ssd-gp3/ubuntu-plucky-25.04-amd64-server-20250501",
    "2025-05-01",
  ),
  aws("ami-jammy", UBUNTU, "ubuntu/images/hvm-ssd/ubuntu-jammy-22.04-amd64-server-20260101", "2026-01-01"),
  aws("ami-foreign", "999999999999", "debian-14-amd64-20270101-1", "2027-01-01"),
];

async function found(spec: ImageSpec, defaultImage?: string): Promise<string | undefined> {
  // As EC2 would: by owner or by id; names are narrowed further by whoever asks.
  const describeImages: Ec2Api["describeImages"] = ({ Owners, ImageIds }) =>
    Promise.resolve({
      Images: published.filter(({ OwnerId = "", ImageId = "" }) =>
        Owners?.includes(OwnerId) ?? ImageIds?.includes(ImageId) ?? false
      ),
    });
  const parameter = () => Promise.resolve("ami-13");
  const images = openImages({ describeImages } as Partial<Ec2Api> as Ec2Api, defaultImage, parameter);
  return (await images.find(spec, undefined))?.id;
}

Deno.test("check 7: without an image a node gets the newest one of the default system, or the service's", async () => {
  assert.equal(await found({}), "ami-13");
  assert.equal(await found({}, "ami-noble"), "ami-noble");
  assert.equal(await found({}, "/aws/service/debian/release/13/latest/amd64"), "ami-13");
  assert.equal(await found({ osFamily: "ubuntu" }, "ami-13"), "ami-noble", "of long support, unless told");
});

Deno.test("check 9: system and version choose the newest image that its publisher has of them", async () => {
  assert.equal(await found({ osFamily: "ubuntu", osVersionMatches: "25.04" }), "ami-plucky");
  assert.equal(await found({ osFamily: "ubuntu", osVersion: "22.04" }), "ami-jammy");
  assert.equal(await found({ osFamily: "debian", osVersion: "12" }), "ami-12");
  assert.equal(await found({ osFamily: "debian", osVersion: "14" }), undefined);
  assert.equal(
    await found({ osFamily: "ubuntu", osVersion: "2" }),
    undefined,
    "a version is no beginning of one",
  );
});
