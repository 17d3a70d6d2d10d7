/// A shop whose customers behave as the models of the literature say, so that what a model forecasts can be compared
/// with the truth: BG/NBD purchasing (Fader, Hardie and Lee, 2005) and Gamma-Gamma spending (Fader and Hardie, 2013).
///
///   rate λ ~ Γ(r, α) purchases a day,  drop-out p ~ Beta(a, b) after each repeat purchase,
///   spend of an invoice ~ Γ(p, ν),  ν ~ Γ(q, γ): a customer's mean is p / ν
///
/// Time runs faster in the season and stands still when the shop is closed (`activity`); on that clock a customer's
/// purchases are a Poisson process. Around it, what real files hold: guests without an id, returns, wholesale orders,
/// free lines, several countries and product lines.
#pragma once

#include <array>
#include <cmath>
#include <limits>
#include <numbers>

#include "../../core/distributions.hpp"
#include "../../data/csv/writer.hpp"
#include "by_customer.hpp"
#include "columns.hpp"

TENURE_NO_CONTRACTION
namespace tenure { inline namespace TENURE_ABI { namespace clv {

struct ShopConfig {
  std::size_t customers = 4000;
  std::chrono::sys_days begin = std::chrono::year{2022} / 1 / 1;
  int days = 730;
  double acquisition = 0.8;  ///< customers come, evenly on the shop's clock, in this first part of the days

  double purchase_r = 0.9;     ///< r
  double purchase_alpha = 50;  ///< α, in days
  double drop_out_a = 0.8;     ///< a
  double drop_out_b = 9;       ///< b
  double spend_p = 6;          ///< p
  double spend_q = 4;          ///< q
  double spend_gamma = 150;    ///< γ, in money

  double season = 0.4;       ///< of a sine that is highest in the middle of November
  double mean_lines = 13.5;  ///< of an invoice
  double guests = 0.2;       ///< invoices without a customer, as a share of those with one
  double returns = 0.04;     ///< share of invoices of which a line comes back
  double wholesale = 0.002;  ///< share of invoices that are `wholesale_factor` times as large
  double wholesale_factor = 20;
  double free_lines = 0.005;  ///< share of lines of price 0
};

/// A customer and its truth, which no model may see.
struct SimulatedCustomer {
  std::string name;
  std::string country;
  double rate;         // λ, purchases a day of the shop's clock
  double drop_out;     // p
  double mean_spend;   // of an invoice that is not wholesale
  std::int64_t first;  // purchase, in seconds since 1970
  std::int64_t gone;   // the purchase after which there are no more; the greatest number: not within the days
  int purchases;       // invoices
  double spend;        // on them
};

/// A simulated shop: what it recorded and what is true.
struct Shop {
  ShopConfig config;
  Transactions transactions;  // in order of time
  std::vector<SimulatedCustomer> customers;

  /// How much of a day of the shop's clock passes on a day: mean 1, 0 on Saturdays, when the shop is closed.
  static double activity(std::chrono::sys_days day, double season) noexcept {
    constexpr std::array<double, 7> by_weekday = {1.05, 1.2, 1.2, 1.35, 1.1, 0, 1.1};
    const std::chrono::sys_days november = std::chrono::year{2020} / 11 / 15;
    const double angle = 2 * std::numbers::pi * static_cast<double>((day - november).count()) / 365.25;
    return by_weekday[static_cast<std::size_t>(weekday(day))] * (1 + season * std::cos(angle));
  }

  /// The expected number of purchases of a customer in `days` days from a day on, given its rate, its drop-out and
  /// whether it is gone by then: (1 − e^(−λ·p·s)) / p, with s the days of the shop's clock. 0 before its first.
  double expected_purchases(std::size_t customer, std::chrono::sys_days from, int days) const noexcept {
    const SimulatedCustomer& truth = customers[customer];
    if (truth.first >= time_of(from) || truth.gone < time_of(from)) return 0;
    double clock = 0;
    for (int day = 0; day < days; ++day) clock += activity(from + std::chrono::days{day}, config.season);
    const double most = truth.rate * clock;  // of a customer who stays
    return truth.drop_out > 0 ? -std::expm1(-most * truth.drop_out) / truth.drop_out : most;
  }

