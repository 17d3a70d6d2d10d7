# Sourced by compare.sh and run.sh: use_instruction_set native|avx2|sse2 sets `instruction_settings`, CMake's, and holds
# the peers to the same: oneDNN and libxsmm have nothing below SSE4 but their portable code.

use_instruction_set() {
  case $1 in
    native)
      instruction_settings=(-DTENURE_NATIVE=ON) ;;
    avx2)
      instruction_settings=("-DCMAKE_CXX_FLAGS=-mavx2 -mfma")
      export ONEDNN_MAX_CPU_ISA=AVX2 LIBXSMM_TARGET=hsw OPENBLAS_CORETYPE=Haswell ATEN_CPU_CAPABILITY=avx2 ;;
    sse2)
      instruction_settings=()
      export ONEDNN_MAX_CPU_ISA=SSE41 LIBXSMM_TARGET=wsm OPENBLAS_CORETYPE=Prescott ATEN_CPU_CAPABILITY=default ;;
    *)
      echo "$0: --isa: expected native, avx2 or sse2, got '$1'" >&2
      return 2 ;;
  esac
}
