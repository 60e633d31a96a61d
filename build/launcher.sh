# Behind this script are two gzip streams: Deno, and the program. The first start unpacks them into a cache folder; every
# start looks whether the files are there as they were left, and becomes the program. Needs sh, coreutils and gzip.

self=$0
export PATH="${PATH:-/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin}"

# Whether a folder has these files as they were left: of this size, and with a time of change that any write alters.
has() { # FOLDER LISTING FILE...
  there=$(cd "$1" 2>/dev/null && shift 2 && LC_ALL=C list "$@" 2>/dev/null)
  [ "$there" = "$2" ]
}

start() { # FOLDER ARGUMENT...
  case $self in /*) ;; *) self=$PWD/$self ;; esac
  export PALLET_EXECUTABLE="$self"
  export DENO_DIR="$1/$deno/cache" DENO_NO_UPDATE_CHECK=1 DENO_NO_PACKAGE_JSON=1
  entry=$1/$program/main.js
  runtime=$1/$deno/deno
  shift
  # shellcheck disable=SC2086 # options are words
  exec "$runtime" $deno_options "$entry" "$@"
}

cache=${XDG_CACHE_HOME:-}
case $cache in /*) ;; *) cache=${HOME:+$HOME/.cache} ;; esac
cache=${cache:+$cache/pallet/executable}

# shellcheck disable=SC2086 # names of ours, without spaces
if [ -n "$cache" ] && [ -O "$cache" ] && has "$cache" "$listing" $names; then start "$cache" "$@"; fi

# From here on it is the first start, or one that has something to repair.

give_up() {
  printf 'error: %s\n' "$1" >&2
  exit 2
}

sum() {
  if command -v sha256sum >/dev/null; then sha256sum; else shasum -a 256; fi
}

matches() { # SHA-256, of standard input
  case $(sum) in "$1"*) ;; *) return 1 ;; esac
}

# Ends unpacking after a step that failed: the file itself is damaged, or the step has said why.
failed() {
  tail -c "$((deno_packed + program_packed))" "$self" | matches "$packed_sum" && exit 1
  exit 3
}

unpack_deno() {
  mkdir -p "$new/$deno" || exit 1
  tail -c "$((deno_packed + program_packed))" "$self" | head -c "$deno_packed" | gzip -dc >"$new/$deno/deno" || failed
  matches "$deno_sum" <"$new/$deno/deno" || failed
  chmod 0700 "$new/$deno/deno"
  words=$("$new/$deno/deno" --version 2>&1) || {
    echo "Deno does not start from there: ${words##*: }"
    exit 1
  }
}

unpack_program() {
  tail -c "$program_packed" "$self" | gzip -dc >"$new/all" || failed
  matches "$program_sum" <"$new/all" || failed
  at=1
  while read -r name size _; do
    mkdir -p "$new/${name%/*}" || exit 1
    tail -c "+$at" "$new/all" | head -c "$size" >"$new/$name" || exit 1
    at=$((at + size))
  done <<END
$program_listing
END
}

# Puts files where they belong, each in one step: whoever starts at the same time sees none of them half.
place() { # FILE...
  (cd "$new" && touch -t "$time" "$@") || exit 1
  for name in "$@"; do
    mkdir -p "$folder/${name%/*}" && mv -f "$new/$name" "$folder/$name" || exit 1
  done
}

# Brings a folder what it lacks. Exits with 3 when this file is damaged.
unpack() ( # FOLDER
  exec 2>&1
  export LC_ALL=C TZ=UTC0
  umask 077
  folder=$1
  mkdir -p "$folder" || exit 1
  [ -O "$folder" ] || { echo "it belongs to somebody else"; exit 1; }
  [ "$folder" != "$temporary" ] || private "$folder" || { echo "others may write to it"; exit 1; }
  # What has a folder to clear up must know its name.
  trap '' HUP INT TERM
  new=$(mktemp -d "$folder/.new.XXXXXX") || { echo "$new"; exit 1; }
  # Neither a second signal nor a parent that is gone, with the pipe to it, may end the clearing up.
  trap : PIPE
  trap 'trap "" HUP INT TERM; rm -rf "$new"' EXIT
  trap 'trap "" HUP INT TERM; exit 129' HUP
  trap 'trap "" HUP INT TERM; exit 130' INT
  trap 'trap "" HUP INT TERM; exit 143' TERM
  # Left behind by starts that were killed.
  find "$folder" -maxdepth 1 -name '.new.*' -mtime +0 -exec rm -rf {} + 2>/dev/null
  if ! has "$folder" "$deno_listing" "$deno/deno"; then
    unpack_deno
    place "$deno/deno"
  fi
  # shellcheck disable=SC2086 # names of ours, without spaces
  if ! has "$folder" "$program_listing" $program_names; then
    unpack_program
    place $program_names
  fi
  # shellcheck disable=SC2086 # names of ours, without spaces
  has "$folder" "$listing" $names || { echo "files do not stay as they were written"; exit 1; }
)

# Whether a folder is this user's alone; anybody may make folders where temporary ones are.
private() { # FOLDER
  [ -O "$1" ] && case $(ls -ld "$1") in drwx------*) ;; *) return 1 ;; esac
}

temporary=${TMPDIR:-/tmp}/pallet-$(id -u)
reasons=
for folder in "$cache" "$temporary"; do
  [ -n "$folder" ] || continue
  if [ "$folder" = "$temporary" ]; then
    (umask 077 && mkdir "$temporary" 2>/dev/null)
    # shellcheck disable=SC2086 # names of ours, without spaces
    if private "$temporary" && has "$temporary" "$listing" $names; then start "$temporary" "$@"; fi
  fi
  reason=$(unpack "$folder") && start "$folder" "$@"
  status=$?
  case $status in
    3) give_up "\"$self\" is damaged: its SHA-256 is not what it was made with. Download it again." ;;
    129 | 130 | 143) exit "$status" ;;
  esac
  reasons="$reasons
  $folder: ${reason##*
}"
done
give_up "Cannot unpack $megabytes MB, as the first start must:$reasons
help: Make room, or name a folder from which programs may run by XDG_CACHE_HOME. This file is for $platform."
