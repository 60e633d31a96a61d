# shellcheck shell=bash
# Building images into the cache. What is built lies under NAME.partial until it is whole.

# lab_image_build SCRIPT FINAL PROXY ARGS...: runs the script with the folder to fill, unless the image exists.
lab_image_build() {
  local script=$1 final=$2 lock
  if [[ -n $3 ]]; then export http_proxy=$3 https_proxy=$3; fi
  shift 3
  mkdir -p "${final%/*}"
  exec {lock}<"${final%/*}"
  if ! flock -n "$lock"; then
    echo "progress: waiting for an image that is being built"
    flock "$lock"
  fi
  if [[ -d $final ]]; then return 0; fi
  rm -rf --one-file-system -- "${final%/*}"/*.partial
  mkdir "$final.partial"
  unshare --mount --pid --ipc --uts --fork --kill-child -- bash -c "$script" lab "$final.partial" "$@" {lock}<&- </dev/null
  mv -- "$final.partial" "$final"
}
