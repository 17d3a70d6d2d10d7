/// Options of ann_clv: of its data, its model, and how that is measured.
#pragma once

#include <CLI/CLI.hpp>
#include <tenure/clv/ann/forecaster.hpp>
#include <tenure/clv/features/rfm_summary_csv.hpp>

#include "shop_input.hpp"

namespace tenure {

inline const std::map<std::string, clv::AnnLoss> ann_losses = {
    {"mse", clv::AnnLoss::mse}, {"huber", clv::AnnLoss::huber}, {"ziln", clv::AnnLoss::ziln}};
inline const std::map<std::string, clv::AnnSplit> ann_splits = {
    {"folds", clv::AnnSplit::folds}, {"random", clv::AnnSplit::random}, {"time", clv::AnnSplit::time}};

/// The first day that the data do not reach, unless one is given.
inline auto day_or_next(const clv::Transactions& transactions, const std::string& day, const char* option) {
  return day.empty() ? clv::last_day(transactions) + std::chrono::days{1} : parse_date(day, option);
}

/// What probabilistic models know of customers: from a shop's transactions, or as others made it.
class SummariesInput {
 public:
  void add_options(CLI::App& app) {
    shop_.add_options(app, false);
    app.add_option("--cutoff", cutoff_, "of the transactions; default: the day after the last")->check(valid_date());
    app.add_option("--summaries", summaries_,
                   "instead of --data: CSV with a customer's frequency, recency, T and monetary_value in each row")
        ->check(CLI::ExistingFile);
  }

  /// @throws Error
  clv::RfmSummary read() const {
    if (!summaries_.empty()) return clv::read_rfm_summary(summaries_);
    const clv::Transactions transactions = shop_.read();
    return clv::ann_customers(transactions, day_or_next(transactions, cutoff_, "--cutoff")).summaries;
  }

 private:
  ShopInput shop_;
  std::string cutoff_, summaries_;
};

/// How the likelihoods of probabilistic models are maximized.
struct LikelihoodFlags {
  clv::LikelihoodOptions options;
  bool allow = false;

  void add_options(CLI::App& app) {
    app.add_option("--likelihood-steps", options.steps, "at most, to maximize a likelihood")
        ->check(CLI::Range(1, 1'000'000))
        ->capture_default_str();
    app.add_flag("--allow", allow, "go on where a likelihood does not converge, with the best that was found");
  }

  /// Says what did not converge. @throws Error where that is not allowed
  void check(const clv::LikelihoodFits& fits) const {
    const std::string names = fits.not_converged();
    if (names.empty()) return;
    const std::string text = "the likelihood of " + names + " did not converge in " + std::to_string(options.steps) +
                             " steps (--likelihood-steps)";
    if (!allow) throw Error(text + "; with --allow the best that was found is taken");
    std::fprintf(stderr, "ann_clv: %s; going on with the best that was found\n", text.c_str());
  }
};

struct AnnOptions {
  clv::AnnForecasterConfig config;
  clv::AnnEvaluationOptions evaluation;
  LikelihoodFlags likelihood;
  std::string cutoff;

  void add_options(CLI::App& app) {
    app.add_option("--cutoff", cutoff,
                   "features are of what came before; default: a horizon before the end of the last "
                   "whole month")
        ->check(valid_date());
    app.add_option("--horizon", config.horizon, "days to forecast")
        ->check(CLI::Range(1, 100'000))
        ->capture_default_str();
    auto& network = config.network;
    app.add_option("--loss", network.loss, "mse, huber or ziln")
        ->transform(CLI::CheckedTransformer(ann_losses))
        ->default_str("ziln");
    app.add_option("--hidden", network.hidden, "units of the hidden layers")
        ->delimiter(',')
        ->check(CLI::Range(1, 100'000))
        ->default_str("64,32,16");
    app.add_option("--dropout", network.dropout)->check(CLI::Range(0.0, 0.99))->capture_default_str();
    app.add_option("--members", network.members, "networks whose forecasts are averaged")
        ->check(CLI::Range(1, 1000))
        ->capture_default_str();
    app.add_option("--network-share", config.share,
                   "of the network in the forecast, BG/NBD with Gamma-Gamma having the rest; default: by validation "
                   "within the customers to train on")
        ->check(CLI::Range(0.0, 1.0));
    app.add_option("--l2", config.l2, "Adam's weight decay")->check(CLI::Range(0.0, 1e3))->capture_default_str();
    app.add_flag("--balanced", config.balanced, "batches have their share of each decile of the target");
    app.add_option("--quantiles", config.quantiles, "to forecast, ascending")
        ->delimiter(',')
        ->check(CLI::Range(1e-3, 0.999))
        ->default_str("0.1,0.5,0.9");
    app.add_option("--evaluation", evaluation.split,
                   "folds, random (a fifth of the customers) or time (trained a horizon earlier)")
        ->transform(CLI::CheckedTransformer(ann_splits))
        ->default_str("folds");
    app.add_option("--folds", evaluation.folds)->check(CLI::Range(2, 1000))->capture_default_str();
    likelihood.add_options(app);
  }

  /// @throws CLI::ValidationError for quantiles that are not ascending
  clv::AnnForecasterConfig forecaster() const {
    if (!std::ranges::is_sorted(config.quantiles)) throw CLI::ValidationError("--quantiles", "must be ascending");
    clv::AnnForecasterConfig with = config;
    with.likelihood = likelihood.options;
    return with;
  }

  nlohmann::ordered_json json() const {
    nlohmann::ordered_json json{{"cutoff", cutoff}};
    json.update(clv::options_json(config));
    json.update({{"evaluation", clv::ann_split_names[static_cast<std::size_t>(evaluation.split)]},
                 {"folds", evaluation.folds}});
    return json;
  }
};

}  // namespace tenure
