# What Doxygen reads instead of a header or a page of the documentation: awk -f filter.awk FILE

BEGIN {
  name = ARGV[1]
  sub(/.*\//, "", name)
  sub(/\.[a-z]*$/, "", name)
  name = tolower(name)
  # The types that a header is named after: ann/forecaster.hpp has AnnForecaster, ann/network.hpp has Ann.
  type = name
  gsub(/_/, "", type)
  folder = ARGV[1]
  sub(/\/[^\/]*$/, "", folder)
  sub(/.*\//, "", folder)
  gsub(/_/, "", folder)
}

# Of headers

# The comment at a file's head is the file's, and that of the type it is named after, which has none of its own.
FILENAME ~ /\.hpp$/ && FNR == 1 && /^\/\/\// { print "/// @file"; at_head = 1 }
at_head && /^\/\/\// { head = head $0 "\n" }
!/^\/\/\// { at_head = 0 }
FILENAME ~ /\.hpp$/ && $0 == "#pragma once" { next }

# The namespace of the ABI is nothing to a reader, nor are attributes.
function declaration(line) {
  gsub(/inline namespace TENURE_ABI \{/, "extern \"C++\" {", line)
  gsub(/\[\[(gnu::|no_unique_|maybe_|likely|unlikely|nodiscard)[a-z_]*\]\] ?/, "", line)
  gsub(/TENURE_INLINE |TENURE_JSON_INLINE |TENURE_UNROLL */, "", line)
  gsub(/\(min\)\(/, "min(", line)  # in parentheses for the sake of macros
  gsub(/\(max\)\(/, "max(", line)
  # What all recurrent layers are is hidden from nobody.
  gsub(/detail::RecurrentLayer/, "RecurrentLayer", line)
  if (name == "recurrent") sub(/^namespace detail \{/, "extern \"C++\" {", line)
  return line
}

# Formulas and pictures, three spaces in, are code to Markdown from four on.
function comment(line) {
  if (line ~ /^ *\/\/\/   +[^ ]/ && (formula || previous ~ /^ *\/\/\/ *$/)) {
    formula = 1
    sub(/\/\/\/ /, "///     ", line)
  } else {
    formula = 0
  }
  return line
}

function is_named(candidate) {
  return candidate == type || candidate == folder type || (type == "network" && candidate == folder)
}

function described(line) {
  sub(/^(struct|class) /, "", line)
  match(line, /^[A-Za-z0-9]+/)
  line = substr(line, 1, RLENGTH)
  if (is_named(tolower(line))) return comments(head)
  if (sub(/Config$/, "", line)) return "/// Options of " line ".\n"
  return ""
}

function comments(text,    count, i, lines, result) {
  count = split(text, lines, "\n")
  result = previous = ""
  for (i = 1; i < count; ++i) {
    result = result comment(lines[i]) "\n"
    previous = lines[i]
  }
  return result
}

# Overloads that follow each other without a blank line share the comment above the first.
function sharing(line) {
  if (line ~ /^\/\/\//) {
    shared = (previous ~ /^\/\/\// ? shared : "") line "\n"
    return ""
  }
  if (line == "" && !in_body) shared = ""
  follows = previous ~ /^[^ #].*[;}]$|^}$/ && line ~ /^[a-z[]/ && !in_body
  if (line ~ /^[^ #}].*{$/ && line !~ /^namespace/) in_body = 1
  if (line ~ /^}/) in_body = 0
  return follows ? comments(shared) : ""
}

FILENAME ~ /\.hpp$/ {
  kept = previous
  above = sharing($0)
  previous = kept
  if ($0 ~ /^template <.*>$/ && previous !~ /^\/\/\//) {
    held = above $0 "\n"
    previous = $0
    next
  }
  line = declaration($0)
  if (line ~ /^(struct|class) / && previous !~ /^\/\/\// && held !~ /^\/\/\// && above == "") above = described(line)
  printf "%s%s%s\n", above, held, line ~ /^ *\/\/\// ? comment(line) : line
  held = ""
  previous = $0
}

# Of pages

# The anchor that a forge gives to a heading.
function slug(heading) {
  heading = tolower(heading)
  gsub(/[^a-z0-9 _-]/, "", heading)
  gsub(/ /, "-", heading)
  return heading
}

function page(path) {
  sub(/.*\//, "", path)
  sub(/\.md$/, "", path)
  return tolower(path)
}

# Links to pages and their headings become references.
function references(rest,    line, link, parts) {
  line = ""
  while (match(rest, /\]\([^():]+\.md(#[^)]*)?\)|\]\(#[^)]*\)/)) {
    link = substr(rest, RSTART + 2, RLENGTH - 3)
    split(link, parts, "#")
    line = line substr(rest, 1, RSTART + 1) "@ref " \
           (index(link, "#") ? page(parts[1] == "" ? name : parts[1]) "-" parts[2] : "page_" page(parts[1])) ")"
    rest = substr(rest, RSTART + RLENGTH)
  }
  return line rest
}

FILENAME ~ /\.md$/ {
  if ($0 ~ /^```/) fenced = !fenced
  if (fenced || $0 ~ /^```/) print
  else if ($0 ~ /^# /) print $0 " {#page_" name "}"
  else if ($0 ~ /^##+ /) {
    heading = $0
    sub(/^#+ /, "", heading)
    heading = slug(heading)
    if (headings[heading]++) heading = heading "-" headings[heading] - 1
    print $0 " {#" name "-" heading "}"
  } else print references($0)
}

FILENAME ~ /\.dox$/
