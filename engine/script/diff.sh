# --- Differences of contents ---

pallet_diff() { # OLD NEW LABEL: records how two files differ, up to a limit; OLD may be missing
  local old=$1 new=$2 label=$3 limit=65536 size
  [[ -e $old ]] || old=/dev/null
  [[ -e $new ]] || new=/dev/null
  if ! command -v diff >/dev/null; then
    printf '%s\n' "(no diff of $label: the command diff is not on this node)" >>"$pallet_report.diff"
    return 0
  fi
  diff -u --label "$label" --label "$label" -- "$old" "$new" >"$pallet_tmp/diff" || [[ $? == 1 ]]
  size=$(stat -c %s -- "$pallet_tmp/diff")
  head -c "$limit" -- "$pallet_tmp/diff" >>"$pallet_report.diff"
  if ((size > limit)); then
    printf '\n(%s more bytes)\n' "$((size - limit))" >>"$pallet_report.diff"
  fi
  rm -f -- "$pallet_tmp/diff"
}
