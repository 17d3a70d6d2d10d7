/// Simulated campaigns: weekly cohorts of users, each drawn one by one, so that what the daily LTV model is given has
/// the noise that sampling has, and the curve that it should find is known.
///
///   Paying users buy as Pareto/NBD (Schmittlein, Morrison and Colombo, 1987) with Gamma-Gamma spending:
///
///   a user pays with probability π,  buys at rate λ ~ Γ(r, r / mean) a day until it leaves,
///   leaves at rate μ ~ Γ(s, β): it is there at age a with probability (β / (β + a))^s,
///   spends Γ(p, ν) each time,  ν ~ Γ(q, γ): p γ / (q − 1) in the mean
///
/// times what all users share: an opening in the first days of age, a season, and events (a week's sale). π and β
/// differ by campaign and, from week to week, at random. `expected` is a row's mean over all users who could have come.
#pragma once

#include <array>
#include <cmath>
#include <numbers>

#include "../../core/distributions.hpp"
#include "table.hpp"

TENURE_NO_CONTRACTION
namespace tenure { inline namespace TENURE_ABI { namespace clv {

struct CampaignConfig {
  int weeks = 24;  ///< of acquisition
  /// In a row, on average: what eight campaigns get for $160,000 a day at $1.75 a user.
  std::size_t users = 80'000;
  std::vector<std::string> apps = {"Puzzle", "Racing"};
  std::vector<std::string> systems = {"Android", "iOS"};
  std::vector<std::string> countries = {"DE"};
  std::chrono::sys_days first_monday = std::chrono::year{2024} / 1 / 1;

  double payers = 0.05;      ///< π
  double rate = 0.12;        ///< purchases a day of a paying user, the mean of λ
  double rate_shape = 0.7;   ///< r
  double leave_shape = 0.6;  ///< s
  double leave_days = 8;     ///< β
  double spend_p = 4, spend_q = 4, spend_gamma = 7.5;
  double opening = 3;         ///< the rate is 1 + opening · e^(−age / 1.5 days) times as high
  double season = 0.1;        ///< of a sine that is highest in the middle of December
  double event_share = 0.08;  ///< weeks that are an event of an app
  double event_factor = 1.2;  ///< how much more is bought in one
  double quality = 0.1;       ///< standard deviation of log π and of log β from week to week

  /// As many weeks and campaigns as give the 123,028 sequences of the published project.
  static CampaignConfig published() {
    CampaignConfig config;
    config.weeks = 71;
    config.countries = {"DE", "US"};
    return config;
  }
};

/// What is recorded, and what is true.
struct Campaigns {
  DailyLtvTable table;
  std::vector<std::vector<double>> expected;  // (rows, days)
  std::vector<std::size_t> users;             // of each row
  std::chrono::sys_days last;                 // day that the table knows of
};

namespace detail {

inline constexpr std::size_t campaign_days = 361;

/// Draws the rows of a table.
class CampaignSimulator {
 public:
  [[gnu::cold]] CampaignSimulator(const CampaignConfig& config, Rng& rng)
      : config_(config), seed_(rng.below(std::uint64_t{1} << 63)) {
    if (config.weeks < 1) throw ValueError("simulate_campaigns", "at least one week", {config.weeks});
    if (config.users < 1) throw ValueError("simulate_campaigns", "at least one user", {config.users});
  }

  [[gnu::cold]] Campaigns run() {
    using std::chrono::days;
    Campaigns campaigns{{{"Apps", "OS", "Country", "Users"}, campaign_days, {}}, {}, {}, {}};
    campaigns.last = config_.first_monday + days{7 * config_.weeks - 1};
    for (int week = 0; week < config_.weeks; ++week) {
      for (std::size_t app = 0; app < config_.apps.size(); ++app) {
        for (std::size_t system = 0; system < config_.systems.size(); ++system) {
          for (std::size_t country = 0; country < config_.countries.size(); ++country) {
            const double own = campaign_factor(app, system, country);
            rng_ = Rng(seed_, campaigns.table.rows.size());
            add_row(campaigns, week, app, own);
            campaigns.table.rows.back().metadata = {config_.apps[app], config_.systems[system],
                                                    config_.countries[country], std::to_string(campaigns.users.back())};
          }
        }
      }
    }
    return campaigns;
  }

 private:
  /// How much better than others a campaign is: fixed, by its place.
  static double campaign_factor(std::size_t app, std::size_t system, std::size_t country) {
    return (app % 2 == 0 ? 1 : 1.3) * (system % 2 == 0 ? 0.85 : 1.2) * (country % 2 == 0 ? 1 : 1.15);
  }

  /// What all users of an app buy on a day, as a factor.
  double calendar(std::size_t app, std::chrono::sys_days day) const {
    const auto age = (day - config_.first_monday).count();
    const std::chrono::sys_days december = std::chrono::year{2023} / 12 / 15;
    const double angle = 2 * std::numbers::pi * static_cast<double>((day - december).count()) / 365.25;
    const auto week = static_cast<std::uint64_t>(age / 7);
    const bool event = Rng(seed_, ~(week << 16 | app)).uniform() < config_.event_share;
    return (1 + config_.season * std::cos(angle)) * (event ? config_.event_factor : 1);
  }

