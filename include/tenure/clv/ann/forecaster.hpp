/// The ANN with all that it needs to forecast customers' spend over a horizon.
///
///   clv::AnnForecaster model;
///   model.fit(clv::ann_data(transactions, clv::default_cutoff(transactions, 91), 91));
///   model.calibrate(model.evaluate(data));                     // the quantiles, by customers of other folds
///   const auto forecast = model.predict(clv::ann_customers(transactions, today));
///   model.save("runs/ann_clv");   …   const auto again = clv::AnnForecaster::load("runs/ann_clv");
///
///   network      the mean of the members, whose inputs and offset are those of preparation.hpp
///   forecast     share · network + (1 − share) · correction · prior
///   quantile q   max(0, base + shift · (1 + forecast)), base being the ZILN's own or else the forecast
///
/// BG/NBD, knowing no season, is corrected; shifts are split-conformal. Everything is fitted to the training part alone.
/// A directory holds config.json and model.safetensors. Component tenure::json.
#pragma once

#include <optional>

#include "../../metrics/ranking.hpp"
#include "../../metrics/regression.hpp"
#include "../../optim/adam.hpp"
#include "../../train/predict.hpp"
#include "../model_directory.hpp"
#include "../training.hpp"
#include "evaluation.hpp"
#include "preparation.hpp"

TENURE_NO_CONTRACTION
namespace tenure { inline namespace TENURE_ABI { namespace clv {

/// The defaults are those that docs/clv/ann.md has measured.
struct AnnForecasterConfig {
  AnnConfig network = {};  ///< whose inputs fit() sets
  int horizon = 91;        ///< days, for default_cutoff(); the model forecasts those of the data it is fitted to
  std::vector<double> quantiles = {0.1, 0.5, 0.9};  ///< levels, ascending
  std::optional<double> share = {};  ///< of the network in the forecast; absent: by validation within the training part
  double l2 = 1e-2;                  ///< Adam's, of each member
  bool balanced = false;             ///< batches have their share of each decile of the target
  LikelihoodOptions likelihood = {};
};

/// What config.json says of a model's making, beside training_json().
[[gnu::cold]] inline nlohmann::ordered_json options_json(const AnnForecasterConfig& config) {
  return {{"horizon", config.horizon},
          {"loss", ann_loss_names[static_cast<std::size_t>(config.network.loss)]},
          {"hidden", config.network.hidden},
          {"dropout", config.network.dropout},
          {"members", config.network.members},
          {"network_share", config.share ? nlohmann::ordered_json(*config.share) : "validation"},
          {"l2", config.l2},
          {"balanced", config.balanced},
          {"quantiles", config.quantiles}};
}

/// The decile of each of some customers by their spend. Those of equal spend are dealt by their order.
[[gnu::cold]] inline std::vector<Index> spend_deciles(const AnnData& data, std::span<const Index> rows) {
  std::vector<std::size_t> order(rows.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, {}, [&](std::size_t i) { return data.spend[static_cast<std::size_t>(rows[i])]; });
  std::vector<Index> decile(rows.size());
  for (std::size_t rank = 0; rank < order.size(); ++rank) {
    decile[order[rank]] = static_cast<Index>(10 * rank / order.size());
  }
  return decile;
}

namespace detail {

/// "settings" of config.json.
struct AnnSettings {
  AnnConfig network;
  double share;
  int horizon;
  std::vector<double> quantiles;

  static void state(auto& self, auto&& f) {
    f("network", self.network);
    f("share", self.share);
    f("horizon", self.horizon);
    f("quantiles", self.quantiles);
  }
  /// Of what was read. @throws ValueError
  [[gnu::cold]] void check_state() const {
    check_range("network.inputs", network.inputs, ann_inputs, ann_inputs);
    check_range("share", share, 0.0, 1.0);
    check_range("horizon", horizon, 1, 1'000'000);
    check_range("quantiles", static_cast<Index>(quantiles.size()), Index{0}, Index{1000});
    for (const double level : quantiles) check_range("quantiles", level, 0.0, 1.0);
  }
};

/// A network's loss.
struct AnnLossOf {
  const AnnConfig& config;

  Var<float> operator()(Var<float> y, Var<float> target) const { return ann_loss(config, y, target); }
};

}  // namespace detail

/// Predicts, evaluates and saves once fit() has trained it, or load() read it.
class AnnForecaster {
 public:
  static constexpr Index published_epochs = 60, published_batch_size = 64;

