# shellcheck shell=bash disable=SC2034,SC2154 # a part: its variables are shared with the others
# What a machine from an image does when it starts: users, sources of packages, whatever its owner told it.

await_cloud_init() { # the packager is locked until it is done, which it says by a file
  local left='' now='' since='' end='' line='' files=/run/cloud-init
  # A link to where not every user may look.
  [[ -e $files/enabled && ! -e $files/result.json && ! -L $files/result.json ]] || return 0
  since=$(stat -c %Y -- "$files/enabled") && printf -v now '%(%s)T' -1 && uptime || return 0
  left=$((start_limit - now + since))
  # What is not done by then never will be.
  ((left > 0)) || return 0
  ((left < start_limit)) || left=$start_limit
  say "@starting $left"
  end=$((up + left))
  until [[ -e $files/result.json || -L $files/result.json ]]; do
    ((up < end)) || fail cloud-init "cloud-init is not done $start_limit s after the start"
    read -r -t 0.5 line || (($? > 128)) || exit 0 # the other side has left
    uptime
  done
}

uptime() { # sets up, to seconds: starting machines set their clock
  read -r up _ </proc/uptime && up=${up%.*}
}