  /// Expected purchases, of a paying user of rate 1 that stays, up to the end of each day of age.
  std::vector<double> clock(std::size_t app, std::chrono::sys_days came) const {
    std::vector<double> cumulative;
    double sum = 0;
    for (std::size_t age = 0; age < campaign_days; ++age) {
      const double opening = 1 + config_.opening * std::exp(-static_cast<double>(age) / 1.5);
      const auto days = std::chrono::days{static_cast<int>(age)};
      cumulative.push_back(sum += opening * calendar(app, came + days));
    }
    return cumulative;
  }

  [[gnu::cold]] void add_row(Campaigns& campaigns, int week, std::size_t app, double own) {
    DailyLtvRow row{.begin = config_.first_monday + std::chrono::days{7 * week}, .end = {}, .metadata = {}, .ltv = {}};
    row.end = row.begin + std::chrono::days{6};
    const double payers = config_.payers * own * std::exp(config_.quality * rng_.normal());
    const double leave_days = config_.leave_days * std::sqrt(own) * std::exp(config_.quality * rng_.normal());
    const auto users =
        static_cast<std::size_t>(static_cast<double>(config_.users) * std::exp(0.3 * rng_.normal() - 0.045)) + 1;
    std::array<std::vector<double>, 7> clocks;
    for (int day = 0; day < 7; ++day) {
      clocks[static_cast<std::size_t>(day)] = clock(app, row.begin + std::chrono::days{day});
    }
    row.ltv = draw(users, payers, leave_days, clocks);
    const auto known = static_cast<std::size_t>((campaigns.last - row.end).count()) + 1;
    for (std::size_t day = known; day < campaign_days; ++day) row.ltv[day] = missing_value;
    campaigns.expected.push_back(expected(payers, leave_days, clocks));
    campaigns.users.push_back(users);
    campaigns.table.rows.push_back(std::move(row));
  }

  /// Cumulative spend per user of users drawn one by one.
  std::vector<double> draw(std::size_t users, double payers, double leave_days,
                           const std::array<std::vector<double>, 7>& clocks) {
    std::vector<double> spend(campaign_days);
    const double between = (1 - payers) / payers;  // users who don't pay, in the mean, before the next who does
    const auto next = [&] { return static_cast<std::size_t>(draw_geometric(between, rng_)); };
    for (std::size_t user = next(); user < users; user += next() + 1) {
      const std::vector<double>& purchases = clocks[rng_.below(7)];
      const double rate = draw_gamma(config_.rate_shape, config_.rate_shape / config_.rate, rng_);
      const double stays = draw_exponential(draw_gamma(config_.leave_shape, leave_days, rng_), rng_);
      const double nu = draw_gamma(config_.spend_q, config_.spend_gamma, rng_);
      for (double time = 0;;) {
        time += draw_exponential(rate, rng_);
        const auto age = static_cast<std::size_t>(std::ranges::lower_bound(purchases, time) - purchases.begin());
        if (age >= campaign_days || static_cast<double>(age) > stays) break;
        spend[age] += draw_gamma(config_.spend_p, nu, rng_);
      }
    }
    double sum = 0;
    for (double& day : spend) day = (sum += day) / static_cast<double>(users);
    return spend;
  }

  /// The same of infinitely many users. A user that leaves at time t still buys on day ⌊t⌋.
  std::vector<double> expected(double payers, double leave_days,
                               const std::array<std::vector<double>, 7>& clocks) const {
    std::vector<double> curve;
    const double spend = config_.spend_p * config_.spend_gamma / (config_.spend_q - 1);
    double sum = 0;
    for (std::size_t age = 0; age < campaign_days; ++age) {
      const double there = std::pow(leave_days / (leave_days + static_cast<double>(age)), config_.leave_shape);
      double purchases = 0;
      for (const std::vector<double>& clock : clocks) purchases += (clock[age] - (age > 0 ? clock[age - 1] : 0)) / 7;
      curve.push_back(sum += payers * config_.rate * purchases * there * spend);
    }
    return curve;
  }

  const CampaignConfig& config_;
  std::uint64_t seed_;
  Rng rng_;  // of the row that is drawn: further weeks leave those before as they are
};

}  // namespace detail

/// A row for each week, app, system and country, known up to the end of the last week; metadata Apps, OS, Country and
/// Users. @throws ValueError for no weeks or users
[[gnu::cold]] inline Campaigns simulate_campaigns(const CampaignConfig& config, Rng& rng) {
  return detail::CampaignSimulator(config, rng).run();
}

}}}  // namespace tenure::TENURE_ABI::clv
TENURE_CONTRACTION_AS_BEFORE
