#define TENURE_COMPILING_FLOAT
#include <tenure/clv/hybrid.hpp>
#include <tenure/tenure.hpp>
