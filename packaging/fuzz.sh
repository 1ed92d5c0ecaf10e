#!/usr/bin/env bash
# Every fuzz target for FUZZ_SECONDS (60 when absent); `fuzz.sh NAME…` runs some. Stops at a finding, with the file
# that repeats it. Builds cargo-fuzz into the cache on first use. What was learnt is kept there for the next time.
set -euo pipefail
cd "$(dirname "$0")/.."
cache=${LINTEL_CACHE:-$HOME/.cache/lintel}
version=0.13.2
if ! PATH=$cache/tools/bin:$PATH cargo fuzz --version 2>/dev/null | grep -qF "$version"; then
  echo "building cargo-fuzz $version (once)"
  env -u CARGO_TARGET_DIR cargo install --quiet --locked --root "$cache/tools" "cargo-fuzz@$version"
fi
export PATH=$cache/tools/bin:$PATH
# libFuzzer's marks are an unstable option; the compiler stays the one that everything else is built with. There is no
# unsafe code in what is fuzzed, so no sanitizer either.
export RUSTC_BOOTSTRAP=1
for package in common/core kiosk; do
  export CARGO_TARGET_DIR=$cache/fuzz/target
  # The versions that the programs are built with.
  cp Cargo.lock "$package/fuzz/Cargo.lock"
  for target in $(cargo fuzz list --fuzz-dir "$package/fuzz"); do
    if [ $# -gt 0 ] && [[ " $* " != *" $target "* ]]; then continue; fi
    mkdir -p "$cache/fuzz/corpus/$target" "$cache/fuzz/findings"
    echo "fuzz: $target"
    cargo fuzz run --fuzz-dir "$package/fuzz" --sanitizer none "$target" "$cache/fuzz/corpus/$target" -- \
      "-max_total_time=${FUZZ_SECONDS:-60}" -timeout=20 -rss_limit_mb=2048 -max_len=16384 -print_final_stats=1 \
      "-artifact_prefix=$cache/fuzz/findings/$target-" 2>&1 \
      | grep -E '^(error|warning: unused|thread|==|SUMMARY|artifact_prefix|stat::(number|average|peak)|Done|Failing)|panicked|assert' || exit_code=${PIPESTATUS[0]}
    [ "${exit_code:-0}" = 0 ] || exit "$exit_code"
  done
done
