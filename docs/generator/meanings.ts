// What no schema and no type says: the meaning of each key of a configuration file, and when each event comes.

/** Meaning by path of a key in a configuration file. */
export const configurationMeanings: Readonly<Record<string, string>> = {
  services: "Services by name; all keys but `provider` and `environment` are the provider's own",
  "services.NAME.provider": "`lab`, `localhost`, `node-list`, or the name of a plugin",
  "services.NAME.environment": "Layer of the environment that holds for this service",
  "admin-user.username": "Who logs in to a node once it is bootstrapped",
  "admin-user.private-key": "Path of the key to log in with; relative to the file",
  "default-service": "The service when none is named on the command line",
  plugins: "Plugins by name; see [plugins](../guides/plugins.md)",
  "plugins.NAME.from": "Path, `https:` URL, `jsr:` package or name of the import map",
  "plugins.NAME.kind": "What it is: nodes, a view of a run, something told of its end, a store of secrets",
  "plugins.NAME.permissions.read": "Files and folders that it may read",
  "plugins.NAME.permissions.write": "Files and folders that it may write",
  "plugins.NAME.permissions.net": "Hosts that it may talk to, as `api.example.com` or `api.example.com:443`",
  "plugins.NAME.permissions.run": "Programs that it may start; they may do all that you may",
  "plugins.NAME.permissions.env": "Variables of your environment that it and its programs have",
  "plugins.NAME.permissions.sys": "Facts of this machine that it may ask, by Deno's names",
  "plugins.NAME.options": "Its own options; those of a provider stand in its services",
  "plugins.NAME.timeout": "Seconds that it may take to answer, in place of those of its kind",
  environment: "Layer of the environment",
  "defaults.parallel": "As `--parallel`",
  "defaults.batch": "As `--batch`",
  "defaults.max-fail": "As `--max-fail`",
  "defaults.connect-timeout": "Seconds for connection and login to a node; 30 unless told",
  "defaults.reconnect-timeout": "Seconds in which a lost connection is regained; 120 unless told",
  "defaults.lease-wait": "Seconds to wait for another run that holds a node or a group; 0 unless told",
  "defaults.evaluate-timeout":
    "Seconds to evaluate the infra file and its crates, and to make plans; 10 and 30 unless told",
  infra: "The infra file, relative to `pallet.yaml`; `infra.ts` unless told",
  "permissions.workstation": "Lets `create-group` and `destroy-group` phases run actions on this workstation",
  "permissions.local-files": "Files and folders outside of the infra file's own folder that actions may read",
};

/** Meaning of the keys of a `node-list` service. */
export const nodeListMeanings: Readonly<Record<string, string>> = {
  user: "Who logs in; you unless told",
  port: "Port of SSH; 22 unless told",
  identities: "Private keys to log in with; those of `~/.ssh` and the agent unless told",
  "nodes[].user": "In place of the service's",
  "nodes[].port": "In place of the service's",
  "nodes[].identities": "In place of the service's",
  "nodes[].name": "Name of the node",
  "nodes[].group": "The group that it belongs to",
  "nodes[].address": "Host name or IP address",
  "nodes[].private-address": "What `privateIp` is in plans",
  "nodes[].tags": "Tags that plans see",
  "nodes[].host-keys":
    "Its public host keys, as in `/etc/ssh/ssh_host_ed25519_key.pub`; it must then have one of them",
  "nodes[].os": "Its operating system, as `debian-12`, for plans before it was asked",
};

/** When each event comes. */
export const eventMeanings: Readonly<Record<string, string>> = {
  "run-started": "First of a run",
  message: "Something to know that is no result",
  "counts-planned": "What will be made, started and removed, before any of it happens",
  "node-creating": "A node is about to be made",
  "node-progress": "A step on the way to a node that can be used",
  "node-created": "A node can be used",
  "node-failed": "A node could not be made, reached or removed",
  "node-removing": "A node is about to be removed",
  "node-removed": "A node is gone",
  "node-connected": "A connection stands; with what the node said of itself",
  "node-reconnecting": "A connection was lost and is being regained",
  "phase-started": "A phase begins on these targets",
  "phase-finished": "All targets of a phase have ended it",
  "target-started": "A target begins a phase",
  "target-finished": "A target has ended a phase",
  "action-started": "An action begins",
  "action-finished": "An action has ended",
  output: "Output of a script as it comes, when asked for; a text may end in the middle of a line",
  error: "What ended a command outside of a run: wrong usage, say",
  "run-finished": "Last of a run",
};
