# --- Looking at many things at once ---
#
# What the script's actions look at is known beforehand. It is read by one process for each kind of thing, when the
# first action wants it, and an action that this proves to have nothing to do takes no process at all. What may have
# changed something makes all of it void; it is then read anew once an action finds nothing to do.
# A proof that fails proves nothing: its action then looks for itself.

# shellcheck disable=SC2034 # proofs read them
pallet_paths=() pallet_files=() pallet_users=() pallet_groups=() pallet_packages=() # what there is to look at
declare -A pallet_looked=()     # kinds that were read, and still hold
declare -A pallet_of_paths=() # of each path OWNER:GROUP:UID:GID:MODE, of a symbolic link its own
declare -A pallet_targets=()    # of each symbolic link
declare -A pallet_sums=()       # of each file its SHA-256
declare -A pallet_entries=()    # passwd:NAME and group:NAME

pallet_look() { # KIND: all there is of it to look at, once
  [[ -z ${pallet_looked[$1]-} ]] || return 0
  pallet_looked[$1]=yes
  "pallet_look_$1"
}

pallet_split() { # TEXT; sets pallet_lines: its lines
  local IFS=$'\n'
  set -f
  # shellcheck disable=SC2206 # to be split, at line ends alone
  pallet_lines=($1)
  set +f
}

pallet_look_paths() {
  local path here=() at
  pallet_of_paths=() pallet_targets=()
  for path in "${pallet_paths[@]}"; do
    [[ ! -e $path && ! -L $path ]] || here+=("$path")
  done
  ((${#here[@]})) || return 0
  pallet_split "$(LC_ALL=C QUOTING_STYLE=literal exec stat --printf '%U:%G:%u:%g:%a:%N\n' -- "${here[@]}" 2>/dev/null)"
  ((${#pallet_lines[@]} == ${#here[@]})) || return 0 # something went away, or has a line end in its target
  for ((at = 0; at < ${#here[@]}; at++)); do
    path=${here[at]}
    pallet_of_paths[$path]=${pallet_lines[at]%%:"$path"*}
    # shellcheck disable=SC2034 # proofs read it
    pallet_targets[$path]=${pallet_lines[at]#*:"$path -> "}
  done
}

pallet_look_files() {
  local path here=() at
  pallet_sums=()
  for path in "${pallet_files[@]}"; do
    [[ ! -f $path ]] || here+=("$path")
  done
  ((${#here[@]})) || return 0
  pallet_split "$(exec sha256sum -- "${here[@]}" 2>/dev/null)"
  ((${#pallet_lines[@]} == ${#here[@]})) || return 0
  for ((at = 0; at < ${#here[@]}; at++)); do
    path=${pallet_lines[at]#\\} # a backslash marks a name with odd characters
    # shellcheck disable=SC2034 # proofs read it
    pallet_sums[${here[at]}]=${path%% *}
  done
}

pallet_look_accounts() { # passwd|group NAME...
  local entry kind=$1
  shift
  (($#)) || return 0
  pallet_split "$(exec getent "$kind" "$@" 2>/dev/null)"
  for entry in "${pallet_lines[@]}"; do
    # shellcheck disable=SC2034 # proofs read it
    pallet_entries[$kind:${entry%%:*}]=$entry
  done
}

pallet_look_users() {
  pallet_look_accounts passwd "${pallet_users[@]}"
}

pallet_look_groups() {
  pallet_look_accounts group "${pallet_groups[@]}"
}

pallet_void() { # what was known is no longer
  # shellcheck disable=SC2034 # proofs read them
  pallet_looked=() pallet_entries=()
}

# --- Proofs; they run in the script's own shell ---

pallet_has_attributes() { # PATH OWNER GROUP MODE: an empty one may be any
  local fields wanted
  [[ -n $2$3$4 ]] || return 0
  pallet_look paths
  [[ ${pallet_of_paths[$1]-} =~ ^([^:]*):([^:]*):([^:]*):([^:]*):([^:]*)$ ]] || return 1
  fields=("${BASH_REMATCH[@]:1}")
  [[ -z $2 || $2 == "${fields[0]}" || $2 == "${fields[2]}" ]] || return 1
  [[ -z $3 || $3 == "${fields[1]}" || $3 == "${fields[3]}" ]] || return 1
  [[ -n $4 ]] || return 0
  [[ $4 != *[!0-7]* ]] || return 1
  printf -v wanted '%o' "0$4"
  [[ ${fields[4]} == "$wanted" ]]
}