  /// The expected spend: of purchases, before returns. Wholesale orders included.
  double expected_value(std::size_t customer, std::chrono::sys_days from, int days) const noexcept {
    const double factor = 1 + config.wholesale * (config.wholesale_factor - 1);
    return expected_purchases(customer, from, days) * customers[customer].mean_spend * factor;
  }
};

namespace detail {

/// An invoice before its lines are drawn.
struct Invoice {
  std::int64_t time;
  std::int32_t customer;  // −1: a guest
  std::int32_t country;
  std::int32_t favorite;  // product line
  double spend;
};

/// What the shop sells: product lines of products that have a name and a list price.
struct Catalog {
  static constexpr std::int32_t lines = 8, products_in_line = 60;

  std::vector<std::string> codes, descriptions;
  std::vector<double> prices;

  [[gnu::cold]] explicit Catalog(Rng& rng) {
    constexpr const char* things[lines] = {"LANTERN",       "TEACUP",      "LUNCH BOX",         "CAKE STAND",
                                           "PICTURE FRAME", "STORAGE TIN", "GARDEN SET, METAL", "CHRISTMAS GARLAND"};
    constexpr const char* colors[] = {"RED",  "WHITE", "BLUE", "PINK",  "IVORY",
                                      "SAGE", "BLACK", "GOLD", "PEARL", "MINT"};
    constexpr const char* styles[] = {"RETROSPOT", "VINTAGE", "\"HOME SWEET HOME\"", "POLKADOT", "PAISLEY", "FRENCH"};
    for (std::int32_t product = 0; product < lines * products_in_line; ++product) {
      const std::int32_t within = product % products_in_line;
      codes.push_back(std::to_string(20000 + 13 * product) + (within % 3 == 0 ? "B" : ""));
      descriptions.push_back(std::string(colors[within % 10]) + ' ' + styles[within / 10] + ' ' +
                             things[product / products_in_line]);
      prices.push_back(std::round(100 * (0.4 + draw_gamma(1.5, 0.6, rng))) / 100);
    }
  }

  /// The last line sells in the season: three times as likely as others from October to December, else a third.
  static std::int32_t draw(std::int32_t favorite, unsigned month, Rng& rng) noexcept {
    std::int32_t line = favorite;
    if (rng.uniform() < 0.5) {
      const double weight = month >= 10 ? 3 : 1.0 / 3;
      line = static_cast<std::int32_t>(rng.uniform() * (lines - 1 + weight));
      line = (std::min)(line, lines - 1);
    }
    const double popularity = rng.uniform();  // few products sell most
    return line * products_in_line + static_cast<std::int32_t>(popularity * popularity * products_in_line);
  }
};

inline constexpr std::array<const char*, 8> shop_countries = {"United Kingdom", "Germany", "France",   "EIRE",
                                                              "Spain",          "Norway",  "Portugal", "Japan"};

inline std::int32_t draw_country(Rng& rng) noexcept {
  constexpr std::array<double, 8> up_to = {0.88, 0.91, 0.94, 0.96, 0.975, 0.985, 0.995, 1};
  return static_cast<std::int32_t>(std::ranges::upper_bound(up_to, rng.uniform()) - up_to.begin());
}

/// The shop's clock: how many of its days have passed by the start of each day, and the time at which it shows a value.
class ShopClock {
 public:
  [[gnu::cold]] explicit ShopClock(const ShopConfig& config) : begin_(config.begin), passed_{0} {
    for (int day = 0; day < config.days; ++day) {
      passed_.push_back(passed_.back() + Shop::activity(begin_ + std::chrono::days{day}, config.season));
    }
  }
  double end() const noexcept { return passed_.back(); }

  /// Between 8 and 18 o'clock, to the minute. `clock` in [0, end).
  std::int64_t time(double clock) const noexcept {
    const auto next = std::ranges::upper_bound(passed_, clock);
    const double share = (clock - next[-1]) / (next[0] - next[-1]);
    const auto day = static_cast<int>(next - passed_.begin()) - 1;
    return time_of(begin_ + std::chrono::days{day}) + 60 * static_cast<std::int64_t>(480 + 600 * share);
  }

