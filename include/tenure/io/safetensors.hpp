/// safetensors, the file format of Hugging Face (https://github.com/huggingface/safetensors): named tensors and a few
/// strings.
///
/// 8 bytes, the header's length n, little-endian | n bytes, the header in JSON, filled up with spaces | data to the end
/// header: {"__metadata__": {STRING: STRING, ...}, NAME: {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]},
/// ...}
///
/// Offsets count from the end of the header; the tensors, row-major and little-endian, cover the data without gaps or
/// overlaps. Needs nlohmann-json: component `json`, target tenure::json.
#pragma once

#include "safetensors_declarations.hpp"

#if !defined(TENURE_COMPILED_JSON)
#include "safetensors_inl.hpp"
#endif
