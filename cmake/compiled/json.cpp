#define TENURE_COMPILING_JSON
#include <tenure/io/model.hpp>
#include <tenure/io/safetensors_json.hpp>
