#define TENURE_COMPILING_JSON
#include <tenure/io/model_file.hpp>
#include <tenure/io/safetensors_inl.hpp>
