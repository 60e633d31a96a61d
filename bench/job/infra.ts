// The thirty-action job of an ordinary server; `by-hand.sh` beside it does the same work.
import {
  directory,
  execCheckedScript,
  group,
  groupSpec,
  lineInFile,
  packages,
  remoteFile,
  serverSpec,
  sh,
  symbolicLink,
  user,
} from "pallet";

const folders = ["bin", "etc", "data", "log", "www"];
const accounts = ["bench-app", "bench-log", "bench-ops"];
const files = ["main", "cache", "limits", "routes", "alerts", "backup", "rotate", "banner"];

const job = serverSpec({
  phases: {
    configure: () => [
      packages("bash", "coreutils", "sed", "grep"),
      group("bench"),
      accounts.map((name) =>
        user(name, {
          group: "bench",
          shell: "/usr/sbin/nologin",
          home: `/srv/bench/${name}`,
          createHome: false,
        })
      ),
      directory("/srv/bench", { mode: "0755" }),
      folders.map((name) =>
        directory(`/srv/bench/${name}`, { owner: "bench-app", group: "bench", mode: "0750" })
      ),
      files.map((name) =>
        remoteFile(`/srv/bench/etc/${name}.conf`, {
          content: `# ${name}\nlisten = 127.0.0.1\nworkers = 4\nname = ${name}\n`,
          owner: "bench-app",
          group: "bench",
          mode: "0640",
        })
      ),
      ["net.core.somaxconn = 1024", "vm.swappiness = 10", "fs.file-max = 100000", "kernel.panic = 10"].map((
        line,
      ) => lineInFile("/etc/bench-sysctl.conf", line, { create: true })),
      files.slice(0, 5).map((name) => symbolicLink(`/srv/bench/etc/${name}.conf`, `/srv/bench/data/${name}`)),
      execCheckedScript(
        "make the data folder",
        sh`mkdir -p /srv/bench/data/db && touch /srv/bench/data/db/ready`,
        {
          creates: "/srv/bench/data/db/ready",
        },
      ),
      execCheckedScript("note the first run", sh`date > /srv/bench/log/first-run`, {
        creates: "/srv/bench/log/first-run",
      }),
    ],
  },
});

export const bench = groupSpec("bench", { extends: job, nodeSpec: { image: { imageId: "host" } } });
