# --- Differences of contents ---

pallet_diff() { # OLD NEW LABEL: records how two files differ, up to a limit; OLD may be missing
  local old=$1 new=$2 label=$3 limit=65536 text pallet_text LC_ALL=C
  if [[ -e $pallet_state/files${old//\/@/\/@@}/@secret ]]; then
    printf '(no diff of %s: it holds secrets)\n' "$label" >>"$pallet_report.diff"
    return 0
  fi
  [[ -e $old ]] || old=/dev/null
  [[ -e $new ]] || new=/dev/null
  if pallet_diff_lines; then
    return 0
  fi
  if ! command -v diff >/dev/null; then
    printf '%s\n' "(no diff of $label: the command diff is not on this node)" >>"$pallet_report.diff"
    return 0
  fi
  diff -u --label "$label" --label "$label" -- "$old" "$new" >"$pallet_tmp/.diff" || [[ $? == 1 ]]
  IFS= read -r -N "$((limit + 1))" text <"$pallet_tmp/.diff" || true # less is there
  printf %s "${text:0:limit}" >>"$pallet_report.diff"
  if ((${#text} > limit)); then
    printf '\n(%s more bytes)\n' "$(($(stat -c %s -- "$pallet_tmp/.diff") - limit))" >>"$pallet_report.diff"
  fi
}

pallet_diff_lines() { # the same, without a process, for small texts that differ in one place; with the caller's variables
  local top=0 before after from context lines=() was=() now=()
  pallet_diff_read "$old" || return 1
  was=(${pallet_lines[@]+"${pallet_lines[@]}"})
  pallet_diff_read "$new" || return 1
  now=(${pallet_lines[@]+"${pallet_lines[@]}"})
  before=${#was[@]} after=${#now[@]}
  while ((top < before && top < after)) && [[ ${was[top]} == "${now[top]}" ]]; do
    ((++top))
  done
  while ((before > top && after > top)) && [[ ${was[before - 1]} == "${now[after - 1]}" ]]; do
    ((--before, --after))
  done
  ((before > top || after > top)) || return 0
  # Where lines stand for others, some of them may be the same.
  ((before == top || after == top || before - top == 1 && after - top == 1)) || return 1
  from=$((top > 3 ? top - 3 : 0))
  context=$((${#was[@]} - before > 3 ? 3 : ${#was[@]} - before))
  pallet_diff_range "$from" "$((before + context - from))"
  lines=("--- $label" "+++ $label" "@@ -$pallet_range")
  pallet_diff_range "$from" "$((after + context - from))"
  lines[2]+=" +$pallet_range @@"
  pallet_diff_take ' ' "$((top - from))" ${was[@]+"${was[@]:from}"}
  pallet_diff_take - "$((before - top))" ${was[@]+"${was[@]:top}"}
  pallet_diff_take + "$((after - top))" ${now[@]+"${now[@]:top}"}
  pallet_diff_take ' ' "$context" ${was[@]+"${was[@]:before}"}
  printf '%s\n' "${lines[@]}" >>"$pallet_report.diff"
}

pallet_diff_read() { # FILE; sets pallet_lines to those of a small text
  pallet_lines=()
  pallet_small "$1" || return 1
  [[ -n $pallet_text ]] || return 0
  mapfile -t pallet_lines <"$1"
  [[ $pallet_text == *$'\n' ]] || pallet_lines[-1]+=$'\n\\ No newline at end of file'
}

pallet_diff_range() { # FROM COUNT; sets pallet_range: where lines stand, as a difference says it
  pallet_range=$(($1 + ($2 > 0)))
  (($2 == 1)) || pallet_range+=,$2
}

pallet_diff_take() { # MARK COUNT LINE...; appends so many of them to the caller's lines
  local mark=$1 count=$2 line
  shift 2
  for line in "${@:1:count}"; do
    lines+=("$mark$line")
  done
}
