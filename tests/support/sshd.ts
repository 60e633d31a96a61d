// A real OpenSSH server for tests, on a free port of loopback, in a throwaway copy of this machine's file system: an
// overlay in namespaces of its own, so that nothing is installed or left behind.
import { join } from "node:path";
import { has, isRoot } from "./needs.ts";
import { buildCache, CACHE, run, unpackMore } from "./sshd_files.ts";

export { makeKey } from "./sshd_files.ts";

/** Users of the copy besides root: name to login shell. Every one takes the same key. */
const USERS = {
  admin: "/bin/bash",
  asks: "/bin/bash",
  dash: "/bin/dash",
  fish: "/usr/bin/fish",
  tcsh: "/usr/bin/tcsh",
  nologin: "/usr/sbin/nologin",
} as const;

/** What a test may ask of its server. */
export interface SshdOptions {
  /** Lines of sshd_config, before the usual ones. */
  readonly config?: readonly string[];
  /** Bash that runs as root in the copy before the server starts. */
  readonly prepare?: string;
  /** Public keys that may log in besides the usual one. */
  readonly authorized?: readonly string[];
  /** Packages of the distribution that are unpacked besides the usual ones; they are not configured. */
  readonly packages?: readonly string[];
}

/** A route of a test's server; a structural copy of the engine's. */
export interface TestRoute {
  readonly kind: "ssh";
  readonly address: string;
  readonly port: number;
  readonly user: string;
  readonly hostKeyAlias: string;
  readonly hostKeys: readonly string[];
  readonly identities: readonly string[];
}

/** A running server. */
export interface TestSshd {
  readonly port: number;
  /** Private key that may log in as root and every other user. */
  readonly identity: string;
  /** Lines of its public host keys, ed25519 first. */
  readonly hostKeys: readonly string[];
  route(changes?: Partial<TestRoute>): TestRoute;
  /** Runs a command with `sh` as root in the copy; gives what it prints. */
  exec(command: string): Promise<string>;
  /** What the server wrote to its log. */
  log(): Promise<string>;
  stop(): Promise<void>;
}

/** Why no server can be started here; nothing when one can. */
export async function sshdMissing(): Promise<string | undefined> {
  if (!isRoot()) return "it needs root on Linux";
  for (const program of ["unshare", "nsenter", "ssh-keygen", "apt-get", "dpkg-deb"]) {
    if (!await has(program)) return `it needs ${program}`;
  }
  return undefined;
}

/** A port that nothing listens on just now. */
export function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

/** Runs as the first process of the namespaces; parameters: directory, work directory, what to serve, roots of more packages. */
const INIT = `
set -eu
cache=$1 work=$2
mount -t tmpfs tmpfs "$work"
mkdir "$work/upper" "$work/work" "$work/node"
cp -a "$cache/root/." "$work/upper/" # no layer of its own: it lies in the lower one
serve=$3
shift 3
for more; do cp -a "$more/." "$work/upper/"; done
mount -t overlay overlay -o "lowerdir=/,upperdir=$work/upper,workdir=$work/work" "$work/node"
cd "$work/node"
mount -t proc proc proc
mount --rbind /dev dev
mount -t tmpfs tmpfs run
mkdir -p run/sshd root var/empty
hostname node
rm -rf var/lib/pallet root/.bashrc root/.profile # of this machine, and slow
grep -q ^sshd: etc/passwd || echo 'sshd:x:990:65534::/run/sshd:/usr/sbin/nologin' >>etc/passwd
id=2000
${
  Object.entries(USERS).map(([name, shell]) =>
    `echo "${name}:x:$id:$id::/home/${name}:${shell}" >>etc/passwd
echo "${name}:*:19000:0:99999:7:::" >>etc/shadow
mkdir -p home/${name}; chown $id:$id home/${name}; id=$((id + 1))`
  ).join("\n")
}
sed -i 's/^root:[^:]*:/root:*:/' etc/shadow
sed -i 's#^\\(root:.*:\\)[^:]*$#\\1/bin/bash#' etc/passwd
echo '127.0.0.1 localhost node' >etc/hosts
mkdir -p etc/ssh etc/sudoers.d
for user in admin dash fish tcsh; do echo "$user ALL=(ALL) NOPASSWD: ALL"; done >etc/sudoers.d/pallet
echo 'asks ALL=(ALL) ALL' >>etc/sudoers.d/pallet
chmod 440 etc/sudoers.d/pallet
cp "$cache"/keys/host_* etc/ssh/
chmod 600 etc/ssh/host_*
exec chroot "$work/node" /bin/bash -c "$serve"
`;

