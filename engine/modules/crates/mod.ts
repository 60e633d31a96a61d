/**
 * What programs and the command line do with the crates of a project.
 *
 * @module
 */
export { addCrate, type Added, documentCrate } from "./add.ts";
export type { Exported } from "./describe.ts";
export { type CrateRow, listCrates } from "./list.ts";
export { type LockChange, lockCrates, type ModuleChange, type Update, updateCrates } from "./update.ts";
export { vendorCrates, type VendorReport } from "./vendor.ts";
export { type Verified, verifyCrates } from "./verify.ts";
export type { CratesOptions } from "./workspace.ts";