  AnnForecasterConfig config;
  AnnPreparation preparation;
  double share = 0.5;                 ///< of the network in the forecast
  std::vector<double> shifts;         ///< of the quantiles
  std::optional<Ann<float>> network;  ///< there once fit() or load() made it
  /// How fit() trained it, as evaluate() trains its models; load() does not know, and has the defaults.
  TrainingOptions training = detail::with_defaults({}, published_epochs, published_batch_size);

  [[gnu::cold]] explicit AnnForecaster(AnnForecasterConfig with = {}) : config(std::move(with)) {}

  /// Trains a new network on nine tenths of the customers, the last tenth giving val_loss, and finds its share in the
  /// forecast. @throws ValueError for fewer than 10 customers, or where nobody spends anything; Error where the training
  /// ended before its time
  [[gnu::cold]] History fit(const AnnData& data, const TrainingOptions& options = {}) {
    const TrainingOptions how = detail::with_defaults(options, published_epochs, published_batch_size);
    const Split parts = split_at_random(data.size(), {.validation = 0.1}, Rng(how.seed));
    if (parts.validation.empty()) throw ValueError("customers", "at least 10", {data.size()});
    Rng rng(how.seed);
    prepare(data, parts.train, rng);
    detail::ForgottenUnlessTrained untrained(network);
    training = {.epochs = how.epochs,
                .batch_size = how.batch_size,
                .learning_rate = how.learning_rate,
                .seed = how.seed,
                .shuffle = how.shuffle,
                .threads = how.threads};
    const AnnDataset train = preparation.dataset(data, parts.train, network->config),
                     validation = preparation.dataset(data, parts.validation, network->config);
    const std::vector<Index> strata = config.balanced ? spend_deciles(data, parts.train) : std::vector<Index>();
    nlohmann::ordered_json identity = options_json(config);
    identity.update(training_json(how));
    const Parameters<float> parameters(*network);
    Adam<float> adam(parameters, adam_config(how));
    const History history =
        detail::train_model(*network, adam, detail::AnnLossOf{network->config},
                            detail::TrainingOf<AnnDataset>{
                                .parameters = parameters,
                                .train = train,
                                .validation = validation,
                                .strata = strata,
                                .identity = {{"options", json_text(identity)}, {"preparation", state_text(*this)}}},
                            how);
    share = config.share ? *config.share : validated_share(data, parts.train, how);
    untrained.trained();
    return history;
  }

  /// What each customer will spend in the days from the data's cut-off on. @throws StateError for a model that is not
  /// trained
  [[gnu::cold]] AnnForecast predict(const AnnData& data) const {
    check_fitted("predict");
    AnnForecast forecast = this->forecast(data, tenure::detail::numbers(0, data.size()));
    forecast.quantiles = shifted_quantiles(forecast, shifts);
    return forecast;
  }

  /// How good such models are for customers that they were not trained on, beside the baselines: models of parts are
  /// trained as this one was, to the end, in silence. Parts share the threads, with the same result for any number.
  /// @throws ValueError for too few customers for the parts, or a split by time without those before; Error where a loss
  /// was not finite; StateError for a model that is not trained
  [[gnu::cold]] AnnEvaluation evaluate(const AnnData& data, const AnnEvaluationOptions& options = {}) const {
    check_fitted("evaluate");
    if (options.split == AnnSplit::time && !options.before) {
      throw ValueError("evaluate", "the customers a horizon earlier, for the split by time", "none");
    }
    const AnnData& learnt = options.split == AnnSplit::time ? *options.before : data;
    const std::vector<detail::AnnPart> parts =
        detail::ann_parts(options.split, data, learnt, options.folds, training.seed);
    AnnEvaluation evaluation{.fits = LikelihoodFits(data.summaries, config.likelihood)};
    evaluation.shares.resize(parts.size());
    std::vector<AnnForecast> forecasts(parts.size());
    const auto work = [&](Index p) {
      const auto place = static_cast<std::size_t>(p);
      const detail::AnnPart& part = parts[place];
      Rng rng(training.seed, static_cast<std::uint64_t>(p) + 1);
      AnnForecaster model(config);
      model.prepare(learnt, part.train, rng);
      model.train(learnt, part.train, training);
      model.share = config.share ? *config.share : model.validated_share(learnt, part.train, training);
      evaluation.shares[place] = model.share;
      forecasts[place] = model.forecast(data, part.test);
      if (p == 0) evaluation.importance = model.importance(data, part.test, training.seed);
    };
    ThreadPool(training.threads).run(static_cast<Index>(parts.size()), work);
    evaluation.forecast.levels = config.quantiles;
    evaluation.forecast.quantiles.resize(config.quantiles.size());
    for (std::size_t p = 0; p < parts.size(); ++p) {
      for (const Index row : parts[p].test) {
        evaluation.rows.push_back(row), evaluation.part.push_back(static_cast<Index>(p));
        evaluation.actual.push_back(data.spend[static_cast<std::size_t>(row)]);
      }
      detail::append_forecast(forecasts[p], evaluation.forecast);
    }
    detail::calibrate_parts(evaluation, config.quantiles);
    evaluation.score("ann_" + std::string(ann_loss_names[static_cast<std::size_t>(config.network.loss)]),
                     evaluation.forecast.spend);
    for (const Baseline& baseline : spend_baselines(data, evaluation.fits)) {
      std::vector<double> spend;
      for (const Index row : evaluation.rows) spend.push_back(baseline.spend[static_cast<std::size_t>(row)]);
      evaluation.score(baseline.name, std::move(spend));
    }
    return evaluation;
  }

