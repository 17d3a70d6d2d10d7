#include <tenure/data/csv/gzip.hpp>

int main() {
  try {
    tenure::gunzip("\x1F\x8B", "x.gz");
  } catch (const tenure::FileError&) {
    return 0;
  }
  return 1;
}
