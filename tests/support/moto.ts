// An EC2 to test against, over HTTP on loopback: moto, in a virtual environment that is kept from run to run.
import { homedir } from "node:os";
import { join } from "node:path";
import { has } from "./needs.ts";

/** Version of moto, and what of it is used. */
const MOTO = "moto[ec2,server]==5.2.5";

const folder = join(Deno.env.get("XDG_CACHE_HOME") ?? join(homedir(), ".cache"), "pallet-tests", "moto");

/** Owner, name and architecture of images that there are, as their publishers name them. */
const images: readonly (readonly [id: string, owner: string, name: string, arch: string, created: string])[] =
  [
    [
      "ami-0000000000000d121",
      "136693071363",
      "debian-12-amd64-20240701-1795",
      "x86_64",
      "2024-07-01T00:00:00.000Z",
    ],
    [
      "ami-0000000000000d122",
      "136693071363",
      "debian-12-amd64-20240717-1811",
      "x86_64",
      "2024-07-17T00:00:00.000Z",
    ],
    [
      "ami-0000000000000d123",
      "136693071363",
      "debian-12-backports-amd64-20240901-1857",
      "x86_64",
      "2024-09-01T00:00:00.000Z",
    ],
    [
      "ami-0000000000000d12a",
      "136693071363",
      "debian-12-arm64-20240717-1811",
      "arm64",
      "2024-07-17T00:00:00.000Z",
    ],
    [
      "ami-0000000000000d111",
      "136693071363",
      "debian-11-amd64-20241001-1885",
      "x86_64",
      "2024-10-01T00:00:00.000Z",
    ],
    [
      "ami-0000000000000u241",
      "099720109477",
      "ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-amd64-server-20240701",
      "x86_64",
      "2024-07-01T00:00:00.000Z",
    ],
    [
      "ami-0000000000000u221",
      "099720109477",
      "ubuntu/images/hvm-ssd/ubuntu-jammy-22.04-amd64-server-20240801",
      "x86_64",
      "2024-08-01T00:00:00.000Z",
    ],
    [
      "ami-0000000000000u251",
      "099720109477",
      "ubuntu/images/hvm-ssd-gp3/ubuntu-plucky-25.04-amd64-server-20250501",
      "x86_64",
      "2025-05-01T00:00:00.000Z",
    ],
    [
      "ami-0000000000000a231",
      "137112412989",
      "al2023-ami-2023.5.20240722.0-kernel-6.1-x86_64",
      "x86_64",
      "2024-07-22T00:00:00.000Z",
    ],
    [
      "ami-0000000000000a021",
      "137112412989",
      "amzn2-ami-hvm-2.0.20240719.0-x86_64-gp2",
      "x86_64",
      "2024-07-19T00:00:00.000Z",
    ],
    [
      "ami-0000000000000r941",
      "309956199498",
      "RHEL-9.4.0_HVM-20240605-x86_64-82-Hourly2-GP3",
      "x86_64",
      "2024-06-05T00:00:00.000Z",
    ],
    [
      "ami-0000000000000l941",
      "764336703387",
      "AlmaLinux OS 9.4.20240507 x86_64",
      "x86_64",
      "2024-05-07T00:00:00.000Z",
    ],
    [
      "ami-0000000000000k941",
      "792107900819",
      "Rocky-9-EC2-Base-9.4-20240509.0.x86_64",
      "x86_64",
      "2024-05-09T00:00:00.000Z",
    ],
    [
      "ami-0000000000000s156",
      "013907871322",
      "suse-sles-15-sp6-v20240808-hvm-ssd-x86_64",
      "x86_64",
      "2024-08-08T00:00:00.000Z",
    ],
    ["ami-0000000000000f001", "111122223333", "golden-1", "x86_64", "2024-08-08T00:00:00.000Z"],
  ];

/** The image that a spec with family debian and version 12 means. */
export const debian12 = "ami-0000000000000d122";

async function run(program: string, ...args: readonly string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command(program, {
    args: [...args],
    stdin: "null",
    stdout: "null",
    signal: AbortSignal.timeout(300_000),
  }).output();
  if (!success) {
    throw new Error(`${program} ${args.join(" ")}: ${new TextDecoder().decode(stderr).slice(-500)}`);
  }
}

async function exists(path: string): Promise<boolean> {
  return await Deno.stat(path).then(() => true, () => false);
}

