// A cluster of two groups: a database, and two web servers that show what they read from it.
import {
  captured,
  directory,
  execCheckedScript,
  execScript,
  groupSpec,
  nodeSpec,
  onChange,
  packageManager,
  packages,
  remoteFile,
  serverSpec,
  sh,
} from "pallet";
import { mysql, mysqlDatabase, mysqlScript, mysqlSettings, mysqlUser } from "pallet/crates/mysql";
import { nginx } from "pallet/crates/nginx";

const small = nodeSpec({
  image: { osFamily: "debian" },
  hardware: { minCores: 1, minRam: 512 },
  network: { inboundPorts: [22, 80] },
});

/** Common to all nodes: where packages come from, and those that everyone has. */
const base = serverSpec({
  phases: {
    configure: ({ environment }) => [
      environment.proxy === undefined ? [] : remoteFile("/etc/apt/apt.conf.d/30proxy", {
        content: `Acquire::http::Proxy "${environment.proxy}";\n`,
      }),
      packageManager("update", { maxAge: 3600 }),
      packages("curl", "less"),
      remoteFile("/etc/motd", { content: "Configured by Pallet: changes made by hand will be noticed.\n" }),
    ],
    uptime: () => execScript(sh`uptime`, { changedWhen: false }),
  },
});

export const db = groupSpec("db", {
  nodeSpec: small,
  count: 1,
  extends: [base, mysql({ bindAddress: "0.0.0.0" })],
  phases: {
    configure: ({ nodesInGroup }) => [
      mysqlDatabase("shop"),
      mysqlScript(
        "seed the shop",
        "CREATE TABLE shop.fruit (name VARCHAR(40) PRIMARY KEY, pieces INT); INSERT INTO shop.fruit VALUES ('apples', 12), ('pears', 7);",
        {
          unless:
            "SELECT 1 FROM information_schema.tables WHERE table_schema = 'shop' AND table_name = 'fruit';",
        },
      ),
      nodesInGroup("web").map((web) =>
        mysqlUser({ name: "reader", host: String(web.primaryIp), grants: { "shop.*": "SELECT" } })
      ),
    ],
  },
});

export const web = groupSpec("web", {
  nodeSpec: small,
  count: 2,
  after: ["db"],
  extends: [base, nginx({ sites: [{ name: "shop", root: "/srv/shop" }] })],
  phases: {
    configure: ({ oneNodeInGroup, settingsOf, target }) => {
      const database = oneNodeInGroup("db");
      const { port } = settingsOf(database, mysqlSettings);
      const stock = execCheckedScript(
        "read the stock",
        sh`mysql --host=${database.primaryIp} --port=${port} --user=reader --batch --skip-column-names shop <<< 'SELECT pieces, name FROM fruit ORDER BY name'`,
        { capture: "stock", changedWhen: false },
      );
      return [
        packages({ apt: ["mariadb-client"], dnf: ["mariadb"] }),
        directory("/srv/shop"),
        stock,
        remoteFile("/srv/shop/index.html", {
          content: `<h1>The shop, by ${target.name}</h1>\n<pre>${
            captured("stock")
          }</pre>\n<p>Read from ${database.name} at ${database.primaryIp}:${port}</p>\n`,
          mode: "0644",
        }),
      ];
    },
    greet: ({ args, target }) => {
      const note = remoteFile("/srv/shop/note.txt", {
        content: `${args.greeting ?? "Hello"} from ${target.name}\n`,
      });
      return [note, onChange(note, execScript(sh`cat /srv/shop/note.txt`))];
    },
  },
});
