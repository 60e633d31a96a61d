# shellcheck shell=bash disable=SC2154 # its variables are set by the command that starts it
# Becoming root on the way to the loop, as the user who logged in.
#
# First it is tried without a password. What was tried and failed ends with a line on standard error, behind what it
# said there; then the other side sends the name of the next way, one a line. Such a way ends with root's shell, which
# says so on standard error, skips all input up to a line of its own, and runs the loop that follows it. A password
# comes before that, when it is asked for, and is read by what asks alone.
#
# Variables: loop, its length, token (begins what is said here), way (the first one). Arguments: the loop's.
export LC_ALL=C # what is said is read by a program
unset LANGUAGE
program="set -- \"\${@:1:7}\" \"\$8\$9\"; eval \"\$(head -c $length)\""
# What refuses may show its arguments, and nothing but the loop may say the mark.
set -- "${@:1:7}" "${8:0:8}" "${8:8}"
# The loop may fail, and becoming root has not.
first=(bash -pc "trap 'exit 0' EXIT; $program" pallet "$@")
wait_for="while IFS= read -r line && [[ \$line != '$token start' ]]; do :; done"
next=(bash -pc "trap 'exit 0' EXIT; echo '$token root' >&2; $wait_for; $program" pallet "$@")

on_terminal() { # COMMAND...: its input and outputs are what they were
  local line
  printf -v line '%q ' "$@"
  type -P script >/dev/null || echo "script: not found" >&7
  # A pipe that has no end: some versions of script do nothing but look at an input that has ended.
  SHELL=$BASH script -qec "exec $line <&5 >&6 2>&7 5<&- 6>&- 7>&- 9<&-" /dev/null <&9
}

type_password() { # once, and not at once: doas asks, and then throws away what was typed before it hides what is typed
  IFS= read -r password && sleep 0.5 && printf '%s\n' "$password"
}

try() { # WAY
  case $1 in
    sudo) sudo -n -H "${next[@]}" ;;
    sudo-password) sudo -S -p "$token prompt" -H "${next[@]}" ;;
    sudo-terminal) on_terminal sudo -n -H "${next[@]}" >/dev/null 2>&1 ;;
    sudo-terminal-password) on_terminal sudo -S -p "$token prompt" -H "${next[@]}" >/dev/null 2>&1 ;;
    su-password)
      printf -v line '%q ' "${next[@]}"
      su -s "$BASH" -c "exec $line" root 5<&- 6>&- 7>&- 9<&-
      ;;
    doas-password)
      type_password <&5 >&9 &
      on_terminal doas "${next[@]}" >&2
      ;;
    *) return 1 ;;
  esac
}

printf '\n%s begun\n' "$token" >&2
{
  printf %s "$loop"
  exec cat
} | {
  case $way in
    sudo) sudo -n -H "${first[@]}" && exit ;;
    doas) doas -n "${first[@]}" && exit ;;
  esac
  status=$?
  exec 5<&0 6>&1 7>&2 9<> <(:)
  head -c "$length" >/dev/null # the loop, which nobody has read
  while printf '\n%s ended %s %s\n' "$token" "$status" "$(id -un)" >&2 && IFS= read -r way; do
    try "$way" && exit
    status=$?
  done
}
