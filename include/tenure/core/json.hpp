/// nlohmann-json, which the component `json` brings.
#pragma once

#include "../version.hpp"

#if !__has_include(<nlohmann/json.hpp>)
#error "tenure needs nlohmann/json.hpp here: add the component json (target tenure::json) or install nlohmann-json"
#include <tenure_needs_nlohmann_json>
#endif
#include <nlohmann/json.hpp>
