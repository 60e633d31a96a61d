import { join } from "node:path";
import { object, type Schema, v, validate } from "../../engine/schema.ts";
import { PalletError } from "../../engine/errors.ts";
import { makeKeyPair } from "./openssh_key.ts";

/** What the lab knows of a node; written before anything of it is made. */
const recordSchema = object({
  format: v.literal(1),
  id: v.string(),
  name: v.string(),
  group: v.string(),
  service: v.string(),
  /** Part of its address within the subnet. */
  index: v.number(),
  address: v.string(),
  hostname: v.string(),
  image: v.string(),
  os: object({ id: v.string(), family: v.string(), version: v.string(), codename: v.string() }),
  kind: v.picklist(["host", "suite"]),
  init: v.picklist(["systemd", "sshd"]),
  /** Folder of the image, read-only below the node's disk. */
  layer: v.string(),
  user: v.string(),
  /** Megabytes and cores it is limited to; 0: not limited. */
  memory: v.number(),
  cores: v.number(),
  hostKey: v.string(),
  machineId: v.string(),
  token: v.string(),
  tags: v.record(v.string(), v.string()),
  createdAt: v.string(),
});

/** What the lab knows of a node. */
export type NodeRecord = v.InferOutput<typeof recordSchema>;

const labSchema = object({ format: v.literal(1), subnet: v.string() });

/** What the nodes of a lab share. */
export type LabRecord = v.InferOutput<typeof labSchema>;

/** The lab's folder: `lab.json`, its key, `nodes/ID/`, and `removed/ID/` for those that are being removed. */
export interface Store {
  readonly folder: string;
  readonly identity: string;
  nodeFolder(id: string): string;
  removedFolder(id: string): string;
  nodes(): Promise<readonly NodeRecord[]>;
  /** One of them, without a look at the others. */
  node(id: string): Promise<NodeRecord | undefined>;
  /** Ids of nodes whose removal has begun and not ended, with their index where it is known. */
  removed(): Promise<readonly { readonly id: string; readonly index: number | undefined }[]>;
  lab(): Promise<LabRecord | undefined>;
  writeLab(lab: LabRecord): Promise<void>;
  /** The public half of the key that logs in to nodes; made when it is missing. */
  publicKey(): Promise<string>;
  addNode(record: NodeRecord, hostPrivateKey: string): Promise<void>;
  writeNode(record: NodeRecord): Promise<void>;
  /** Takes a node off the list in one step; what is left of it is in `removed`. */
  markRemoved(id: string): Promise<void>;
  /** Removes what a command left that was killed before a node's record was whole, and before anything was made. */
  dropHalves(): Promise<void>;
  /** Removes the folder when no node is left; whether it did. */
  tidy(): Promise<boolean>;
  /** Runs alone among all commands that change this lab. */
  locked<T>(work: () => Promise<T>): Promise<T>;
}

async function entries(folder: string): Promise<readonly string[]> {
  try {
    return (await Array.fromAsync(Deno.readDir(folder))).map((entry) => entry.name).sort();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

async function readJson<T>(file: string, schema: Schema<T>): Promise<T | undefined> {
  let text: string;
  try {
    text = await Deno.readTextFile(file);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) return undefined;
    throw error;
  }
  try {
    return validate(schema, JSON.parse(text), { what: `state of the lab in ${file}`, kind: "provider" });
  } catch (error) {
    if (error instanceof PalletError) throw error;
    throw new PalletError(`Cannot read the state of the lab in ${file}: it is no JSON`, {
      kind: "provider",
      cause: error,
    });
  }
}

async function writeWhole(file: string, text: string, mode: number): Promise<void> {
  const part = `${file}.part`;
  await Deno.writeTextFile(part, text, { mode });
  await Deno.rename(part, file);
}

const nodeOf = (folder: string) => readJson(join(folder, "node.json"), recordSchema as Schema<NodeRecord>);

/** The store in a folder, which is made with the first thing that is written. */
export function openStore(folder: string): Store {
  const identity = join(folder, "id_ed25519");
  const nodeFolder = (id: string) => join(folder, "nodes", id);
  const removedFolder = (id: string) => join(folder, "removed", id);
  const writeNode = (record: NodeRecord) =>
    writeWhole(join(nodeFolder(record.id), "node.json"), `${JSON.stringify(record, null, 2)}\n`, 0o644);
  return {
    folder,
    identity,
    nodeFolder,
    removedFolder,
    writeNode,
    async nodes() {
      const records: NodeRecord[] = [];
      for (const id of await entries(join(folder, "nodes"))) {
        // A folder without a record was left by a command that was killed before it made anything.
        const record = await nodeOf(nodeFolder(id));
        if (record !== undefined) records.push(record);
      }
      return records;
    },
    node: (id) => nodeOf(nodeFolder(id)),
    async removed() {
      const ids = await entries(join(folder, "removed"));
      return await Promise.all(ids.map(async (id) => ({
        id,
        index: await nodeOf(removedFolder(id)).then((record) => record?.index, () => undefined),
      })));
    },
    lab: () => readJson(join(folder, "lab.json"), labSchema as Schema<LabRecord>),
    writeLab: (lab) => writeWhole(join(folder, "lab.json"), `${JSON.stringify(lab, null, 2)}\n`, 0o644),
    async publicKey() {
      try {
        return (await Deno.readTextFile(`${identity}.pub`)).trim();
      } catch (error) {
        if (!(error instanceof Deno.errors.NotFound)) throw error;
      }
      const pair = makeKeyPair("pallet-lab");
      await writeWhole(identity, pair.privateKey, 0o600);
      await writeWhole(`${identity}.pub`, `${pair.publicKey}\n`, 0o644);
      return pair.publicKey;
    },
    async addNode(record, hostPrivateKey) {
      await Deno.mkdir(nodeFolder(record.id), { recursive: true, mode: 0o755 });
      await writeWhole(join(nodeFolder(record.id), "host_key"), hostPrivateKey, 0o600);
      await writeNode(record);
    },
    async markRemoved(id) {
      await Deno.mkdir(join(folder, "removed"), { recursive: true });
      try {
        await Deno.rename(nodeFolder(id), removedFolder(id));
      } catch (error) {
        if (!(error instanceof Deno.errors.NotFound)) throw error;
      }
    },
    async dropHalves() {
      for (const id of await entries(join(folder, "nodes"))) {
        if (await nodeOf(nodeFolder(id)) !== undefined) continue;
        await Deno.remove(nodeFolder(id), { recursive: true });
      }
    },
    async tidy() {
      if ((await entries(join(folder, "nodes"))).length > 0) return false;
      if ((await entries(join(folder, "removed"))).length > 0) return false;
      await Deno.remove(folder, { recursive: true });
      return true;
    },
    async locked(work) {
      const file = await takeLock(folder);
      try {
        return await work();
      } finally {
        file.close();
      }
    },
  };
}

/** A lock file that goes with its folder: it counts only while it is still the one that the name leads to. */
async function takeLock(folder: string): Promise<Deno.FsFile> {
  const path = join(folder, "lock");
  while (true) {
    await Deno.mkdir(folder, { recursive: true, mode: 0o700 });
    let file: Deno.FsFile;
    try {
      file = await Deno.open(path, { create: true, write: true });
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) continue;
      throw error;
    }
    await file.lock(true);
    const [held, named] = await Promise.all([file.stat(), Deno.stat(path).catch(() => undefined)]);
    if (named !== undefined && named.ino === held.ino) return file;
    file.close();
  }
}
