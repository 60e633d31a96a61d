// Where systemd ends all that a session leaves behind, scripts and what belongs to them outlive theirs.
import assert from "node:assert/strict";
import { labTest, of } from "./support/lab.ts";

labTest(
  "a script outlives the session that began it, and the limit of its output with it",
  `import { execScript, groupSpec, nodeSpec, sh } from "pallet";
export const a = groupSpec("a", {
  nodeSpec: nodeSpec({ image: { osFamily: "debian", osVersion: "13" } }),
  phases: { load: () => execScript(sh\`
    touch /root/began
    while [[ ! -e /root/go ]]; do sleep 0.1; done
    seq 1500000; sleep 0.5; seq 1500001 6000000; sleep 0.5\`) },
});
`,
  async (p) => {
    await p.ok("converge", "a=1", "--yes", "--no-phases");
    await p.on(
      "a-1",
      `export DEBIAN_FRONTEND=noninteractive
      apt-get -qq update && apt-get -qq -y install libpam-systemd dbus sudo >/dev/null 2>&1
      mkdir -p /etc/systemd/logind.conf.d /var/lib/pallet
      printf '[Login]\\nKillUserProcesses=yes\\n' >/etc/systemd/logind.conf.d/kill.conf
      systemctl restart systemd-logind
      useradd --uid 1000 --create-home --shell /bin/bash guest
      cp -r /root/.ssh /home/guest/.ssh && chown -R guest: /home/guest/.ssh
      echo 'guest ALL=(ALL) NOPASSWD:ALL' >/etc/sudoers.d/guest
      mount -t tmpfs -o size=100m tmpfs /var/lib/pallet`,
    );
    const { address, port, identities, hostKeys } = await p.route("a-1");
    const node = { name: "a-1", group: "a", address, port, identities, "host-keys": hostKeys, user: "guest" };
    await p.write(
      "pallet.yaml",
      JSON.stringify({
        services: {
          test: { provider: "lab", image: "host" },
          guests: { provider: "node-list", nodes: [node] },
        },
      }),
    );
    const cli = p.start(["lift", "--phase", "load", "--service", "guests"]);
    await p.on("a-1", "timeout 20 bash -c 'until [[ -e /root/began ]]; do sleep 0.1; done'");
    const sessions = "cat /sys/fs/cgroup/user.slice/user-1000.slice/session-*.scope/cgroup.procs";
    assert.notEqual(await p.on("a-1", sessions), "");
    cli.kill("SIGKILL");
    await cli.finished;
    await p.on("a-1", `timeout 20 bash -c 'while [[ -n $(${sessions}) ]]; do sleep 0.1; done' 2>/dev/null`);
    await p.on("a-1", "touch /root/go");
    const resumed = await p.ok("resume");
    assert.deepEqual(of(resumed, "action-finished").map(({ result }) => result), ["changed"]);
    const [omitted] = of(resumed, "output-omitted");
    assert.ok(omitted !== undefined && omitted.lost > 0, "what is beyond the limit was freed as it came");
  },
);
