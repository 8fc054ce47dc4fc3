#!/usr/bin/env bash
# Finds a libtorch and compiles compat_torch.cpp against it into native/build/. Prints one line that says which.
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

system_include() { [ -f /usr/include/ATen/ATen.h ] && ls /usr/lib/*/libtorch_cpu.so >/dev/null 2>&1; }

home=
if [ -n "${TORCH_HOME:-}" ]; then
  home=$TORCH_HOME
  if [ ! -f "$home/lib/libtorch_cpu.so" ] || [ ! -f "$home/include/ATen/ATen.h" ]; then
    echo "TORCH_HOME=$home holds no lib/libtorch_cpu.so with include/ATen/ATen.h: point it at an unpacked libtorch or at the torch folder of a PyTorch wheel." >&2
    exit 1
  fi
elif candidate=$(wheel) && [ -f "$candidate/lib/libtorch_cuda.so" ] && [ -f "$candidate/include/ATen/ATen.h" ] && [ -e /dev/nvidiactl ]; then
  home=$candidate
elif system_include; then
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
  lib=$(dirname "$(ls /usr/lib/*/libtorch_cpu.so | head -n 1)")
  abi=1
fi

api=$include/torch/csrc/api/include
version=$(sed -n 's/^#define TORCH_VERSION_\(MAJOR\|MINOR\) //p' "$api/torch/version.h" 2>/dev/null | paste -sd. )
[ -n "$version" ] || version=$(sed -n 's/^#define TORCH_VERSION_\(MAJOR\|MINOR\) //p' "$include/torch/headeronly/version.h" 2>/dev/null | paste -sd.)
standard=c++17
[ "$(printf '%s\n2.9\n' "$version" | sort -V | head -n 1)" = 2.9 ] && standard=c++20

stamp="$version|$lib|$abi|$(sha256sum "$here/compat_torch.cpp" | cut -d' ' -f1)|$(stat -Lc %Y "$lib/libtorch_cpu.so")"
if [ -f "$build/libCompatTorch.so" ] && [ "$(cat "$build/stamp" 2>/dev/null)" = "$stamp" ]; then
  exit 0
fi

mkdir -p "$build"
libraries=(-ltorch_cpu -ltorch -lc10)
[ -f "$lib/libtorch_cuda.so" ] && libraries+=(-ltorch_cuda -lc10_cuda)
echo "Compiling the libtorch binding against libtorch $version in $lib (C++ ABI $abi)" >&2
"${CXX:-g++}" -std=$standard -O2 -fPIC -shared -fvisibility=hidden -D_GLIBCXX_USE_CXX11_ABI=$abi -Wno-deprecated-declarations \
  -I"$include" -I"$api" "$here/compat_torch.cpp" -o "$build/libCompatTorch.so.partial" \
  -L"$lib" -Wl,--no-as-needed "${libraries[@]}" -Wl,--as-needed -ldl -Wl,-rpath,"$lib"
mv "$build/libCompatTorch.so.partial" "$build/libCompatTorch.so"
printf '%s\n' "$stamp" > "$build/stamp"
