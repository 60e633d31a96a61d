// Throwaway roots: this machine's own userland, writable, thrown away after.
import { parseRecord } from "../../engine/script/records.ts";
import type { CompiledScript } from "../../engine/script/types.ts";
import type { Facts } from "../../engine/spec/node.ts";
import { localFacts } from "./local_facts.ts";
import { outcomes, type ScriptOutcome } from "./outcomes.ts";

export type { ActionOutcome, ScriptOutcome } from "./outcomes.ts";

/** What a command left. */
export interface CommandResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A root of its own. Commands in it run as root, with this machine's network. */
export interface ThrowawayRoot {
  /** Facts of it. */
  readonly facts: Facts;
  /** Path of the root as seen from this process. */
  readonly path: string;
  /** Runs bash in it. */
  bash(text: string): Promise<CommandResult>;
  /** Runs a script in it as a node would: claimed directory, lock, records, output; waits for its end. */
  runScript(script: Pick<CompiledScript, "text" | "actions">): Promise<ScriptOutcome>;
}

const STATE = "/var/lib/pallet";

/** Sets the root up and serves commands, each in its own process; ends, with all that runs in it, with its stdin. */
const HELPER = String.raw`
set -eu
base=$1 root=$1/root
mount -t tmpfs -o mode=0755 tmpfs "$base"
mkdir "$base/upper" "$base/work" "$root"
mount -t overlay -o "lowerdir=/,upperdir=$base/upper,workdir=$base/work" overlay "$root"
mount -t proc proc "$root/proc"
mount -t sysfs -o ro sysfs "$root/sys" || true
mount -t tmpfs -o mode=0755 tmpfs "$root/dev"
for device in null zero full random urandom tty; do
  : >"$root/dev/$device"
  mount --bind "/dev/$device" "$root/dev/$device"
done
ln -s /proc/self/fd "$root/dev/fd"
for number in 0:stdin 1:stdout 2:stderr; do ln -s "/proc/self/fd/${"${number%%:*}"}" "$root/dev/${"${number#*:}"}"; done
mkdir -m 1777 "$root/dev/shm"
mkdir "$root/dev/pts"
mount -t devpts -o newinstance,ptmxmode=0666 devpts "$root/dev/pts"
ln -s pts/ptmx "$root/dev/ptmx"
mount -t tmpfs -o mode=0755 tmpfs "$root/run"
mount -t tmpfs -o mode=1777 tmpfs "$root/tmp"
mkdir "$root/run/lock" "$root/run/throwaway"
rm -rf "$root${STATE}"
printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
chmod 755 "$root/usr/sbin/policy-rc.d"
exec chroot "$root" /usr/bin/env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 \
  bash -c '
    echo ready $$
    while read -r number; do
      {
        exec 2>/dev/null
        code=0
        bash "/run/throwaway/$number/command" </dev/null \
          >"/run/throwaway/$number/stdout" 2>"/run/throwaway/$number/stderr" || code=$?
        echo "$number $code"
      } &
    done
  '
`;

/** Launches a script as a node's agent does. */
const LAUNCH = String.raw`
directory=$1
for inherited in /proc/self/fd/*; do
  inherited=${"${inherited##*/}"}
  ((inherited < 3 || inherited == 255)) || exec {inherited}>&-
done
exec 8>"$directory/lock" 9>>"$directory/records"
flock -n 8
exec env -i PATH="$PATH" HOME=/root LANG=C.UTF-8 \
  setsid --wait bash "$directory/script" "$directory" ${STATE} </dev/null >>"$directory/output" 2>&1
`;

