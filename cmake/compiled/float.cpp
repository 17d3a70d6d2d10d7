#define TENURE_COMPILING_FLOAT
#include <tenure/clv/hybrid/network.hpp>
#include <tenure/tenure.hpp>
