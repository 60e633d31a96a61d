import { sh } from "../script/sh.ts";

/** Bash that the functions of all packagers have in common. */
export const packagesLibrary: string = sh`
pallet_options() { # OPTION... -- WORD...; adds the options to those of the function that calls it
  while [[ $1 != -- ]]; do
    options+=("$1")
    shift
  done
}
`.text;
