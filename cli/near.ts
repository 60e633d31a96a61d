import { sep } from "node:path";

/** Something that may hide others of its name. */
export interface Hiding {
  readonly shadows?: readonly string[];
}

/** Places that begin with a path, as `/srv/shop/pallet.yaml:3:5`, as short as the current folder allows. */
export function nearTo(cwd: string): (place: string) => string {
  return (place) => place.replaceAll(`${cwd}${sep}`, "");
}
