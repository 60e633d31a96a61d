// A base that two roles have in common, and web nodes that know where the database is.
import { groupSpec, nodeSpec, packages, remoteFile, serverSpec } from "pallet";
import { nginx } from "pallet/crates/nginx";

const small = nodeSpec({
  image: { imageId: "debian" },
  provider: { virtualbox: { hardware: { extends: "small", clipboard: "disabled", bootOrder: ["disk"] } } },
});

const base = serverSpec({
  nodeSpec: small,
  phases: { configure: () => [packages("curl"), remoteFile("/etc/motd", { content: "made of one base\n" })] },
});

export const db = groupSpec("db", {
  extends: base,
  count: 1,
  phases: { configure: () => remoteFile("/etc/db.conf", { content: "port=3306\n" }) },
});

export const web = groupSpec("web", {
  extends: [base, nginx({ sites: [{ name: "shop", root: "/srv/shop" }] })],
  count: 1,
  after: ["db"],
  phases: {
    configure: ({ oneNodeInGroup }) =>
      remoteFile("/srv/shop/index.html", {
        content: `the database is at ${oneNodeInGroup("db").primaryIp}\n`,
      }),
  },
});
