#!/usr/bin/env bash
# Finds a libtorch and compiles compat_torch.cpp and c10d.cpp against it into native/build/. Prints one line for each.
# Order: TORCH_HOME; the PyTorch of python3 if it has CUDA and a GPU is here; the system's libtorch; any PyTorch of python3.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
build=$here/build

wheel() { # the folder of python3's torch package, without importing it
  local python
  for python in "${PYTHON:-python3}" /usr/bin/python3; do
    "$python" - 2>/dev/null <<'PY' && return 0
import importlib.util, os, sys
spec = importlib.util.find_spec("torch")
home = os.path.dirname(spec.origin) if spec and spec.origin else ""
if not os.path.isfile(os.path.join(home, "lib", "libtorch_cpu.so")): sys.exit(1)
print(home)
PY
  done
  return 1
}

system_lib() { # the folder of the system's libtorch that has its headers too
  local folder
  [ -f /usr/include/ATen/ATen.h ] || return 1
  for folder in /usr/lib/*-linux-gnu /usr/lib64 /usr/lib; do
    if [ -f "$folder/libtorch_cpu.so" ]; then echo "$folder"; return 0; fi
  done
  return 1
}

home=
if [ -n "${TORCH_HOME:-}" ]; then
  if [ ! -f "$TORCH_HOME/lib/libtorch_cpu.so" ] || [ ! -f "$TORCH_HOME/lib/libc10.so" ] || [ ! -f "$TORCH_HOME/include/ATen/ATen.h" ]; then
    echo "TORCH_HOME=$TORCH_HOME holds no lib/libtorch_cpu.so and lib/libc10.so with include/ATen/ATen.h: point it at an unpacked libtorch or at the torch folder of a PyTorch wheel." >&2
    exit 1
  fi
  home=$(cd "$TORCH_HOME" && pwd)
elif candidate=$(wheel) && [ -f "$candidate/lib/libtorch_cuda.so" ] && [ -f "$candidate/include/ATen/ATen.h" ] && { [ -e /dev/nvidiactl ] || [ -e /dev/dxg ]; }; then
  home=$candidate
elif lib=$(system_lib); then
  home=
elif [ -n "${candidate:-}" ] && [ -f "$candidate/include/ATen/ATen.h" ]; then
  home=$candidate
else
  echo "No libtorch found: install Debian's libtorch-dev, or set TORCH_HOME to an unpacked libtorch or a PyTorch wheel's torch folder." >&2
  exit 1
fi

# build.sh --find only asks whether there is one.
if [ "${1:-}" = --find ]; then exit 0; fi

if [ -n "$home" ]; then
  include=$home/include
  lib=$home/lib
  # A wheel's libraries were compiled with one of GCC's two string ABIs; c10::Error's constructor says which.
  abi=0
  grep -q 'N3c105ErrorC[12]ENS_14SourceLocationENSt7__cxx11' "$lib/libc10.so" && abi=1
else
  include=/usr/include
  abi=1
fi

api=$include/torch/csrc/api/include
version= # major.minor; the file moved in later versions
for file in "$api/torch/version.h" "$include/torch/headeronly/version.h"; do
  [ -n "$version" ] || [ ! -f "$file" ] || version=$(sed -n 's/^#define TORCH_VERSION_\(MAJOR\|MINOR\) //p' "$file" | paste -sd.)
done
standard=c++17
[ "$(printf '%s\n2.9\n' "$version" | sort -V | head -n 1)" = 2.9 ] && standard=c++20

compiler=${CXX:-g++}
digest() { (cd "$here" && cat "$@" build.sh) | sha256sum | cut -d' ' -f1; }
libtorch="$version|$lib|$abi|$(stat -Lc %Y "$lib/libtorch_cpu.so")"
current() { # library, stamp: was it built from this?
  [ "$(cat "$build/$1.stamp" 2>/dev/null)" = "$2" ]
}

compile() { # source, library, further options
  if ! command -v "$compiler" >/dev/null; then
    echo "The C++ compiler '$compiler' is missing: install Debian's g++, or name another one in CXX." >&2
    return 1
  fi
  # Several builds may run at once; each writes a file of its own and the last to finish wins.
  mkdir -p "$build"
  # -z now: a libtorch of another version fails to load, with the symbol's name, instead of ending the process at the first call.
  "$compiler" -std=$standard -O2 -fPIC -shared -fvisibility=hidden -D_GLIBCXX_USE_CXX11_ABI=$abi -Wno-deprecated-declarations \
    -I"$include" -I"$api" "$here/$1" -o "$build/$2.$$" "${@:3}" \
    -L"$lib" -Wl,--no-as-needed "${libraries[@]}" -Wl,--as-needed -ldl -Wl,-z,now -Wl,-rpath,"$lib" || return 1
  mv "$build/$2.$$" "$build/$2"
}
trap 'rm -f "$build"/*.so.$$' EXIT

libraries=(-ltorch_cpu -ltorch -lc10)
if [ -f "$lib/libtorch_cuda.so" ]; then libraries+=(-ltorch_cuda -lc10_cuda); fi

# Process groups, where the libtorch has them. Without them everything but training in several processes works.
build_c10d() {
  local stamp c10d=$include/torch/csrc/distributed/c10d header folder gloo=() nccl=()
  stamp="$libtorch|$(digest c10d.cpp gloo_declarations.h)"
  if current libCompatC10d.so "$stamp"; then return 0; fi
  rm -f "$build/libCompatC10d.so"
  mkdir -p "$build"
  if [ -f "$c10d/ProcessGroupGloo.hpp" ] && grep -q 'N4c10d16ProcessGroupGlooC1' "$lib/libtorch_cpu.so"; then
    # Each header of Gloo that c10d's asks for is the one file of declarations.
    for header in algorithm common/error context rendezvous/store transport/device; do
      mkdir -p "$build/gloo/$(dirname $header)"
      printf '#include "%s/gloo_declarations.h"\n' "$here" > "$build/gloo/$header.h"
    done
    gloo=(-I"$build" -DUSE_C10D_GLOO)
    if [ -f "$lib/libtorch_cuda.so" ] && [ -f "$c10d/ProcessGroupNCCL.hpp" ] && grep -q 'N4c10d16ProcessGroupNCCLC1' "$lib/libtorch_cuda.so"; then
      # A wheel's CUDA and NCCL are wheels beside it.
      for folder in "$home"/../nvidia/*/include "${CUDA_HOME:-/usr/local/cuda}/include"; do
        [ ! -d "$folder" ] || nccl+=(-I"$folder")
      done
      nccl+=(-DUSE_C10D_NCCL)
    fi
    echo "Compiling the process groups (Gloo${nccl:+ and NCCL}) against the same libtorch" >&2
    if [ ${#nccl[@]} -gt 0 ] && ! compile c10d.cpp libCompatC10d.so "${gloo[@]}" "${nccl[@]}" 2>"$build/nccl.log"; then
      echo "NCCL is left out: it does not compile here ($(grep -m 1 error "$build/nccl.log" || echo "see $build/nccl.log")); it needs the headers of CUDA and NCCL, by CUDA_HOME." >&2
    fi
    [ -f "$build/libCompatC10d.so" ] || compile c10d.cpp libCompatC10d.so "${gloo[@]}" || echo "Process groups are left out: c10d.cpp does not compile against the libtorch in $lib." >&2
  else
    echo "Process groups are left out: the libtorch in $lib has no c10d with Gloo." >&2
  fi
  printf '%s\n' "$stamp" > "$build/libCompatC10d.so.stamp"
}
build_c10d &

stamp="$libtorch|$(digest compat_torch.cpp)"
if [ ! -f "$build/libCompatTorch.so" ] || ! current libCompatTorch.so "$stamp"; then
  echo "Compiling the libtorch binding against libtorch ${version:-of unknown version} in $lib (C++ ABI $abi)" >&2
  if ! compile compat_torch.cpp libCompatTorch.so; then
    echo "The libtorch binding does not compile against the libtorch in $lib: use one from 1.13 on, complete with its headers, by TORCH_HOME." >&2
    exit 1
  fi
  printf '%s\n' "$stamp" > "$build/libCompatTorch.so.stamp"
fi
wait
