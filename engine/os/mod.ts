/**
 * Operating systems: families, versions, and what differs between them. Tables and lookups, no I/O.
 *
 * @module
 */
export { familyOf, isSupported, knownSystems, lineage } from "./family.ts";
export { inRange, parseRange, parseVersion, type Version, type VersionRange } from "./version.ts";
export { osMap, osTitle } from "./dispatch.ts";
export { adminGroup, initOf, packageName, packagerOf, requireSupported, serviceName } from "./tables.ts";
export { codenameOf, parseOs } from "./parse.ts";
export { type OsRelease, parseOsRelease } from "./release.ts";
