/// Templates that are compiled once for a program of several source files, or for all tests, rather than in each: where
/// TENURE_COMPILED is defined, headers declare for float and double what cmake/compiled/ holds. The CMake function
/// tenure_add_compiled() makes a library of it, which brings that definition. Without it, everything is in the headers.
#pragma once

#include "../version.hpp"

#if defined(TENURE_COMPILED)

#if defined(TENURE_COMPILING_FLOAT)
#define TENURE_TEMPLATE_FLOAT template
#else
#define TENURE_TEMPLATE_FLOAT extern template
#endif

#if defined(TENURE_COMPILING_DOUBLE)
#define TENURE_TEMPLATE_DOUBLE template
#else
#define TENURE_TEMPLATE_DOUBLE extern template
#endif

#endif

// The same of what needs nlohmann-json.
#if !defined(TENURE_COMPILED_JSON)
#define TENURE_JSON_INLINE inline
#else
#define TENURE_JSON_INLINE
#if defined(TENURE_COMPILING_JSON)
#define TENURE_TEMPLATE_JSON template
#else
#define TENURE_TEMPLATE_JSON extern template
#endif
#endif
