// The folder of a service: its key, one lock, and a folder a node with its plan, its seed and its machine.
import { join } from "node:path";
import { makeKeyPair } from "../lab/openssh_key.ts";
import type { Plan } from "./plan.ts";

/** What a node's folder says of how far its making went. */
export interface Kept {
  readonly stage: "making" | "made";
  readonly plan: Plan;
}

/**
 * Whether a path, as VirtualBox tells it, is in a folder, or in one below it.
 *
 * @example
 * ```ts
 * import { isBelow } from "./folder.ts";
 *
 * console.assert(isBelow("c:\\nodes\\web-1\\a.vdi", "C:\\nodes\\web-1", "windows"));
 * console.assert(!isBelow("/nodes/web-10/a.vdi", "/nodes/web-1", "linux"));
 * ```
 */
export function isBelow(path: string, folder: string, os: string = Deno.build.os): boolean {
  const plain = (text: string) => os === "windows" ? text.replaceAll("\\", "/").toLowerCase() : text;
  return plain(path).startsWith(`${plain(folder).replace(/\/+$/, "")}/`);
}

/** Writes a file that is there whole or not at all. */
export async function writeWhole(
  file: string,
  content: string | Uint8Array<ArrayBuffer>,
  mode: number,
): Promise<void> {
  const part = `${file}.${crypto.randomUUID().slice(0, 8)}.part`;
  const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
  await Deno.writeFile(part, bytes, { mode });
  await Deno.rename(part, file);
}

/** Keeps a node's plan in its folder. */
export async function keep(kept: Kept): Promise<void> {
  const { folder } = kept.plan.record;
  await Deno.mkdir(folder, { recursive: true, mode: 0o700 });
  await writeWhole(join(folder, "node.json"), `${JSON.stringify(kept, null, 2)}\n`, 0o600);
}

/** The plan in a node's folder; nothing where there is none, or none that can be read. */
export async function kept(folder: string): Promise<Kept | undefined> {
  try {
    const value = JSON.parse(await Deno.readTextFile(join(folder, "node.json")));
    return value?.plan?.record?.format === 1 ? value : undefined;
  } catch {
    return undefined;
  }
}

/** All nodes' folders with a plan. */
export async function keptPlans(nodePath: string): Promise<readonly Kept[]> {
  try {
    const names = (await Array.fromAsync(Deno.readDir(nodePath))).map(({ name }) => name).sort();
    const all = await Promise.all(names.map((name) => kept(join(nodePath, name))));
    return all.filter((one) => one !== undefined);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

/** The key that logs in to nodes of a service; made when it is missing. */
export async function serviceKey(
  folder: string,
): Promise<{ readonly identity: string; readonly publicKey: string }> {
  const identity = join(folder, "id_ed25519");
  try {
    return { identity, publicKey: (await Deno.readTextFile(`${identity}.pub`)).trim() };
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  const pair = makeKeyPair("pallet-virtualbox");
  await writeWhole(identity, pair.privateKey, 0o600);
  await writeWhole(`${identity}.pub`, `${pair.publicKey}\n`, 0o644);
  return { identity, publicKey: pair.publicKey };
}

/** Runs alone among all commands that hold the same lock of a folder. */
export async function locked<T>(folder: string, name: string, work: () => Promise<T>): Promise<T> {
  await Deno.mkdir(folder, { recursive: true, mode: 0o700 });
  const file = await Deno.open(join(folder, `${name}.lock`), { create: true, write: true });
  try {
    await file.lock(true);
    return await work();
  } finally {
    file.close();
  }
}
