// The privileged helper's bash, put together from its parts; the programs it hands on are variables of it.
import main from "./helper/main.sh" with { type: "text" };
import network from "./helper/network.sh" with { type: "text" };
import cgroup from "./helper/cgroup.sh" with { type: "text" };
import node from "./helper/node.sh" with { type: "text" };
import image from "./helper/image.sh" with { type: "text" };
import guest from "./helper/guest.sh" with { type: "text" };
import common from "./helper/build_common.sh" with { type: "text" };
import host from "./helper/build_host.sh" with { type: "text" };
import suite from "./helper/build_suite.sh" with { type: "text" };

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** The whole helper as one text for `bash -c`. */
export const helperScript: string = [
  `LAB_GUEST=${quoted(guest)}`,
  `LAB_BUILD_COMMON=${quoted(common)}`,
  `LAB_BUILD_HOST=${quoted(host)}`,
  `LAB_BUILD_SUITE=${quoted(suite)}`,
  network,
  cgroup,
  node,
  image,
  main,
].join("\n");

/** The texts that decide what an image holds: when they change, images are built anew. */
export const imageRecipes: { readonly host: string; readonly suite: string } = {
  host: common + host,
  suite: common + suite,
};
