# --- Differences of contents ---

pallet_diff() { # OLD NEW LABEL: records how two files differ, up to a limit; OLD may be missing
  local old=$1 new=$2 label=$3 limit=65536 text pallet_text LC_ALL=C
  if [[ -e $pallet_state/files${old//\/@/\/@@}/@secret ]]; then
    printf '(no diff of %s: it holds secrets)\n' "$label" >>"$pallet_report.diff"
    return 0
  fi
  [[ -e $old ]] || old=/dev/null
  [[ -e $new ]] || new=/dev/null
  if [[ $old == /dev/null ]] && pallet_diff_new; then
    return 0
  fi
  if ! command -v diff >/dev/null; then
    printf '%s\n' "(no diff of $label: the command diff is not on this node)" >>"$pallet_report.diff"
    return 0
  fi
  diff -u --label "$label" --label "$label" -- "$old" "$new" >"$pallet_report.whole" || [[ $? == 1 ]]
  IFS= read -r -N "$((limit + 1))" text <"$pallet_report.whole" || true # less is there
  printf %s "${text:0:limit}" >>"$pallet_report.diff"
  if ((${#text} > limit)); then
    printf '\n(%s more bytes)\n' "$(($(stat -c %s -- "$pallet_report.whole") - limit))" >>"$pallet_report.diff"
  fi
}

pallet_diff_new() { # the same for a small text that is new, without a process; with the caller's variables
  local count end=''
  pallet_small "$new" || return 1
  text=$pallet_text
  [[ -n $text ]] || return 0
  if [[ $text == *$'\n' ]]; then
    text=${text%$'\n'}
  else
    end=$'\n\\ No newline at end of file'
  fi
  count=${text//[!$'\n']/}
  count=$((${#count} + 1))
  ((count == 1)) && count= || count=,$count
  printf '%s\n' "--- $label" "+++ $label" "@@ -0,0 +1$count @@" "+${text//$'\n'/$'\n'+}$end" >>"$pallet_report.diff"
}
