/// A small simulated shop and a small network, for tests of the ANN.
#pragma once

#include "tenure/clv/ann/forecaster.hpp"
#include "tenure/clv/transactions/simulate.hpp"

namespace tenure::test {

inline clv::Transactions ann_shop() {
  Rng rng(3);
  return clv::simulate_shop({.customers = 120}, rng).transactions;
}

inline clv::AnnData ann_shop_data() { return clv::ann_data(ann_shop(), parse_date("2023-07-01", "test"), 91); }

inline clv::AnnForecasterConfig small_ann(clv::AnnLoss loss = clv::AnnLoss::ziln) {
  return {.network = {.hidden = {8, 4}, .members = 2, .loss = loss}, .share = 0.5};
}

inline std::vector<Index> all_rows(const clv::AnnData& data) { return tenure::detail::numbers(0, data.size()); }

}  // namespace tenure::test