const SERVE = `
exec 2>>/var/log/sshd.log
eval "$PALLET_PREPARE"
printf '%s' "$PALLET_CONFIG" >/etc/ssh/sshd_config
printf '%s' "$PALLET_AUTHORIZED" >/etc/ssh/authorized_keys
unset PALLET_PREPARE PALLET_CONFIG PALLET_AUTHORIZED
while :; do
  /usr/sbin/sshd -D -e >>/var/log/sshd.log 2>&1 &
  wait $!
  sleep 0.2
done
`;

async function firstChild(pid: number): Promise<number> {
  for (let attempt = 0; attempt < 200; attempt++) {
    const children = await Deno.readTextFile(`/proc/${pid}/task/${pid}/children`).catch(() => "");
    const child = Number(children.trim().split(" ")[0]);
    if (child > 0) return child;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  throw new Error("The namespaces of the test's sshd did not come up");
}

/** Starts a server. It ends with the test process, or by its {@linkcode TestSshd.stop}. */
export async function startSshd(options: SshdOptions = {}): Promise<TestSshd> {
  await buildCache();
  const more = await unpackMore(options.packages ?? []);
  const port = freePort();
  const work = await Deno.makeTempDir({ prefix: "pallet-sshd-" });
  const identity = join(work, "client");
  await Deno.copyFile(join(CACHE, "keys", "client"), identity);
  await Deno.chmod(identity, 0o600);
  const mount = join(work, "mount");
  await Deno.mkdir(mount);
  const publicKeys = await Promise.all(
    ["ed25519", "ecdsa", "rsa"].map((type) => Deno.readTextFile(join(CACHE, "keys", `host_${type}.pub`))),
  );
  const clientKey = await Deno.readTextFile(join(CACHE, "keys", "client.pub"));
  const config = [
    ...options.config ?? [],
    `Port ${port}`,
    "ListenAddress 127.0.0.1",
    "HostKey /etc/ssh/host_ed25519",
    "HostKey /etc/ssh/host_ecdsa",
    "HostKey /etc/ssh/host_rsa",
    "AuthorizedKeysFile /etc/ssh/authorized_keys",
    "StrictModes no",
    "PermitRootLogin prohibit-password",
    "PasswordAuthentication no",
    "KbdInteractiveAuthentication no",
    "UsePAM no",
    "UseDNS no",
    "LogLevel VERBOSE",
    "PidFile none",
    "",
  ];
  const child = new Deno.Command("unshare", {
    args: ["--mount", "--pid", "--uts", "--ipc", "--fork", "--kill-child", "--propagation", "private"].concat(
      ["bash", "-c", INIT, "sshd-node", CACHE, mount, SERVE, ...more],
    ),
    clearEnv: true,
    env: {
      PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
      PALLET_PREPARE: options.prepare ?? ":",
      PALLET_CONFIG: config.join("\n"),
      PALLET_AUTHORIZED: [clientKey.trim(), ...options.authorized ?? [], ""].join("\n"),
    },
    stdin: "null",
    stdout: "inherit",
    stderr: "inherit",
  }).spawn();
  const init = await firstChild(child.pid);
  const exec = (command: string) =>
    run("nsenter", ["-t", String(init), "-m", "-p", "-u", "-i", "-r", "-w", "sh", "-c", command]);
  const sshd: TestSshd = {
    port,
    identity,
    hostKeys: publicKeys.map((key) => key.trim()),
    route: (changes) => ({
      kind: "ssh",
      address: "127.0.0.1",
      port,
      user: "root",
      hostKeyAlias: "node-1",
      hostKeys: publicKeys.map((key) => key.trim()),
      identities: [identity],
      ...changes,
    }),
    exec,
    log: () => exec("cat /var/log/sshd.log"),
    async stop() {
      try {
        child.kill("SIGKILL");
      } catch {
        // It has ended by itself.
      }
      await child.status;
      await Deno.remove(work, { recursive: true });
    },
  };
  try {
    await listening(port, child.status);
  } catch (thrown) {
    await sshd.stop();
    throw thrown;
  }
  return sshd;
}

async function listening(port: number, ended: Promise<Deno.CommandStatus>): Promise<void> {
  let over = false;
  void ended.then(() => over = true);
  for (let attempt = 0; attempt < 500 && !over; attempt++) {
    try {
      (await Deno.connect({ hostname: "127.0.0.1", port })).close();
      return;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
  throw new Error("The test's sshd did not start");
}

/** Runs a body with a server that is taken down after it. */
export async function withSshd<T>(options: SshdOptions, body: (sshd: TestSshd) => Promise<T>): Promise<T> {
  const sshd = await startSshd(options);
  try {
    return await body(sshd);
  } finally {
    await sshd.stop();
  }
}
