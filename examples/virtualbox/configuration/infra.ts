// Nothing of machines is said here: the service's own image and size are taken.
import { execScript, groupSpec, sh } from "pallet";

export const box = groupSpec("box", {
  count: 1,
  phases: { configure: () => execScript(sh`hostname >/etc/motd.pallet`, { creates: "/etc/motd.pallet" }) },
});