  /// Has quantiles hold of new customers what they promise, by an evaluation of such models.
  void calibrate(const AnnEvaluation& evaluation) { shifts = evaluation.shifts; }

  /// Writes model.safetensors and config.json, with these options in it. @throws FileError; StateError for a model that
  /// is not trained
  [[gnu::cold]] void save(const std::string& directory, const nlohmann::ordered_json& options = {}) const {
    check_fitted("save");
    nlohmann::ordered_json json = config_of_model("ann");
    json["settings"] = state_json(detail::AnnSettings{network->config, share, preparation.horizon, config.quantiles});
    json["fitted"] = state_json(*this);
    save_directory(directory, *network, std::move(json), options);
  }

  /// @throws FileError for a directory that was not written by save(), is of another version, or whose files do not
  /// belong together
  [[gnu::cold]] static AnnForecaster load(const std::string& directory) {
    const JsonFile file = read_config(directory, "ann");
    const JsonValue json = file.root();
    detail::AnnSettings settings{};
    read_state(json["settings"], settings);
    AnnForecaster model({.network = settings.network, .horizon = settings.horizon, .quantiles = settings.quantiles});
    read_state(json["fitted"], model);
    model.share = settings.share;
    model.preparation.horizon = settings.horizon;
    load_network(directory, file, settings.network, model.network);
    return model;
  }

  /// "fitted" of config.json.
  static void state(auto& self, auto&& f) {
    f("purchases", self.preparation.purchases);
    f("amounts", self.preparation.amounts);
    f("correction", self.preparation.correction);
    f("unit", self.preparation.unit);
    f("largest", self.preparation.largest);
    f("shifts", self.shifts);
    f("scaler", self.preparation.scaler);
  }
  /// Of what was read. @throws ValueError
  [[gnu::cold]] void check_state() const {
    constexpr double largest = (std::numeric_limits<double>::max)();
    check_range("correction", preparation.correction, 0.0, largest);
    check_range("unit", preparation.unit, (std::numeric_limits<double>::min)(), largest);
    check_range("largest", preparation.largest, 0.0, largest);
    if (shifts.size() != config.quantiles.size()) {
      throw ValueError("shifts", {config.quantiles.size(), ", one for each quantile"}, {shifts.size()});
    }
    if (preparation.scaler.features() != ann_inputs) {
      throw ValueError("scaler", {ann_inputs, " features"}, {preparation.scaler.features()});
    }
  }

 private:
  void check_fitted(const char* what) const {
    if (!network) throw StateError(what, "a trained model: call fit() or AnnForecaster::load() first", "none");
  }

  /// The members' losses are averaged, and so must their penalties be.
  AdamConfig adam_config(const TrainingOptions& how) const {
    return {.learning_rate = how.learning_rate, .l2 = config.l2 / static_cast<double>(config.network.members)};
  }

  /// Fits all but the network, which is drawn.
  void prepare(const AnnData& data, std::span<const Index> rows, Rng& rng) {
    config.network.inputs = ann_inputs;
    preparation = AnnPreparation(data, rows, config.network.loss, config.likelihood);
    shifts.assign(config.quantiles.size(), 0);
    network.emplace(config.network, rng);
  }

  /// Trains the network on some rows, to the end and in silence. @throws Error where a loss was not finite
  [[gnu::cold]] void train(const AnnData& data, std::span<const Index> rows, const TrainingOptions& how) {
    Adam<float> adam(Parameters<float>(*network), adam_config(how));
    const std::vector<Index> deciles = config.balanced ? spend_deciles(data, rows) : std::vector<Index>();
    auto options = detail::fit_options<AnnDataset>(how, nullptr);
    options.strata = deciles;
    const History history = tenure::fit(*network, adam, detail::AnnLossOf{network->config},
                                        preparation.dataset(data, rows, network->config), options);
    if (history.stop == Stop::not_finite) throw Error(history.reason);
  }