function decode(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

async function readText(path: string): Promise<string> {
  return decode(await Deno.readFile(path));
}

async function probe(): Promise<string | undefined> {
  if (Deno.build.os !== "linux") return "throwaway roots need Linux";
  if (Deno.uid() !== 0) return "throwaway roots need root";
  const directory = await Deno.makeTempDir({ prefix: "pallet-probe-" });
  try {
    const probe = await new Deno.Command("unshare", {
      args: ["--mount", "--pid", "--fork", "bash", "-c", PROBE, "probe", directory],
      stdin: "null",
    }).output();
    return probe.success
      ? undefined
      : `throwaway roots need mount namespaces and overlayfs: ${decode(probe.stderr)}`;
  } catch (error) {
    return `throwaway roots need unshare: ${error instanceof Error ? error.message : error}`;
  } finally {
    await Deno.remove(directory);
  }
}

const PROBE = `mount -t tmpfs tmpfs "$1" && mkdir "$1/u" "$1/w" "$1/r" &&
  mount -t overlay -o "lowerdir=/,upperdir=$1/u,workdir=$1/w" overlay "$1/r"`;

class Root implements ThrowawayRoot {
  readonly path: string;
  readonly #stdin: WritableStreamDefaultWriter<Uint8Array>;
  readonly #waiting = new Map<string, (code: number) => void>();
  #number = 0;

  constructor(path: string, stdin: WritableStream<Uint8Array>, readonly facts: Facts) {
    this.path = path;
    this.#stdin = stdin.getWriter();
  }

  /** Takes a line of the helper: number and exit status of a command that ended. */
  answer(line: string): void {
    const [number = "", code = ""] = line.split(" ");
    this.#waiting.get(number)?.(Number(code));
    this.#waiting.delete(number);
  }

  async #run(command: (directory: string) => string, files: Readonly<Record<string, string>> = {}) {
    const number = String(++this.#number);
    const inside = `/run/throwaway/${number}`;
    const directory = `${this.path}${inside}`;
    await Deno.mkdir(directory, { mode: 0o700 });
    for (const [name, text] of Object.entries({ ...files, command: command(inside) })) {
      await Deno.writeTextFile(`${directory}/${name}`, text);
    }
    const { promise, resolve } = Promise.withResolvers<number>();
    this.#waiting.set(number, resolve);
    await this.#stdin.write(new TextEncoder().encode(`${number}\n`));
    return { directory, inside, code: await promise };
  }

  async bash(text: string): Promise<CommandResult> {
    const { directory, code } = await this.#run(() => text);
    return {
      code,
      stdout: await readText(`${directory}/stdout`),
      stderr: await readText(`${directory}/stderr`),
    };
  }

  async runScript(script: Pick<CompiledScript, "text" | "actions">): Promise<ScriptOutcome> {
    const { directory, inside, code } = await this.#run(
      (inside) => `mkdir -p -m 700 ${STATE}\nset -- ${inside}\n${LAUNCH}`,
      { script: script.text, records: "", output: "" },
    );
    const records = (await readText(`${directory}/records`)).split("\n").slice(0, -1).map(parseRecord);
    const output = await Deno.readFile(`${directory}/output`);
    const last = records.at(-1);
    return {
      code,
      result: last?.type === "script-finished" ? last.result : "died",
      records,
      output: decode(output),
      results: outcomes(script.actions, records, output),
      directory: inside,
    };
  }

  async close(): Promise<void> {
    await this.#stdin.close().catch(() => {});
  }
}

/**
 * Gives a root of its own to a test: an overlay over `/` in its own mount, pid, uts and ipc namespaces. Whatever is
 * done to it is gone after, with every process that was started in it; the machine itself is not touched.
 *
 * @example
 * ```ts ignore
 * await withThrowawayRoot(async (root) => {
 *   await root.bash("rm -rf /etc/apt");
 * });
 * ```
 */
export async function withThrowawayRoot<T>(use: (root: ThrowawayRoot) => Promise<T>): Promise<T> {
  const base = await Deno.makeTempDir({ prefix: "pallet-root-" });
  const namespaces = [
    "--mount",
    "--pid",
    "--uts",
    "--ipc",
    "--fork",
    "--kill-child",
    "--propagation",
    "private",
  ];
  const helper = new Deno.Command("unshare", {
    args: [...namespaces, "bash", "-c", HELPER, "throwaway", base],
    stdin: "piped",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  let root: Root | undefined;
  const ready = Promise.withResolvers<Root>();
  const reading = (async () => {
    let rest = "";
    for await (const chunk of helper.stdout) {
      const lines = (rest + decode(chunk)).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) {
        if (root === undefined) {
          root = new Root(`/proc/${await firstChild(helper.pid)}/root`, helper.stdin, await localFacts());
          ready.resolve(root);
        } else root.answer(line);
      }
    }
    ready.reject(new Error("Cannot make a throwaway root: its helper ended"));
  })();
  try {
    return await use(await ready.promise);
  } finally {
    await root?.close();
    try {
      helper.kill("SIGKILL");
    } catch {
      // It has ended already.
    }
    await Promise.allSettled([reading, helper.status]);
    await Deno.remove(base, { recursive: true });
  }
}

/** The process that `unshare --fork` started: first of the namespace, root of everything in it. */
async function firstChild(pid: number): Promise<string> {
  const children = await Deno.readTextFile(`/proc/${pid}/task/${pid}/children`);
  return children.trim().split(" ")[0] ?? "";
}

const reason = await probe();
if (reason !== undefined) console.log(`Tests that need a throwaway root are ignored: ${reason}`);

/** Why throwaway roots cannot be made here; nothing when they can. */
export function whyNoThrowawayRoot(): Promise<string | undefined> {
  return Promise.resolve(reason);
}

/** A test in a throwaway root of its own; ignored where there can be none. */
export function testInRoot(name: string, body: (root: ThrowawayRoot) => Promise<void>): void {
  Deno.test({ name, ignore: reason !== undefined, fn: () => withThrowawayRoot(body) });
}
