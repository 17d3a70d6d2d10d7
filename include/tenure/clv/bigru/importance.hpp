/// Which features a model of daily series relies on.
#pragma once

#include "baselines.hpp"
#include "forecaster.hpp"

namespace tenure { inline namespace TENURE_ABI { namespace clv {

/// Permutation importance by the RMSE of the test part's next days, on at most `most` of its windows, evenly chosen.
[[gnu::cold]] inline std::vector<metrics::Importance> bigru_importances(const BiGruForecaster& forecaster,
                                                                        const BiGruData& data, std::uint64_t seed,
                                                                        Executor* executor = nullptr,
                                                                        std::size_t most = 1000) {
  std::vector<Index> windows;
  const std::size_t stride = (data.split.test.size() + most - 1) / most;
  for (std::size_t i = 0; i < data.split.test.size(); i += stride) windows.push_back(data.split.test[i]);
  const BiGruDataset set = data.dataset(windows);
  const auto predict = [&](const Tensor<float>& x) {
    const auto values = forecaster.scalers.values(tenure::predict(forecaster.model, x, {.executor = executor}));
    return Tensor<float>({x.shape()[0]}, std::vector<float>(values.begin(), values.end()));
  };
  return metrics::permutation_importance<float>(predict, std::get<0>(set.inputs()), of_windows(data.actual, windows),
                                                data.features.groups(), {.seed = seed});
}

}}}  // namespace tenure::TENURE_ABI::clv
