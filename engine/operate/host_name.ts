// Names a node that whoever made it could not name.
import type { PlannedAction } from "../actions/action.ts";
import { execScript } from "../actions/list.ts";
import { sh } from "../script/sh.ts";
import type { Target } from "../spec/node.ts";

/** The action that gives a new node its host name; nothing where its provider has done so, or has none to give. */
export function namingActions({ name, node }: Target): readonly PlannedAction[] {
  if (node?.unnamed !== true) return [];
  const { kind, args, origin } = execScript(
    sh`
      set -e
      name=${name}
      printf '%s\n' "$name" >/etc/hostname
      hostname "$name"
      # Without an address of its own name, sudo and others wait for a name server.
      grep -qE "[[:space:]]$name([[:space:]]|$)" /etc/hosts || printf '127.0.1.1 %s\n' "$name" >>/etc/hosts
    `,
    { unless: sh`[ "$(id -u)" != 0 ] || [ "$(hostname)" = ${name} ]` },
  );
  return [{ kind, args, origin, id: "pallet:host-name", title: "host name" }];
}
