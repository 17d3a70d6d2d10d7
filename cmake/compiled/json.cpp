#define TENURE_COMPILING_JSON
#include <tenure/io/safetensors_json.hpp>
