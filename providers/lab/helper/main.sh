# shellcheck shell=bash
# The one process of the lab that has privilege. Requests come as lines on stdin, words percent-encoded and parted
# by spaces: "ID VERB ARGUMENT..."; answers go as lines to stdout: "ID log TEXT" and at last "ID end STATUS". Each
# request is a job of its own; "ID cancel OTHER" ends one. At the end of stdin what still runs is ended.
set -uo pipefail
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
umask 022

lab_fail() {
  printf 'error: %s\n' "$1" >&2
  exit 1
}

lab_verb() {
  set -e
  local verb=$1
  shift
  case $verb in
    network-up) lab_network_up "$@" ;;
    network-down) lab_network_down "$@" ;;
    node-start) lab_node_start "$@" ;;
    node-stop) lab_node_stop "$@" ;;
    node-remove) lab_node_remove "$@" ;;
    node-console) lab_node_console "$@" ;;
    image-host) lab_image_build "$LAB_BUILD_COMMON"$'\n'"$LAB_BUILD_HOST" "$@" ;;
    image-suite) lab_image_build "$LAB_BUILD_COMMON"$'\n'"$LAB_BUILD_SUITE" "$@" ;;
    install) DEBIAN_FRONTEND=noninteractive apt-get -qq update && apt-get -qq -y install "$@" ;;
    *) lab_fail "unknown verb $verb" ;;
  esac
}

lab_job() {
  local id=$1 line
  shift
  (lab_verb "$@") 2>&1 </dev/null | while IFS= read -r line; do printf '%s log %s\n' "$id" "$line"; done
  printf '%s end %s\n' "$id" "${PIPESTATUS[0]}"
}

declare -A lab_jobs=()

# Ends a job at once; all that it makes is known by name before, so that the next command can end or undo it.
lab_cancel() {
  local pid=${lab_jobs[$1]:-}
  [[ -n $pid ]] || return 0
  kill -KILL -- "-$pid" 2>/dev/null
  wait "$pid" 2>/dev/null
  printf '%s end 143\n' "$1"
}

printf '0 ready\n'
while IFS=' ' read -r -a lab_words; do
  for lab_at in "${!lab_words[@]}"; do
    # Words hold no backslash: everything beyond letters, digits and a few signs is encoded.
    printf -v "lab_words[$lab_at]" '%b' "${lab_words[lab_at]//%/\\x}"
  done
  if [[ ${lab_words[1]} == cancel ]]; then
    lab_cancel "${lab_words[2]}"
    continue
  fi
  # Job control, for as long as it takes to start one, gives each job a process group by which it can be ended.
  set -m
  lab_job "${lab_words[0]}" "${lab_words[@]:1}" &
  lab_jobs[${lab_words[0]}]=$!
  set +m
done
for lab_at in $(jobs -rp); do kill -KILL -- "-$lab_at" 2>/dev/null; done
wait
