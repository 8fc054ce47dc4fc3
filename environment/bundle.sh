#!/usr/bin/env bash
# The bundle's command: binds the libtorch or PyTorch found on this machine, once, then runs the program. Needs g++, no .NET, no network.
set -euo pipefail
root=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")" && pwd)
export WORKBOOK_ROOT=$root
export MALLOC_ARENA_MAX=1 MALLOC_MMAP_THRESHOLD_=33554432 MALLOC_TRIM_THRESHOLD_=1073741824 MALLOC_TOP_PAD_=16777216
export OMP_WAIT_POLICY=${OMP_WAIT_POLICY:-passive}
# Minimal machines lack ICU; the workbook writes numbers with the invariant culture anyway.
export DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=1

case ${1:-} in
  doctor|parity|bench|train|plan|runs|data) ;;
  ''|-h|--help) echo "Usage: workbook doctor | parity FILE.json | bench optimizer|train|memory | train CONFIG.json | plan PRESET | runs ... | data ..."; exit 0 ;;
  *) echo "workbook: the bundle has no verb '$1'; 'workbook --help' lists them." >&2; exit 2 ;;
esac

# doctor must be able to say what is missing, so a failure here is only its finding.
if ! "$root/native/build.sh" && [ "$1" != doctor ]; then exit 1; fi
for library in "$root"/native/build/*.so; do
  if [ -f "$library" ]; then cp -u "$library" "$root/bin/"; fi
done
exec "$root/bin/workbook" "$@"
