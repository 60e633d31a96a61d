/**
 * What the executable may do, of either kind. No foreign functions, no modules from the network: what infra files import
 * is read by the engine and evaluated in a child that has none of these.
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
