// What a test's OpenSSH server is made of: packages of the distribution, and keys, unpacked and made once.
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** Packages of the distribution that are unpacked into the copy. */
const PACKAGES = [
  "openssh-server",
  "libwrap0",
  "sudo",
  "fish",
  "fish-common",
  "libpcre2-32-0",
  "tcsh",
];

/** Where that is kept. */
export const CACHE = join(dirname(fileURLToPath(import.meta.url)), "..", "..", ".cache", "sshd");

/** What a program prints. @throws {Error} with what it says when it fails. */
export async function run(program: string, args: readonly string[], cwd?: string): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(program, {
    args: [...args],
    stdin: "null",
    ...(cwd === undefined ? {} : { cwd }),
  }).output();
  if (!success) throw new Error(`${program} ${args.join(" ")}: ${new TextDecoder().decode(stderr)}`);
  return new TextDecoder().decode(stdout);
}

async function exists(path: string): Promise<boolean> {
  try {
    await Deno.stat(path);
    return true;
  } catch {
    return false;
  }
}

/** Unpacks packages to `root` in a folder. */
async function unpack(packages: readonly string[], work: string): Promise<void> {
  const root = join(work, "root");
  await Deno.mkdir(root);
  await run("apt-get", ["-qq", "-o", "APT::Sandbox::User=root", "download", ...packages], work);
  for await (const { name } of Deno.readDir(work)) {
    if (name.endsWith(".deb")) await run("dpkg-deb", ["-x", join(work, name), root]);
  }
  // Where /lib is a link to /usr/lib, a directory /lib would hide everything in it.
  for (const name of ["bin", "sbin", "lib", "lib64"]) {
    if (!await exists(join(root, name))) continue;
    await Deno.mkdir(join(root, "usr", name), { recursive: true });
    await run("cp", ["-a", `${join(root, name)}/.`, join(root, "usr", name)]);
    await Deno.remove(join(root, name), { recursive: true });
  }
  // It is copied for each server: what no test needs stays out.
  for (const name of ["doc", "man", "locale", "lintian", "fish/completions", "fish/man"]) {
    await Deno.remove(join(root, "usr/share", name), { recursive: true }).catch(() => {});
  }
}

/** Unpacks packages once, each set of them to a folder of its own; gives that folder's root. */
export async function unpackMore(packages: readonly string[]): Promise<readonly string[]> {
  if (packages.length === 0) return [];
  const folder = join(dirname(CACHE), "packages", packages.toSorted().join("+"));
  if (await exists(join(folder, "root"))) return [join(folder, "root")];
  await Deno.mkdir(dirname(folder), { recursive: true });
  const work = await Deno.makeTempDir({ dir: dirname(folder), prefix: "unpack-" });
  await Deno.chmod(work, 0o755);
  await unpack(packages, work);
  try {
    await Deno.rename(work, folder);
  } catch {
    await Deno.remove(work, { recursive: true });
  }
  return [join(folder, "root")];
}

/** Unpacks what the copy needs, once; a second process that does the same meanwhile does no harm. */
export async function buildCache(): Promise<void> {
  if (await exists(join(CACHE, "root"))) return;
  await Deno.mkdir(dirname(CACHE), { recursive: true });
  const work = await Deno.makeTempDir({ dir: dirname(CACHE), prefix: "sshd-" });
  await Deno.chmod(work, 0o755);
  await unpack(PACKAGES, work);
  const keys = join(work, "keys");
  await Deno.mkdir(keys);
  for (const type of ["ed25519", "ecdsa", "rsa"]) await makeKey(join(keys, `host_${type}`), ["-t", type]);
  await makeKey(join(keys, "client"), ["-t", "ed25519"]);
  try {
    await Deno.rename(work, CACHE);
  } catch {
    await Deno.remove(work, { recursive: true });
  }
}

/** Makes a private key without a passphrase, and its public half beside it. */
export async function makeKey(path: string, options: readonly string[]): Promise<string> {
  await run("ssh-keygen", ["-q", "-N", "", "-C", "test", "-f", path, ...options]);
  return path;
}
