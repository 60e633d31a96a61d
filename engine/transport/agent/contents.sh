# shellcheck shell=bash disable=SC2034,SC2154 # a part: its variables are shared with the others
# Contents that scripts use, by their SHA-256.

have() { # SHA256...: which of them are not here
  local sum lacks=() here=()
  for sum in "$@"; do
    if [[ -f $state/blobs/$sum ]]; then
      here+=("$state/blobs/$sum")
    else
      lacks+=("$sum")
    fi
  done
  ((${#here[@]} == 0)) || touch -c -- "${here[@]}" # so that they are not cleaned away
  say "@lacks ${lacks[*]}"
}

put() { # SHA256 LENGTH, then so many bytes
  local new=$state/blobs/.$1.$token sum
  take "$(($2 / 65536))" # nothing renews it meanwhile
  head -c "$2" >"$new" || fail disk "a content could not be written to $state/blobs"
  sum=$(sha256sum <"$new")
  if [[ ${sum%% *} == "$1" ]] && mv -T -- "$new" "$state/blobs/$1"; then
    say "@put $1"
  else
    rm -f -- "$new"
    say '@damaged'
  fi
}