 private:
  std::chrono::sys_days begin_;
  std::vector<double> passed_;  // (days + 1)
};

/// Draws one customer's truth and invoices.
inline SimulatedCustomer simulate_customer(std::size_t number, const ShopConfig& config, const ShopClock& clock,
                                           std::vector<Invoice>& invoices, Rng& rng) {
  const std::int32_t country = draw_country(rng);
  SimulatedCustomer customer{std::to_string(12346 + 3 * number),
                             shop_countries[static_cast<std::size_t>(country)],
                             draw_gamma(config.purchase_r, config.purchase_alpha, rng),
                             draw_beta(config.drop_out_a, config.drop_out_b, rng),
                             config.spend_p / draw_gamma(config.spend_q, config.spend_gamma, rng),
                             0,
                             (std::numeric_limits<std::int64_t>::max)(),
                             0,
                             0};
  const auto favorite = static_cast<std::int32_t>(rng.below(Catalog::lines));
  double now = rng.uniform() * config.acquisition * clock.end();
  customer.first = clock.time(now);
  while (now < clock.end()) {
    double spend = draw_gamma(config.spend_p, config.spend_p / customer.mean_spend, rng);
    if (rng.uniform() < config.wholesale) spend *= config.wholesale_factor;
    invoices.push_back({clock.time(now), static_cast<std::int32_t>(number), country, favorite, spend});
    ++customer.purchases;
    customer.spend += spend;
    if (customer.purchases > 1 && rng.uniform() < customer.drop_out) {
      customer.gone = clock.time(now);
      break;
    }
    now += draw_exponential(customer.rate, rng);
  }
  return customer;
}

/// Writes invoices' lines into columns.
class Till {
 public:
  Till(const ShopConfig& config, Catalog catalog, std::size_t invoices, Transactions& out)
      : config_(config), catalog_(std::move(catalog)), out_(out) {
    const auto rows = static_cast<std::size_t>(1.1 * (config.mean_lines + 0.1) * static_cast<double>(invoices));
    for (auto* column : {&out_.amount, &out_.quantity, &out_.price}) column->reserve(rows);
    for (auto* column : columns()) column->codes.reserve(rows);
    out_.time.reserve(rows);
    out_.product.names = catalog_.codes;
    out_.description.names = catalog_.descriptions;
    out_.country.names.assign(shop_countries.begin(), shop_countries.end());
  }

  /// Cuts the spend into lines, of which each costs near its product's list price.
  void sell(const Invoice& invoice, Rng& rng) {
    open(std::to_string(next_number_++));
    const auto month = static_cast<unsigned>(std::chrono::year_month_day{day_of(invoice.time)}.month());
    const int count = 1 + draw_geometric(config_.mean_lines - 1, rng);
    double left = invoice.spend;
    for (int line = 0; line < count; ++line) {
      const std::int32_t product = Catalog::draw(invoice.favorite, month, rng);
      const double of_line = line + 1 < count ? left / (count - line) * rng.uniform(0.5, 1.5) : left;
      left -= of_line;
      const double list = catalog_.prices[static_cast<std::size_t>(product)];
      const double quantity = (std::max)(1.0, std::round(of_line / list));
      add(invoice, product, quantity, (std::max)(0.01, std::round(100 * of_line / quantity) / 100));
      if (rng.uniform() < config_.free_lines) add(invoice, product, 1, 0);
    }
  }

  /// A line that was sold comes back, on an invoice whose number begins with C.
  void take_back(const Invoice& invoice, std::size_t row) {
    open('C' + std::to_string(next_number_++));
    add(invoice, out_.product.codes[row], -out_.quantity[row], out_.price[row]);
  }

 private:
  std::array<TextColumn*, 5> columns() {
    return {&out_.customer, &out_.invoice, &out_.product, &out_.description, &out_.country};
  }
  void open(std::string number) { out_.invoice.names.push_back(std::move(number)); }

  void add(const Invoice& invoice, std::int32_t product, double quantity, double price) {
    out_.time.push_back(invoice.time);
    out_.quantity.push_back(quantity);
    out_.price.push_back(price);
    out_.amount.push_back(quantity * price);
    out_.customer.codes.push_back(invoice.customer);
    out_.invoice.codes.push_back(static_cast<std::int32_t>(out_.invoice.names.size()) - 1);
    out_.product.codes.push_back(product);
    out_.description.codes.push_back(price > 0 ? product : -1);
    out_.country.codes.push_back(invoice.country);
  }

