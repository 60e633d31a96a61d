// The built file, and the bare surroundings that it is tried in.
import { fromFileUrl } from "../../engine/modules/paths.ts";
import { sourcesHash } from "../../build/sources.ts";

const ROOT = fromFileUrl(new URL("../../", import.meta.url).href);
const BUILT = `${ROOT}dist/pallet`;

/** What a process left. */
export interface Outcome {
  readonly status: number;
  readonly out: string;
  readonly err: string;
}

/** How {@linkcode run} runs a program. */
export interface RunOptions {
  readonly cwd?: string;
  /** All of its environment: empty unless told. */
  readonly env?: Readonly<Record<string, string>>;
  /** Its standard input: none unless told. */
  readonly input?: string;
  /** Seconds after which it is killed: 60. */
  readonly limit?: number;
}

async function build(): Promise<string> {
  const built = await Deno.readTextFile(`${ROOT}dist/.sources`).catch(() => "");
  const there = await Deno.stat(BUILT).then(() => true, () => false);
  if (there && built === await sourcesHash()) return BUILT;
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", `${ROOT}build/main.ts`],
    stdin: "null",
    stdout: "null",
  }).output();
  if (!success) throw new Error(`deno task compile failed:\n${new TextDecoder().decode(stderr)}`);
  return BUILT;
}

let building: Promise<string> | undefined;

/** Path of the executable under test: the one that `PALLET_EXECUTABLE` names, or dist/pallet, built when it is stale. */
export function executable(): Promise<string> {
  return building ??= Promise.resolve(Deno.env.get("PALLET_EXECUTABLE") ?? build());
}

/** Starts a program with nothing of this process's environment. */
export function start(command: readonly string[], options: RunOptions = {}): Deno.ChildProcess {
  const [program = "", ...args] = command;
  return new Deno.Command(program, {
    args,
    clearEnv: true,
    env: { ...options.env },
    stdin: options.input === undefined ? "null" : "piped",
    stdout: "piped",
    stderr: "piped",
    signal: AbortSignal.timeout((options.limit ?? 60) * 1000),
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
  }).spawn();
}

/** Waits for a process to end. */
export async function outcome(process: Deno.ChildProcess): Promise<Outcome> {
  const { code, stdout, stderr } = await process.output();
  const decoder = new TextDecoder();
  return { status: code, out: decoder.decode(stdout), err: decoder.decode(stderr) };
}

/** Runs a program to its end. */
export async function run(command: readonly string[], options: RunOptions = {}): Promise<Outcome> {
  const process = start(command, options);
  if (options.input !== undefined) {
    const writer = process.stdin.getWriter();
    await writer.write(new TextEncoder().encode(options.input));
    await writer.close();
  }
  return await outcome(process);
}

/**
 * The command that runs an executable after a set-up script, in mounts of its own: what the script mounts is gone with it.
 * The file is bound to a place that no set-up hides; `around` is a program that gets it as its last argument.
 */
export function withMounts(setUp: string, file: string, around: readonly string[] = []): readonly string[] {
  const script = [
    "set -e",
    "export PATH=/usr/sbin:/usr/bin:/sbin:/bin",
    "mount -t tmpfs none /mnt",
    ": >/mnt/pallet",
    'mount --bind "$1" /mnt/pallet',
    "shift",
    setUp,
    "unset PATH",
    'exec "$@"',
  ].join("\n");
  return ["/usr/bin/unshare", "--mount", "/bin/sh", "-c", script, "sh", file, ...around, "/mnt/pallet"];
}

/** Set-up that leaves no Deno, no Node, no package cache and, as it is tmpfs, nothing in /tmp. */
export async function nothingInstalled(): Promise<string> {
  const deno = await Deno.realPath(Deno.execPath());
  const { stdout } = await new Deno.Command(deno, { args: ["info", "--json"] }).output();
  const { denoDir } = JSON.parse(new TextDecoder().decode(stdout));
  return [
    `mount --bind /dev/null '${deno}'`,
    `if node=$(command -v node); then mount --bind /dev/null "$(readlink -f "$node")"; fi`,
    `mount -t tmpfs none '${denoDir}'`,
    "mount -t tmpfs none /tmp",
  ].join("\n");
}

/** A folder of the test's own, outside of /tmp, removed afterwards. */
export async function withFolder(use: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ dir: "/var/tmp", prefix: "pallet-executable-" });
  try {
    await use(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** A network without a way out, for several commands. */
export interface Offline {
  /** What a command begins with to be in it. */
  readonly enter: readonly string[];
  close(): Promise<void>;
}

/** Makes a network of its own, and the kernel's view of its devices below /sys. */
export async function openOffline(): Promise<Offline> {
  const view = [
    "set -e",
    "cgroups=$(mktemp -d)",
    'mount --rbind /sys/fs/cgroup "$cgroups"',
    "mount -t sysfs none /sys",
    'mount --rbind "$cgroups" /sys/fs/cgroup',
    'umount -l "$cgroups"',
    'rmdir "$cgroups"',
    "echo ready",
    "exec sleep 120",
  ];
  const keeper = new Deno.Command("unshare", {
    args: ["--net", "--mount", "sh", "-c", view.join("\n")],
    stdin: "null",
    stdout: "piped",
  }).spawn();
  const reader = keeper.stdout.getReader();
  const { value } = await reader.read();
  if (value === undefined) throw new Error("no network of its own can be made here");
  await reader.cancel();
  const of = `/proc/${keeper.pid}/ns`;
  return {
    enter: ["/usr/bin/nsenter", `--net=${of}/net`, `--mount=${of}/mnt`, `--wd=.`],
    close: async () => {
      keeper.kill();
      await keeper.status;
    },
  };
}
