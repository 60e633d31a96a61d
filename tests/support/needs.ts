// What the tests need from the machine, and how it gets there.

/** A program, and the Debian package that brings it. */
interface Need {
  readonly program: string;
  readonly packageName: string;
  readonly why: string;
}

const NEEDS: readonly Need[] = [
  { program: "ip", packageName: "iproute2", why: "lab nodes have addresses" },
  { program: "nft", packageName: "nftables", why: "lab nodes reach outside" },
  { program: "debootstrap", packageName: "debootstrap", why: "Debian images of the lab" },
  { program: "shellcheck", packageName: "shellcheck", why: "generated scripts are checked" },
  {
    program: "ssh",
    packageName: "openssh-client",
    why: "keys are made, configurations and benchmarks are compared with it",
  },
  { program: "curl", packageName: "curl", why: "pages are fetched" },
  { program: "chromium", packageName: "chromium", why: "pages of reports are looked at" },
  { program: "fuseiso", packageName: "fuseiso", why: "discs are mounted, also where the kernel cannot" },
  { program: "openssl", packageName: "openssl", why: "certificates of crate hosts are made" },
  { program: "age", packageName: "age", why: "encrypted files are exchanged with it" },
  { program: "zsh", packageName: "zsh", why: "completions are checked by it" },
  { program: "fish", packageName: "fish", why: "completions are checked by it" },
];

/** Whether a program is on the PATH. */
export async function has(program: string): Promise<boolean> {
  const { success } = await new Deno.Command("sh", {
    args: ["-c", 'command -v "$1"', "sh", program],
    stdout: "null",
  })
    .output();
  return success;
}

/** Whether this process may make namespaces, mounts and nodes. */
export function isRoot(): boolean {
  return Deno.build.os === "linux" && Deno.uid() === 0;
}

async function apt(...args: readonly string[]): Promise<boolean> {
  const { success } = await new Deno.Command("apt-get", {
    args: ["-y", "-qq", ...args],
    env: { DEBIAN_FRONTEND: "noninteractive" },
    stdout: "null",
  }).output();
  return success;
}

/**
 * Installs what is missing, as root on Debian or Ubuntu; elsewhere names it, and the tests that need it are ignored
 * with the reason.
 */
export async function install(): Promise<void> {
  const missing: Need[] = [];
  for (const need of NEEDS) if (!await has(need.program)) missing.push(need);
  if (missing.length === 0) return;
  const names = missing.map((need) => need.packageName);
  if (isRoot() && await has("apt-get")) {
    console.log(`Installing ${names.join(", ")}`);
    await apt("update");
    if (await apt("install", "--no-install-recommends", ...names)) return;
  }
  for (const need of missing) {
    console.log(
      `Missing ${need.program} (package ${need.packageName}): ${need.why}; tests that need it are ignored`,
    );
  }
}
