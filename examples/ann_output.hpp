/// What ann_clv prints and writes of an evaluation: metrics.json, segments.csv and report.html.
#pragma once

#include <tenure/clv/ann/evaluation.hpp>
#include <tenure/clv/features/rfm_segments.hpp>
#include <tenure/report/page.hpp>

#include <tenure/io/state_json.hpp>
#include <tenure/report/tables.hpp>
#include <tenure/track/run_directory.hpp>

namespace tenure {

/// An evaluated model and what it is compared with, the model first.
struct AnnResults {
  const clv::AnnData& data;
  const clv::AnnSettings& settings;
  const clv::LikelihoodFits& fits;
  const clv::AnnEvaluation& evaluation;
  const History& history;
  std::vector<metrics::Scored> scored;

  AnnResults(const clv::AnnData& of, const clv::AnnSettings& with, const clv::LikelihoodFits& likelihoods,
             const clv::AnnEvaluation& evaluated, const History& training)
      : data(of), settings(with), fits(likelihoods), evaluation(evaluated), history(training) {
    add("ann_" + std::string(clv::ann_loss_names[static_cast<std::size_t>(settings.network.loss)]),
        evaluation.forecast.spend);
    for (const clv::Baseline& baseline : clv::spend_baselines(data, fits)) {
      std::vector<double> spend;
      for (const Index row : evaluation.rows) spend.push_back(baseline.spend[static_cast<std::size_t>(row)]);
      add(baseline.name, spend);
    }
  }

 private:
  void add(const std::string& name, std::vector<double> spend) {
    std::vector<double> actual = evaluation.actual;
    const Shape shape{static_cast<Index>(actual.size())};
    scored.push_back(
        {name, metrics::scores(Tensor<double>::wrap(shape, spend.data()), Tensor<double>::wrap(shape, actual.data()))});
  }
};

/// The share of customers who spent at most what a quantile's forecasts say.
inline double share_below(const clv::AnnEvaluation& evaluation, std::size_t quantile) {
  double below = 0;
  for (std::size_t i = 0; i < evaluation.actual.size(); ++i) {
    below += evaluation.actual[i] <= evaluation.forecast.quantiles[quantile][i];
  }
  return below / static_cast<double>(evaluation.actual.size());
}

inline nlohmann::ordered_json ann_metrics_json(const AnnResults& results) {
  const clv::AnnEvaluation& evaluation = results.evaluation;
  nlohmann::ordered_json json = metrics_json(results.scored), quantiles, likelihoods;
  const std::vector<double>& shares = results.settings.quantiles;
  for (std::size_t k = 0; k < shares.size(); ++k) {
    quantiles[std::to_string(shares[k]).substr(0, 4)] = {
        {"share_at_or_below", share_below(evaluation, k)},
        {"pinball_loss", metrics::pinball_loss(evaluation.forecast.quantiles[k], evaluation.actual, shares[k])}};
  }
  clv::LikelihoodFits::fields(results.fits, [&](const char* name, const clv::MaximumLikelihood& fit) {
    nlohmann::ordered_json& one = likelihoods[name];
    for (const clv::Estimated& parameter : fit.parameters) {  // NaN becomes null
      one[parameter.name] = {{"value", parameter.value}, {"standard_error", parameter.standard_error}};
    }
    one.update({{"log_likelihood", fit.log_likelihood}, {"converged", fit.converged}, {"boundary", fit.boundary}});
  });
  json["quantiles"] = quantiles;
  if (shares.size() > 1) {
    const auto &lower = evaluation.forecast.quantiles.front(), &upper = evaluation.forecast.quantiles.back();
    json["interval"] = {{"promised", shares.back() - shares.front()},
                        {"coverage", metrics::coverage(lower, upper, evaluation.actual)},
                        {"mean_width", metrics::mean_width(lower, upper)}};
  }
  json.update({{"network_share", evaluation.shares},
               {"customers", results.data.size()},
               {"evaluated", evaluation.rows.size()},
               {"cutoff", format_date(results.data.cutoff)},
               {"horizon", results.data.horizon},
               {"epochs", results.history.epochs()},
               {"val_loss", results.history.last("val_loss")},
               {"likelihoods", likelihoods}});
  return json;
}

/// @return what keeps plots from being in it, in words, or nothing. @throws FileError
inline std::string write_ann_report(const AnnResults& results, const std::string& note, const std::string& path) {
  const clv::AnnEvaluation& evaluation = results.evaluation;
  const std::vector<double>&p = evaluation.forecast.spend, &y = evaluation.actual;
  const std::string unit = "money";
  report::Page report{"Customer lifetime value: the ANN", {note}, {report::metrics_table(results.scored, unit)}};
  for (const std::string& line : metrics::better_than_first(results.scored)) {
    report.notes.push_back("Better than the model: " + line + ".");
  }
  clv::LikelihoodFits::fields(results.fits, [&](const char* name, const clv::MaximumLikelihood& fit) {
    report.notes.push_back(std::string(name) + ": " + fit.to_string() + (fit.converged ? "." : "; not converged."));
  });
  const auto add = [&](auto make) { report::add_part(report, make); };
  add([&] { return report::gain_curves(p, y); });
  add([&] { return report::value_by_decile(p, y, unit); });
  add([&] { return report::predicted_against_actual(p, y, unit); });
  add([&] { return report::residuals_over_forecast(p, y, unit); });
  add([&] { return report::residual_histogram(p, y, unit); });
  add([&] { return report::importance_bars(evaluation.importance, "RMSE (money)"); });
  add([&] { return report::loss_curves(results.history); });
  add([&] {
    report::Table table = report::segment_table(clv::rfm_segments(results.data, evaluation.rows).name, p, y, unit);
    table.title = "RFM segments";
    return table;
  });
  add([&] {
    report::Table table = report::segment_table(report::value_segments(p), p, y, unit);
    table.id = "tiers", table.title = "Value tiers";
    return table;
  });
  return report::write_page(report, path);
}

inline void print_ann(const AnnResults& results) {
  std::printf("\nOn %zu customers that the models which forecast them were not trained on, in money:\n",
              results.evaluation.rows.size());
  std::fputs(report::text_table(results.scored).c_str(), stdout);
  for (std::size_t k = 0; k < results.settings.quantiles.size(); ++k) {
    std::printf("%s%.0f %% of the customers spent at most the forecast quantile %g", k == 0 ? "\n" : ", ",
                100 * share_below(results.evaluation, k), results.settings.quantiles[k]);
  }
  std::puts("");
}

inline void print_likelihoods(const clv::LikelihoodFits& fits) {
  clv::LikelihoodFits::fields(fits, [](const char* name, const clv::MaximumLikelihood& fit) {
    std::printf("%s: %s\n  log-likelihood %.1f%s\n", name, fit.to_string().c_str(), fit.log_likelihood,
                fit.converged ? "" : ", not converged");
  });
}

}  // namespace tenure
