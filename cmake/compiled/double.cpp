#define TENURE_COMPILING_DOUBLE
#include <tenure/tenure.hpp>
