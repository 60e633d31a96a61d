/** A platform that executables are made for. */
export interface Target {
  /** As in the names of files. */
  readonly name: string;
  /** As Deno's compiler calls it. */
  readonly triple: string;
  /** The npm package that holds Deno for it. */
  readonly packageName: string;
  /** What lists name, size and time of change, in seconds, of files: the program and its options. */
  readonly stat: string;
}

const GNU = "stat -c '%n %s %Y'";
/** Its own, whatever else of that name may come first in PATH. */
const BSD = "/usr/bin/stat -f '%N %z %m'";

/** All platforms. */
export const targets: readonly Target[] = [
  {
    name: "linux-x64",
    triple: "x86_64-unknown-linux-gnu",
    packageName: "@deno/linux-x64-glibc",
    stat: GNU,
  },
  {
    name: "linux-arm64",
    triple: "aarch64-unknown-linux-gnu",
    packageName: "@deno/linux-arm64-glibc",
    stat: GNU,
  },
  { name: "macos-x64", triple: "x86_64-apple-darwin", packageName: "@deno/darwin-x64", stat: BSD },
  { name: "macos-arm64", triple: "aarch64-apple-darwin", packageName: "@deno/darwin-arm64", stat: BSD },
  { name: "windows-x64", triple: "x86_64-pc-windows-msvc", packageName: "@deno/win32-x64", stat: "" },
];

/** The platform of this machine, when there is an executable for it. */
export const ownTarget: Target | undefined = targets.find(({ triple }) => triple === Deno.build.target);
