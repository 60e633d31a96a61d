// What no schema and no type says: the meaning of each option of a service, and when each event comes.

/** Meaning of the keys of a `node-list` service. */
export const nodeListMeanings: Readonly<Record<string, string>> = {
  user: "Who logs in; what the ssh configuration says, or you, unless told",
  port: "Port of SSH; what the ssh configuration says, or 22, unless told",
  identities:
    "Private keys to log in with; those of the ssh configuration or of `~/.ssh`, and the agent, unless told",
  "password.secret": "Name of the secret that is the password of `user`, for machines that have no key yet",
  "password.variable": "Variable of your environment that holds it",
  "password.file": "File that holds it",
  "forward-agent": "Lets the user's ssh agent go along to the machine; `false` unless told",
  jump: "Jump hosts that lead to the machines, nearest first, as `admin@bastion:22,gate`, or `none`; " +
    "what the ssh configuration says unless told",
  "nodes[].jump": "In place of the service's",
  "nodes[].user": "In place of the service's",
  "nodes[].port": "In place of the service's",
  "nodes[].identities": "In place of the service's",
  "nodes[].password.secret": "As `password` of the service, for this node",
  "nodes[].password.variable": "As `password` of the service, for this node",
  "nodes[].password.file": "As `password` of the service, for this node",
  "nodes[].forward-agent": "In place of the service's",
  "nodes[].name": "Name of the node",
  "nodes[].group": "The group that it belongs to",
  "nodes[].address": "Host name or IP address, or a name of the ssh configuration",
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
  "groups-related": "What holds between groups, once plans were made: told at the end",
  "phase-started": "A phase begins on these targets",
  "phase-finished": "All targets of a phase have ended it",
  "target-started": "A target begins a phase",
  "target-finished": "A target has ended a phase",
  "action-started": "An action begins",
  "action-finished": "An action has ended",
  output: "Output of a script as it comes, when asked for; a text may end in the middle of a line",
  "output-omitted": "Output in the middle of much that is not told, and the file on the node that has it",
  error: "What ended a command outside of a run: wrong usage, say",
  "run-finished": "Last of a run",
};