  /// The network's share in the forecast that serves customers best whom neither it nor the prior were fitted to: the
  /// rows are cut into three folds, of which each is forecast by a model that was trained on the others.
  [[gnu::cold]] double validated_share(const AnnData& data, std::span<const Index> rows,
                                       const TrainingOptions& how) const {
    std::vector<double> of_network, of_prior, actual;
    for (const Fold& fold : k_fold(static_cast<Index>(rows.size()), 3, Rng(how.seed, 1'000'000))) {
      const auto part = [&](const std::vector<Index>& numbers) {
        std::vector<Index> chosen;
        for (const Index number : numbers) chosen.push_back(rows[static_cast<std::size_t>(number)]);
        return chosen;
      };
      const std::vector<Index> learnt = part(fold.train), tested = part(fold.test);
      Rng rng(how.seed, 1'000'001);
      AnnForecaster model(config);
      model.prepare(data, learnt, rng);
      model.train(data, learnt, how);
      for (auto* of : {&of_network, &of_prior}) {
        model.share = of == &of_network;
        const std::vector<double> spend = model.forecast(model.preparation.known(data, tested)).spend;
        of->insert(of->end(), spend.begin(), spend.end());
      }
      for (const Index row : tested) actual.push_back(data.spend[static_cast<std::size_t>(row)]);
    }
    return detail::best_share(of_network, of_prior, actual);
  }

  /// For customers, with all that is forecast of them; the quantiles are those of the model, not shifted.
  [[gnu::cold]] AnnForecast forecast(const AnnData& data, std::span<const Index> rows) const {
    AnnForecast forecast = this->forecast(preparation.known(data, rows));
    for (const Index row : rows) {
      const auto c = static_cast<std::size_t>(row);
      const RfmSummary& s = data.summaries;
      const BgNbd& purchases = preparation.purchases;
      forecast.alive.push_back(purchases.probability_alive(s.frequency[c], s.recency[c], s.T[c]));
      forecast.purchases.push_back(
          purchases.expected_purchases(s.frequency[c], s.recency[c], s.T[c], preparation.horizon / 7.0));
    }
    return forecast;
  }

  /// For customers of whom this is known: spend, and quantiles before they are shifted.
  [[gnu::cold]] AnnForecast forecast(const Tensor<double>& known) const {
    const Tensor<float> z = tenure::predict(*network, preparation.dataset(known, {}, network->config));
    AnnForecast forecast;
    forecast.levels = config.quantiles;
    forecast.quantiles.resize(config.quantiles.size());
    for (Index i = 0; i < known.shape()[0]; ++i) {
      const double of_network = mean_of_members(z, i, [](const Ziln& value) { return value.mean(); });
      forecast.spend.push_back(share * of_network +
                               (1 - share) * preparation.correction * AnnPreparation::prior(known, i));
      for (std::size_t k = 0; k < config.quantiles.size(); ++k) {
        const double q = config.quantiles[k];
        forecast.quantiles[k].push_back(config.network.loss == AnnLoss::ziln
                                            ? mean_of_members(z, i, [q](const Ziln& v) { return v.quantile(q); })
                                            : forecast.spend.back());
      }
    }
    return forecast;
  }

  [[gnu::cold]] std::vector<metrics::Importance> importance(const AnnData& data, std::span<const Index> rows,
                                                            std::uint64_t seed) const {
    std::vector<double> actual;
    for (const Index row : rows) actual.push_back(data.spend[static_cast<std::size_t>(row)]);
    const std::vector<std::string> names = ann_known_names();
    const auto spend = [&](const Tensor<double>& known) {
      const std::vector<double> own = forecast(known).spend;
      return Tensor<double>({static_cast<Index>(own.size())}, own);
    };
    return metrics::permutation_importance<double>(spend, preparation.known(data, rows), actual,
                                                   metrics::single_columns(names), {.seed = seed});
  }

  /// In money, between 0 and the largest.
  template <class F>
  double mean_of_members(const Tensor<float>& z, Index row, F of_ziln) const {
    const Index outputs = config.network.outputs(), members = config.network.members;
    double total = 0;
    for (Index m = 0; m < members; ++m) {
      const float* own = &z(row, m * outputs);
      const auto number = [own](int k) { return static_cast<double>(own[k]); };
      const double value = outputs == 3 ? of_ziln(Ziln(number(0), number(1), number(2))) : number(0) * preparation.unit;
      total += std::clamp(value, 0.0, preparation.largest);
    }
    return total / static_cast<double>(members);
  }
};

}}}  // namespace tenure::TENURE_ABI::clv
TENURE_CONTRACTION_AS_BEFORE
