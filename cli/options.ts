import type { Options } from "./parse.ts";

/** Options that every command takes. */
export const commonOptions = {
  infra: { kind: "text", value: "FILE", summary: "infra file (infra.ts, or what pallet.yaml names)" },
  service: { kind: "text", value: "NAME", summary: "service whose nodes it is about" },
  option: { kind: "list", value: "KEY=VALUE", summary: "option of the service, in place of its own" },
  env: { kind: "text", value: "NAME", summary: "environment to select" },
  user: { kind: "text", value: "NAME", summary: "who logs in to nodes that are set up" },
  "private-key": { kind: "text", value: "FILE", summary: "key to log in with as that user" },
  "ssh-config": {
    kind: "text",
    short: "F",
    value: "FILE",
    summary: "in place of ssh's own configuration; or none",
  },
  "import-map": { kind: "text", value: "FILE", summary: "names of crates (deno.json beside the infra file)" },
  frozen: { kind: "flag", summary: "take only crates that pallet.lock holds" },
  offline: { kind: "flag", summary: "fetch no crates: vendored and cached ones alone" },
  json: { kind: "flag", summary: "events, or a listing, as JSON on standard output" },
  reporter: {
    kind: "text",
    value: "NAME",
    choices: ["tty", "plain", "jsonl", "junit", "html", "github-actions", "none"],
    others: true,
    summary: "tty, plain, jsonl, junit, html, github-actions, none, or a plugin's name",
  },
  save: { kind: "list", value: "FILE", summary: "write a report as well: .html, .xml (JUnit), .jsonl" },
  quiet: { kind: "flag", short: "q", summary: "show failures and warnings alone" },
  verbose: { kind: "flag", short: "v", summary: "show all actions, diffs, output, details of errors" },
  "no-color": { kind: "flag", summary: "no colour (as with NO_COLOR)" },
  "lock-wait": {
    kind: "text",
    value: "SECONDS",
    summary: "wait so long for another run on the same nodes (0)",
  },
  "accept-new-host-keys": {
    kind: "flag",
    summary: "trust host keys of nodes never seen before; never changed ones",
  },
  "ask-become-password": {
    kind: "flag",
    short: "K",
    summary: "ask for the password of sudo, su or doas before anything is done",
  },
  yes: {
    kind: "flag",
    short: "y",
    summary: "agree to what would be asked: removal of nodes, rights of plugins",
  },
  "resume-run": { kind: "text", value: "RUN", hidden: true, summary: "go on with this run" },
  help: { kind: "flag", short: "h", summary: "show this help" },
  version: { kind: "flag", hidden: true, summary: "show the version" },
} as const satisfies Options;

/** A name of a common option. */
export type CommonName = keyof typeof commonOptions;

/** Options about the modules of a project, and where they come from. */
export const crateNames = ["import-map", "frozen", "offline"] as const satisfies readonly CommonName[];

/** Options that whatever reads a project heeds; plugins may ask to be let run. */
export const projectNames = ["infra", "env", ...crateNames, "yes"] as const satisfies readonly CommonName[];

/** Options about the service that nodes are of. */
export const serviceNames = ["service", "option"] as const satisfies readonly CommonName[];

/** Options about logging in to nodes. */
export const loginNames = [
  "user",
  "private-key",
  "ssh-config",
  "accept-new-host-keys",
  "ask-become-password",
] as const satisfies readonly CommonName[];

/** Options about how much is shown, which every command heeds. */
export const shownNames = ["quiet", "verbose", "no-color", "help"] as const satisfies readonly CommonName[];

/** Which nodes an operation runs on, and how many at once. */
export const executionOptions = {
  limit: { kind: "list", value: "NODE[,NODE]", summary: "only these nodes (* and ? allowed)" },
  shard: { kind: "text", value: "K/N", summary: "only the K-th of N parts of these nodes, by their names" },
  batch: { kind: "text", value: "N|N%", summary: "nodes at a time in each phase" },
  canary: { kind: "text", value: "N|N%", summary: "nodes that go first; should one fail, no other starts" },
  pause: { kind: "text", value: "SECONDS", summary: "pause between batches" },
  "retry-failed": { kind: "text", value: "RUN", summary: "only nodes on which that run did not succeed" },
  "max-fail": {
    kind: "text",
    value: "N|N%",
    summary: "nodes that may fail before nothing new is started (0)",
  },
  parallel: { kind: "text", value: "N", summary: "nodes at work at once (no limit)" },
} as const satisfies Options;

/** Which phases an operation runs. */
export const phaseOptions = {
  phase: { kind: "list", short: "p", value: "PHASE[,PHASE]", summary: "phases to run, in this order" },
  arg: { kind: "list", value: "NAME=VALUE", summary: "argument of the phases; JSON where it is, else text" },
} as const satisfies Options;

/** Every option that some command takes: enough to find the command on a command line. */
export const allOptions = {
  ...commonOptions,
  ...executionOptions,
  ...phaseOptions,
  "no-phases": { kind: "flag", summary: "adjust counts, run no phase" },
  check: { kind: "flag", summary: "ask the nodes what would change, change nothing" },
  "detailed-exitcode": { kind: "flag", summary: "exit with 3 when changes are pending" },
  os: { kind: "text", value: "OS", summary: "operating system of nodes that do not exist yet: debian-12" },
  script: { kind: "flag", summary: "the script alone" },
  "forward-agent": { kind: "flag", short: "A", summary: "let your ssh agent go along" },
  settings: { kind: "flag", summary: "show how the node is reached and who says so; connect to nothing" },
  origin: { kind: "flag", summary: "where each value was said, and what it hides" },
  all: { kind: "flag", summary: "all of them" },
  "all-regions": { kind: "flag", summary: "of the service in all regions of its account" },
  cron: { kind: "text", value: "TIMES", summary: 'minute, hour, day, month, weekday: "0 3 * * *"' },
  zone: { kind: "text", value: "ZONE", summary: "time zone of the times (this machine's)" },
  scheduler: {
    kind: "text",
    value: "NAME",
    summary: "systemd-user, systemd-system, cron, launchd or windows",
  },
  jitter: { kind: "text", value: "SECONDS", summary: "put each start off by up to so long (0)" },
  "time-limit": { kind: "text", value: "SECONDS", summary: "end a run after so long (never)" },
  "catch-up": { kind: "flag", summary: "make up for a run that was missed" },
  mail: { kind: "text", value: "ADDRESS", summary: "tell of failures and recoveries by mail" },
  webhook: { kind: "text", value: "URL", summary: "tell of failures and recoveries by a POST of JSON" },
  metrics: { kind: "text", value: "FILE", summary: "file for Prometheus's node exporter" },
  scheduled: { kind: "flag", hidden: true, summary: "begun by the system" },
  missed: { kind: "flag", hidden: true, summary: "only if a run was missed" },
  name: { kind: "text", value: "NAME", summary: "name in the import map" },
  from: { kind: "text", value: "FILE|URL", summary: "disk that an image is made of" },
  "from-vm": { kind: "text", value: "MACHINE", summary: "machine that an image is made of" },
  sha256: { kind: "text", value: "HASH", summary: "hash that the file must have" },
  diff: { kind: "flag", summary: "show what changes in the sources" },
  "dry-run": { kind: "flag", summary: "show what would change, change nothing" },
} as const satisfies Options;
