#!/usr/bin/env bash
# Fetches ONNX Runtime's CUDA build, some 300 MB, into artifacts/cuda; building with NcnCuda=true then takes it.
# Main library and provider come from two packages that fit each other: both are ONNX Runtime 1.29.0 for CUDA 13.
set -euo pipefail
target="$(cd "$(dirname "${BASH_SOURCE[0]}")/../../.." && pwd)/artifacts/cuda"
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
cd "$work"
npm pack --silent onnxruntime-node@1.29.0 com.github.asus4.onnxruntime.linux-x64-gpu@0.4.9 >/dev/null
tar xzf onnxruntime-node-1.29.0.tgz package/bin/napi-v6/linux/x64/libonnxruntime.so.1
tar xzf com.github.asus4.onnxruntime.linux-x64-gpu-0.4.9.tgz package/Plugins/Linux/x64
mkdir -p "$target"
install -m 644 package/bin/napi-v6/linux/x64/libonnxruntime.so.1 "$target/libonnxruntime.so"
install -m 644 package/Plugins/Linux/x64/libonnxruntime_providers_shared.so package/Plugins/Linux/x64/libonnxruntime_providers_cuda.so "$target/"
echo "$target holds ONNX Runtime with CUDA; build with NcnCuda=true."