  const ShopConfig& config_;
  Catalog catalog_;
  Transactions& out_;
  std::int64_t next_number_ = 536365;
};

[[gnu::cold]] inline void check(const ShopConfig& config) {
  for (const auto& [name, value] : {std::pair("purchase_r", config.purchase_r),
                                    {"purchase_alpha", config.purchase_alpha},
                                    {"drop_out_a", config.drop_out_a},
                                    {"drop_out_b", config.drop_out_b},
                                    {"spend_p", config.spend_p},
                                    {"spend_q", config.spend_q},
                                    {"spend_gamma", config.spend_gamma}}) {
    if (!(value > 0)) throw ValueError("simulate_shop", {name, " above 0"}, {value});
  }
  const bool shares = config.acquisition > 0 && config.acquisition <= 1 && std::abs(config.season) <= 1;
  if (!shares || !(config.mean_lines > 1)) {
    throw ValueError("simulate_shop", "acquisition in (0, 1], season in [−1, 1] and mean_lines above 1",
                     {config.acquisition, ", ", config.season, " and ", config.mean_lines});
  }
  if (config.customers < 1 || config.customers > 100'000'000 || config.days < 7) {
    throw ValueError("simulate_shop", "1 to 100000000 customers and at least 7 days",
                     {config.customers, " and ", config.days});
  }
}

/// Invoices of guests, each of another's size.
inline void add_guests(const ShopConfig& config, const ShopClock& clock, std::vector<Invoice>& invoices, Rng& rng) {
  const auto count = static_cast<std::size_t>(config.guests * static_cast<double>(invoices.size()));
  for (std::size_t i = 0; i < count; ++i) {
    const std::int64_t time = clock.time(rng.uniform() * clock.end());
    const double mean = config.spend_p / draw_gamma(config.spend_q, config.spend_gamma, rng);
    const auto favorite = static_cast<std::int32_t>(rng.below(Catalog::lines));
    invoices.push_back({time, -1, draw_country(rng), favorite, draw_gamma(config.spend_p, config.spend_p / mean, rng)});
  }
}

}  // namespace detail

/// Draws a shop. The defaults give about 400,000 rows. Every customer's truth and invoices come from a stream of its
/// own: other customers do not change them. @throws ValueError for parameters outside their domain
inline Shop simulate_shop(const ShopConfig& config, Rng& rng) {
  detail::check(config);
  Shop shop{config, {}, {}};
  const detail::ShopClock clock(config);
  detail::Catalog catalog(rng);
  std::vector<detail::Invoice> invoices;
  for (std::size_t c = 0; c < config.customers; ++c) {
    Rng own = rng.split();
    shop.customers.push_back(detail::simulate_customer(c, config, clock, invoices, own));
    shop.transactions.customer.names.push_back(shop.customers.back().name);
  }
  detail::add_guests(config, clock, invoices, rng);
  std::ranges::stable_sort(invoices, {}, &detail::Invoice::time);

  // What comes back does so at once: its invoice follows the one that it was on.
  detail::Till till(config, std::move(catalog), invoices.size(), shop.transactions);
  for (const detail::Invoice& invoice : invoices) {
    const std::size_t first = shop.transactions.rows();
    till.sell(invoice, rng);
    if (rng.uniform() < config.returns) till.take_back(invoice, first + rng.below(shop.transactions.rows() - first));
  }
  return shop;
}

/// Writes transactions that have all columns in Online Retail's format, or with other names of columns; with one of
/// amounts where it has a name. @throws FileError
[[gnu::cold]] inline void write_online_retail(const Transactions& transactions, const std::string& path,
                                              const TransactionColumns& names = {}) {
  CsvWriter csv(path);
  for (const std::string* name : {&names.invoice, &names.product, &names.description, &names.quantity, &names.date,
                                  &names.price, &names.customer, &names.country}) {
    csv.field(*name);
  }
  if (!names.amount.empty()) csv.field(names.amount);
  csv.end_row();
  std::string date;
  for (std::size_t row = 0; row < transactions.rows(); ++row) {
    const std::int64_t time = transactions.time[row];
    if (row == 0 || time != transactions.time[row - 1]) date = format_time_of_online_retail(time);
    csv.field(transactions.invoice[row]).field(transactions.product[row]).field(transactions.description[row]);
    csv.field(transactions.quantity[row]).field(date).field(transactions.price[row]);
    csv.field(transactions.customer[row]).field(transactions.country[row]);
    if (!names.amount.empty()) csv.field(transactions.amount[row]);
    csv.end_row();
  }
  csv.commit();
}

}}}  // namespace tenure::TENURE_ABI::clv
TENURE_CONTRACTION_AS_BEFORE
