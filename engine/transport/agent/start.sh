# shellcheck shell=bash disable=SC2034,SC2154 # a part: its variables are shared with the others
# The loop that runs on a node, on the one channel of a connection. It tells the node's facts, takes the lease of a
# run, then takes commands, one a line, until it is told "bye" or its input ends.
#
# Standard output carries lines of this loop, which begin with "@", and status records of the script that is followed;
# standard error carries that script's output alone, so output cannot pass for a record. While a script is followed its
# follower alone writes, and commands that may come meanwhile (renew, cancel) are not answered.
#
# Arguments: state root, directory in memory (or nothing), run, holder, seconds of the lease, seconds to wait for it,
# seconds that its first start may take, mark that ends the output of a script.
LC_ALL=C
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
set -f
umask 077
exec 3>&1 4>&2 >/dev/null 2>&1
state=$1 memory=$2 run=$3 holder=$4 seconds=$5 patience=$6 start_limit=$7 mark=$8
kept=4194304 # bytes of output told of the head, and as many of the tail
token=$$.$RANDOM$RANDOM$RANDOM
follower=
followed= # the script that it follows, or followed last
watcher= # waits for the end of a script that this loop has not launched
secrets= # what goes into variables of the next script, encoded
gone= # a run whose lease nobody will give back

say() {
  printf '%s\n' "$*" >&3
}

reason() { # sets why, to what is said when a file is made with the state; nothing when that can be done
  why=$({ printf '%8192s' '' >"$state/.$token"; } 2>&1)
  rm -f -- "$state/.$token"
  [[ -z $why ]] || why=": ${why##*: }"
}

fail() { # WHAT MESSAGE: something that this loop cannot go on after
  local why=
  [[ $1 == protocol || ! -d $state ]] || reason
  say "@failed $1 ${2//$'\n'/ }$why"
  exit 1
}
