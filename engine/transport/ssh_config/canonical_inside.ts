// Runs in a network of its own, with a resolver of its own: what ssh and we make of short names there, as JSON.
import { createSocket } from "node:dgram";
import { homedir } from "node:os";
import { PalletError } from "../../errors.ts";
import { localMachine } from "./local_machine.ts";
import { openSshConfig } from "./mod.ts";

/** Names with their addresses; `=` before a name that they are an alias of. */
const NAMES: Readonly<Record<string, string>> = {
  "web.example.org": "192.0.2.1",
  "db.example.org": "=db-3.internal",
  "db-3.internal": "192.0.2.3",
  "twice.example.org": "=db.example.org",
  "app.dev.example.org": "192.0.2.4",
  "full.example.net": "=web.example.org",
  "plain": "=db-3.internal",
};

function encoded(name: string): readonly number[] {
  return [...name.split(".").flatMap((label) => [label.length, ...new TextEncoder().encode(label)]), 0];
}

/** A record of a name, 60 seconds good. */
function record(name: string, type: number, data: readonly number[]): readonly number[] {
  return [...encoded(name), 0, type, 0, 1, 0, 0, 0, 60, 0, data.length, ...data];
}

function answer(question: Uint8Array): Uint8Array {
  const labels: string[] = [];
  let at = 12;
  for (let length = question[at] ?? 0; length > 0; length = question[at] ?? 0) {
    labels.push(new TextDecoder().decode(question.subarray(at + 1, at + 1 + length)));
    at += length + 1;
  }
  const type = question[at + 2];
  const asked = labels.join(".").toLowerCase();
  const records: (readonly number[])[] = [];
  let name = asked;
  for (let target = NAMES[name]; target?.startsWith("="); target = NAMES[name]) {
    records.push(record(name, 5, encoded(target.slice(1))));
    name = target.slice(1);
    if (type === 5) break;
  }
  const address = NAMES[name];
  if (type === 1 && address !== undefined) records.push(record(name, 1, address.split(".").map(Number)));
  const code = Object.hasOwn(NAMES, asked) ? 0x80 : 0x83;
  const head = [question[0] ?? 0, question[1] ?? 0, 0x81, code, 0, 1, 0, records.length, 0, 0, 0, 0];
  return new Uint8Array([...head, ...question.subarray(12, at + 5), ...records.flat()]);
}

async function theirs(path: string, host: string): Promise<string> {
  const { success, stdout } = await new Deno.Command("ssh", {
    args: ["-G", "-F", path, host],
    stderr: "null",
  }).output();
  const text = new TextDecoder().decode(stdout);
  const one = (keyword: string) => new RegExp(`^${keyword} (.*)$`, "m").exec(text)?.[1];
  return success ? `${one("user")}@${one("hostname")}` : "refused";
}

async function ours(path: string, host: string): Promise<string> {
  try {
    const { user, hostName } = await openSshConfig(localMachine(homedir()), path).settings({ host });
    return `${user}@${hostName}`;
  } catch (thrown) {
    if (thrown instanceof PalletError) return "refused";
    throw thrown;
  }
}

if (import.meta.main) {
  const socket = createSocket(
    "udp4",
    (question, from) => socket.send(answer(question), from.port, from.address),
  );
  await new Promise<void>((resolve) => socket.bind(53, "127.0.0.1", resolve));
  const [folder = "", ...hosts] = Deno.args;
  const rows: { config: string; host: string; ours: string; theirs: string }[] = [];
  for await (const { name } of Deno.readDir(folder)) {
    const path = `${folder}/${name}`;
    const config = await Deno.readTextFile(path);
    for (const host of hosts) {
      rows.push({ config, host, ours: await ours(path, host), theirs: await theirs(path, host) });
    }
  }
  socket.close();
  console.log(JSON.stringify(rows));
  // A resolver that was asked may hold its socket.
  Deno.exit(0);
}
