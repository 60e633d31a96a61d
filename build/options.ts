// What Deno is told of the program, of either kind of executable.

/** Nothing but the program's own files counts. */
export const isolation: readonly string[] = [
  "--quiet",
  "--no-check",
  "--no-config",
  "--no-lock",
  "--no-npm",
  "--no-remote",
];

/** Room for young objects, in MiB: with less, a sixth of a run on ten nodes goes to looking which of them still live. */
const ROOM = "--min-semi-space-size=16";

/** What a Deno beside the program is told of its engine. */
export const engineOptions: readonly string[] = [`--v8-flags=${ROOM}`];

/** What a compiled file needs besides: it has its permissions for good, and reads no `DENO_V8_FLAGS`. */
export const compiledOptions: readonly string[] = [
  // Plugins get their permissions in a worker.
  "--unstable-worker-options",
  // That no text becomes code in the sandbox is said here, for the whole file.
  `--v8-flags=--disallow-code-generation-from-strings,${ROOM}`,
];

/**
 * What the executable may do. No foreign functions, no modules from the network: what infra files import is read by the
 * engine and evaluated in a child that has none of these.
 */
export const permissions: readonly string[] = [
  "--no-prompt",
  "--allow-read",
  "--allow-write",
  "--allow-net",
  "--allow-env",
  "--allow-run",
  "--allow-sys",
  "--deny-ffi",
  "--deny-import",
];
