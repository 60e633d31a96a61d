// The one module that knows the library for version numbers; it is loaded where there are some.
// @ts-types="@types/semver"
import semver from "semver";

/** Whether a text is a range of versions. */
export function isRange(range: string): boolean {
  return semver.validRange(range) !== null;
}

/** Whether a version is in a range. */
export function isIn(version: string, range: string): boolean {
  return semver.satisfies(version, range);
}

/** The highest version in a range; versions before a release only where the range names one. */
export function highestIn(versions: readonly string[], range: string): string | undefined {
  return semver.maxSatisfying(versions, range) ?? undefined;
}

/** Versions from the highest to the lowest. */
export function descending(versions: readonly string[]): readonly string[] {
  return semver.rsort(versions.filter((version) => semver.valid(version) !== null));
}
