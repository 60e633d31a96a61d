# shellcheck shell=bash disable=SC2034,SC2154 # a part: its variables are shared with the others
# What a machine from an image does when it starts: users, sources of packages, whatever its owner told it.

await_cloud_init() { # the packager is locked until it is done, which it says by a file
  local limit=600 now='' since='' line='' files=/run/cloud-init
  # A link to where not every user may look.
  [[ -e $files/enabled && ! -e $files/result.json && ! -L $files/result.json ]] || return 0
  since=$(stat -c %Y -- "$files/enabled") && printf -v now '%(%s)T' -1 || return 0
  # What is not done by then never will be.
  ((now - since < limit)) || return 0
  say "@starting $((limit - now + since))"
  until [[ -e $files/result.json || -L $files/result.json ]]; do
    ((now - since < limit)) || fail cloud-init "cloud-init is not done $limit s after the start"
    read -r -t 0.5 line || (($? > 128)) || exit 0 # the other side has left
    printf -v now '%(%s)T' -1
  done
}
