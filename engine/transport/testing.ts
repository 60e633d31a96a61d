// What the tests of this folder share: scripts written by hand, and a way to follow them.
import { createHash } from "node:crypto";
import { type CompiledScript, type Offsets, START, type StatusRecord } from "../script/types.ts";
import type { Connection, ConnectOptions, OmittedOutput, ScriptEnd } from "./connection.ts";
import { makeTransport } from "./mod.ts";

/** Functions that a hand-written script writes its records with. */
const RECORDS = `
begin() { printf 'script-started\\t1.0\\tboot\\n' >&9; }
note() { printf 'change\\t0\\t%s\\n' "$1" >&9; }
finish() { read -r _ p </proc/self/fdinfo/1; printf 'script-finished\\tok\\t2.0\\t%s\\t0\\t\\n' "$p" >&9; }
`;

let count = 0;

/** A script that says that it begins and that it ends, and runs this bash in between. */
export function script(body: string, blobs: CompiledScript["blobs"] = []): CompiledScript {
  const text = `${RECORDS}\nbegin\n${body}\nfinish\n`;
  return {
    id: { run: "run-1", target: `web-${++count}`, phase: "configure", segment: 0 },
    text,
    sha256: createHash("sha256").update(text).digest("hex"),
    actions: [],
    blobs,
    check: false,
  };
}

/** What a follower saw. */
export interface Seen {
  end: ScriptEnd | undefined;
  readonly records: StatusRecord[];
  output: string;
  offsets: Offsets;
  readonly reconnecting: string[];
  readonly omitted: OmittedOutput[];
}

/** Follows a script to its end. */
export async function follow(
  connection: Connection,
  { id }: CompiledScript,
  from: Offsets = START,
  onSeen: (seen: Seen) => void = () => {},
): Promise<Seen> {
  const seen: Seen = {
    end: undefined,
    records: [],
    output: "",
    offsets: from,
    reconnecting: [],
    omitted: [],
  };
  const decoder = new TextDecoder();
  seen.end = await connection.follow(id, from, (item) => {
    if (item.kind === "reconnecting") seen.reconnecting.push(item.reason);
    else seen.offsets = item.next;
    if (item.kind === "omitted") seen.omitted.push(item.omitted);
    if (item.kind === "record") seen.records.push(item.record);
    if (item.kind === "output") seen.output += decoder.decode(item.bytes, { stream: true });
    onSeen(seen);
  });
  return seen;
}

/** Sends a script and follows it to its end. */
export async function runScript(connection: Connection, compiled: CompiledScript): Promise<Seen> {
  await connection.start(compiled);
  return await follow(connection, compiled);
}

/** Options of a connection, with short times. */
export function options(changes: Partial<ConnectOptions> & { run?: string } = {}): ConnectOptions {
  const { run = "run-1", ...others } = changes;
  return {
    lease: { run, holder: `tester@here for ${run}`, seconds: 60 },
    leaseWait: 0,
    connectTimeout: 15,
    reconnectTimeout: 15,
    cloudInitTimeout: 15,
    ...others,
  };
}

/** Waits until something holds; fails after ten seconds. */
export async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  for (const deadline = performance.now() + 10_000; performance.now() < deadline;) {
    if (await holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`Waited in vain: ${what}`);
}

const linux = Deno.build.os === "linux";
if (!linux) console.log("Tests with this machine as a node are ignored: they need Linux");

/** A test with this machine as a node. */
export function localTest(name: string, fn: () => Promise<void>): void {
  Deno.test({ name, ignore: !linux, fn });
}

/** This machine as a node, its state in a folder that is removed after. */
export interface LocalNode {
  readonly state: string;
  connect(changes?: Partial<ConnectOptions> & { run?: string }): Promise<Connection>;
}

/** Runs a body with this machine as a node. */
export async function withLocalNode(body: (node: LocalNode) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "pallet-local-" });
  const state = `${folder}/state`;
  const transport = makeTransport({ stateDir: folder, paths: { state, memory: "" } });
  try {
    await body({ state, connect: (changes) => transport.connect({ kind: "local" }, options(changes)) });
  } finally {
    await transport.close();
    await Deno.remove(folder, { recursive: true });
  }
}
