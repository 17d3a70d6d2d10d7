#include <doctest/doctest.h>

#include <tenure/clv/daily_ltv/analysis.hpp>
#include <tenure/clv/features/cohorts.hpp>
#include <tenure/clv/transactions/csv.hpp>

#include "../../sanitized.hpp"
#include "../../temporary_directory.hpp"
#include "../transactions/online_retail.hpp"

using namespace tenure;
using namespace tenure::clv;
using namespace tenure::test;

TEST_CASE("on Online Retail's weekly cohorts the daily LTV model is as near as PyTorch's") {
  const auto path = online_retail();
  if (!path) return;
  const TemporaryDirectory directory;
  std::filesystem::create_directories(directory / "Files");
  write_csv(std::span<const LtvCurve>(ltv_curves(read_transactions(*path))), directory / "Files/LTV_2011_12_09.csv");
  DailyLtvAnalysisOptions options{.base_path = directory / "", .rolling_validation = false};
#ifdef TENURE_TEST_SANITIZED  // where training would take minutes, for code that other tests run too
  CHECK(daily_ltv_sequences(read_daily_ltv_input(options.base_path).table).count() == 9599 - 353);
#else
  const DailyLtvAnalysis analysis = run_daily_ltv_analysis(options);
  CHECK(analysis.input.newest == 53);
  CHECK(analysis.usable_rows == 51);
  CHECK(analysis.sequences == 9599 - 353);
  // Rules have no seed.
  CHECK(analysis.bands[0].holdout_rules[0].mean == doctest::Approx(0.9879).epsilon(1e-4));
  CHECK(analysis.bands[1].holdout_rules[2].mean == doctest::Approx(0.9382).epsilon(1e-4));
  CHECK(analysis.bands[2].holdout_rules[1].mean == doctest::Approx(0.9056).epsilon(1e-4));
  // A seed's, within the spread that 25 of them have.
  CHECK(analysis.bands[0].accuracy.mean > 0.981);
  CHECK(analysis.bands[1].accuracy.mean > 0.914);
  CHECK(analysis.bands[2].accuracy.mean > 0.882);
  CHECK(analysis.bands[0].corrected.mean == doctest::Approx(0.9858).epsilon(1e-3));
#endif
}
