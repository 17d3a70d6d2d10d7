#include <tenure/clv/transactions/sqlite.hpp>

int main() {
  try {
    tenure::clv::query_transactions("no.db", "select 1");
  } catch (const tenure::FileError&) {
    return 0;
  }
  return 1;
}