/** Makes the virtual environment, once; a lock keeps tests that run at the same time from making it twice. */
async function install(): Promise<string> {
  const server = join(folder, "bin", "moto_server");
  const done = join(folder, MOTO.replaceAll(/[^\w.]/g, "-"));
  await Deno.mkdir(folder, { recursive: true });
  const lock = await Deno.open(`${folder}.lock`, { create: true, write: true });
  try {
    await lock.lock(true);
    if (await exists(done)) return server;
    console.log(`Installing ${MOTO} into ${folder}`);
    await run("python3", "-m", "venv", "--clear", folder);
    await run(join(folder, "bin", "pip"), "install", "--quiet", "--disable-pip-version-check", MOTO);
    await Deno.writeTextFile(done, "");
    return server;
  } finally {
    lock.close();
  }
}

async function whyNot(): Promise<{ readonly server: string } | { readonly why: string }> {
  if (!await has("python3")) return { why: "there is no python3" };
  try {
    return { server: await install() };
  } catch (error) {
    return { why: `moto cannot be installed: ${error instanceof Error ? error.message : error}` };
  }
}

const found = await whyNot();
if ("why" in found) console.log(`EC2 is not tested: ${found.why}`);

/** Why EC2 cannot be tested here; nothing when it can. */
export const noMoto: string | undefined = "why" in found ? found.why : undefined;

/** A running EC2. */
export interface Moto {
  readonly url: string;
  /** Forgets all that was made. */
  reset(): Promise<void>;
  close(): Promise<void>;
}

function freePort(): number {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  return port;
}

async function writeImages(path: string): Promise<void> {
  const list = images.map(([id, owner, name, architecture, created]) => ({
    ami_id: id,
    name,
    description: name,
    owner_id: owner,
    public: true,
    virtualization_type: "hvm",
    architecture,
    state: "available",
    platform: null,
    image_type: "machine",
    image_location: `${owner}/${name}`,
    hypervisor: "xen",
    root_device_name: "/dev/xvda",
    root_device_type: "ebs",
    sriov: "simple",
    creation_date: created,
  }));
  await Deno.writeTextFile(path, JSON.stringify(list));
}

/** Starts an EC2 that refuses unknown images, types and keys. */
export async function startMoto(): Promise<Moto> {
  if ("why" in found) throw new Error(found.why);
  const work = await Deno.makeTempDir({ prefix: "pallet-moto-" });
  await writeImages(join(work, "amis.json"));
  const url = `http://127.0.0.1:${freePort()}`;
  const child = new Deno.Command(found.server, {
    args: ["-H", "127.0.0.1", "-p", new URL(url).port],
    env: {
      MOTO_AMIS_PATH: join(work, "amis.json"),
      MOTO_ENABLE_AMI_VALIDATION: "1",
      MOTO_ENABLE_KEYPAIR_VALIDATION: "1",
      MOTO_EC2_ENABLE_INSTANCE_TYPE_VALIDATION: "1",
      AWS_ACCESS_KEY_ID: "test",
      AWS_SECRET_ACCESS_KEY: "test",
    },
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  const close = async () => {
    try {
      child.kill("SIGKILL");
    } catch {
      // It has ended already.
    }
    await child.status;
    await Deno.remove(work, { recursive: true });
  };
  const until = Date.now() + 60_000;
  while (
    !await fetch(`${url}/moto-api/`).then((reply) => reply.body?.cancel().then(() => reply.ok), () => false)
  ) {
    if (Date.now() > until) {
      await close();
      throw new Error("moto did not answer within 60 seconds");
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return {
    url,
    close,
    async reset() {
      const reply = await fetch(`${url}/moto-api/reset`, { method: "POST" });
      await reply.body?.cancel();
    },
  };
}

/** Credentials of nobody, for a process that talks to moto. */
export const motoEnvironment: Readonly<Record<string, string>> = {
  AWS_ACCESS_KEY_ID: "test",
  AWS_SECRET_ACCESS_KEY: "test",
  AWS_EC2_METADATA_DISABLED: "true",
  AWS_CONFIG_FILE: "/nonexistent",
  AWS_SHARED_CREDENTIALS_FILE: "/nonexistent",
};

/** Puts the credentials into this process. */
export function useMotoCredentials(): void {
  for (const [key, value] of Object.entries(motoEnvironment)) Deno.env.set(key, value);
}
