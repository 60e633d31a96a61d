// Two nodes of an image and a size that pallet.yaml tells.
import { groupSpec, nodeSpec, remoteFile } from "pallet";
import { nginx } from "pallet/crates/nginx";

const small = nodeSpec({ image: { imageId: "debian" }, hardware: { hardwareId: "tiny" } });

export const web = groupSpec("web", {
  nodeSpec: small,
  count: 2,
  extends: nginx({ sites: [{ name: "hello", root: "/srv/hello" }] }),
  phases: { configure: () => remoteFile("/srv/hello/index.html", { content: "hello\n" }) },
});
