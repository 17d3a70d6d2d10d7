/// From a shop's transactions to training data, and a simulated shop for those who have none at hand.
#include <tenure/clv/features/cohorts.hpp>
#include <tenure/clv/features/monthly_panel.hpp>
#include <tenure/clv/features/rfm.hpp>
#include <tenure/clv/transactions/simulate.hpp>
#include <tenure/io/safetensors.hpp>

#include <tenure/io/state_json.hpp>
#include <tenure/report/tables.hpp>
#include <tenure/track/run_directory.hpp>
#include "../common/shop_input.hpp"

using namespace tenure;
using namespace tenure::clv;

namespace {

constexpr const char* examples = R"(
Examples:
  tenure-data simulate --out shop.csv --customers 4000 --seed 42
  tenure-data describe --data shop.csv
  tenure-data prepare --data shop.csv --out prepared.safetensors
  tenure-data features --data shop.csv --cutoff 2023-10-01 --out features.csv
  tenure-data cohorts --data shop.csv --out cohorts
  tenure-data ltv-curves --data shop.csv --out BASE/Files
  tenure-data features --data sales.csv --columns customer=client,date=day,amount=total --format dates=day-first \
                       --cutoff 2023-10-01 --out features.csv
  tenure-data describe --data shop.db --query "select * from sales" --columns customer=client,date=day,amount=total
)";

struct Simulate {
  std::string out, columns;
  ShopConfig config;
  std::uint64_t seed = 42;

  void add_to(CLI::App& program) {
    CLI::App& app = *program.add_subcommand("simulate", "write a simulated shop in Online Retail's format");
    app.add_option("--out", out, "CSV file to write")->required();
    app.add_option("--customers", config.customers, "how many")
        ->check(CLI::Range(1, 10'000'000))
        ->capture_default_str();
    app.add_option("--days", config.days, "from 2022-01-01 on")->check(CLI::Range(7, 36'500))->capture_default_str();
    app.add_option("--seed", seed, "the same seed gives the same file")->capture_default_str();
    app.add_option("--columns", columns, "other names of the columns, as customer=client,date=day")
        ->check(valid_columns());
    app.final_callback([this] { run(); });
  }

  void run() const {
    Rng rng(seed);
    const Shop shop = simulate_shop(config, rng);
    write_online_retail(shop.transactions, out,
                        columns.empty() ? clv::TransactionColumns() : clv::parse_columns(columns));
    std::printf("%s: %zu rows of %zu customers to %s\n", out.c_str(), shop.transactions.rows(), shop.customers.size(),
                format_date(last_day(shop.transactions)).c_str());
  }
};

struct Prepare {
  ShopInput input;
  std::string out;
  PanelOptions options;
  bool drop_missing = false;

  void add_to(CLI::App& program) {
    CLI::App& app = *program.add_subcommand("prepare", "write the hybrid model's monthly windows as safetensors");
    input.add_options(app);
    app.add_option("--out", out, "safetensors file to write")->required();
    app.add_option("--input-months", options.input_months, "of a window")
        ->check(CLI::Range(1, 1200))
        ->capture_default_str();
    app.add_option("--horizon", options.horizon, "months to predict")
        ->check(CLI::Range(1, 1200))
        ->capture_default_str();
    app.add_option("--iqr-factor", options.iqr_factor, "keep amounts so far beyond the quartiles; inf keeps all")
        ->check(CLI::Range(0.0, std::numeric_limits<double>::infinity()))
        ->capture_default_str();
    app.add_flag("--drop-missing", drop_missing, "drop rows without a customer instead of pooling them as 99999");
    app.final_callback([this] { run(); });
  }

  void run() {
    if (drop_missing) options.missing = MissingCustomer::dropped;
    const MonthlyPanel panel = monthly_panel(input.read(), options);
    const PanelWindows windows = panel_windows(panel, options);
    // Metadata are texts: lists are JSON in them.
    nlohmann::ordered_json customers, countries, months;
    for (std::size_t w = 0; w < windows.customer.size(); ++w) {
      customers.push_back(panel.customers[windows.customer[w]]);
      countries.push_back(panel.countries[windows.customer[w]]);
      months.push_back(format_month(windows.first_month[w]));
    }
    SafetensorsWriter writer;
    writer.metadata = {{"customers", json_text(customers)},
                       {"countries", json_text(countries)},
                       {"first_months", json_text(months)},
                       {"counts", panel.counts.to_string()}};
    writer.add("temporal", windows.temporal);
    writer.add("trend", windows.trend);
    writer.add("target", windows.target);
    writer.write(out);
    std::printf("%s\n%s: %td windows of %td months, %td to predict\n", panel.counts.to_string().c_str(), out.c_str(),
                windows.count(), options.input_months, options.horizon);
  }
};

struct Features {
  ShopInput input;
  std::string out, cutoff, until;

  void add_to(CLI::App& program) {
    CLI::App& app = *program.add_subcommand("features", "write each customer's features at a date");
    input.add_options(app);
    app.add_option("--cutoff", cutoff, "features know what is before this date")->required()->check(valid_date());
    app.add_option("--until", until, "also write what was spent from the cut-off to before this date")
        ->check(valid_date());
    app.add_option("--out", out, "CSV file to write")->required();
    app.final_callback([this] { run(); });
  }

  void run() const {
    const std::chrono::sys_days at = parse_date(cutoff, "--cutoff");
    const clv::Transactions transactions = input.read();
    if (until.empty()) return write(customer_features(clv::Calibration(transactions, at)), nullptr);
    const auto [calibration, holdout] = calibration_holdout(transactions, at, parse_date(until, "--until"));
    write(customer_features(calibration), &holdout);
  }

  void write(const FeatureTable& table, const Holdout* holdout) const {
    CsvWriter csv(out);
    csv.field("customer").field("country");
    for (const std::string& name : table.names) csv.field(name);
    if (holdout) csv.field("holdout_spend").field("holdout_frequency");
    csv.end_row();
    for (std::size_t c = 0; c < table.customers.size(); ++c) {
      csv.field(table.customers[c]).field(table.countries[c]);
      for (const double value : table.values[static_cast<Index>(c)].span()) csv.field(value);
      if (holdout) csv.field(holdout->spend[c]).field(holdout->frequency[c]);
      csv.end_row();
    }
    csv.commit();
    std::printf("%s: %zu features of %zu customers\n", out.c_str(), table.names.size(), table.customers.size());
  }
};

struct Cohorts {
  ShopInput input;
  std::string out;

  void add_to(CLI::App& program) {
    CLI::App& app = *program.add_subcommand("cohorts", "write the daily value per customer of each monthly cohort");
    input.add_options(app);
    app.add_option("--out", out, "directory for a CSV file per cohort, as cohort_2010_12.csv")->required();
    app.final_callback([this] { run(); });
  }

  void run() const {
    const auto cohorts = monthly_cohorts(input.read());
    make_directory(out);
    for (const MonthlyCohort& cohort : cohorts) write_csv(cohort, in_directory(out, name_of(cohort) + ".csv"));
    std::printf("%s: %zu cohorts\n", out.c_str(), cohorts.size());
  }
};

struct LtvCurves {
  ShopInput input;
  std::string out;

  void add_to(CLI::App& program) {
    CLI::App& app = *program.add_subcommand("ltv-curves", "write weekly cohorts' cumulative value for daily_ltv");
    input.add_options(app);
    app.add_option("--out", out, "directory for LTV_YYYY_MM_DD.csv, named by the last date in the data")->required();
    app.final_callback([this] { run(); });
  }

  void run() const {
    const clv::Transactions transactions = input.read();
    const auto curves = ltv_curves(transactions);
    make_directory(out);
    const std::string file = in_directory(out, "LTV_" + underscored_date(last_day(transactions)) + ".csv");
    write_csv(curves, file);
    std::printf("%s: %zu weekly cohorts\n", file.c_str(), curves.size());
  }
};

struct Describe {
  ShopInput input;

  void add_to(CLI::App& program) {
    CLI::App& app = *program.add_subcommand("describe", "say what a file holds, and what a filter would drop");
    input.add_options(app);
    app.final_callback([this] { run(); });
  }

  void run() const {
    const clv::Transactions transactions = input.read();
    const auto [first, last] = std::ranges::minmax(transactions.time);
    const double total = std::accumulate(transactions.amount.begin(), transactions.amount.end(), 0.0);
    const auto returns = std::ranges::count_if(transactions.amount, [](double amount) { return amount < 0; });
    std::printf("rows          %zu\n", transactions.rows());
    std::printf("dates         %s to %s\n", format_time(first).c_str(), format_time(last).c_str());
    std::printf("total amount  %.2f, %td rows below 0\n", total, returns);
    describe("customers", transactions.customer);
    describe("invoices", transactions.invoice);
    describe("products", transactions.product);
    describe("descriptions", transactions.description);
    describe("countries", transactions.country);
    describe_filter(transactions);
  }

  static void describe(const char* what, const TextColumn& column) {
    if (column.codes.empty()) {
      std::printf("%-13s no such column\n", what);
      return;
    }
    std::printf("%-13s %zu, missing in %td rows\n", what, column.names.size(), std::ranges::count(column.codes, -1));
  }

  /// What the monthly panel of `prepare` drops.
  static void describe_filter(const clv::Transactions& transactions) {
    const MonthlyPanel panel = monthly_panel(transactions);
    const PanelCounts& counts = panel.counts;
    std::size_t windows = 0;
    for (std::size_t c = 0; c < panel.customers.size(); ++c) {
      const std::size_t months = panel.begin[c + 1] - panel.begin[c];
      windows += months >= 12 ? months - 11 : 0;
    }
    std::printf("price         %zu rows at or below 0, which prepare drops\n", counts.rows - counts.priced);
    std::printf(
        "outliers      %zu rows with an amount outside %g to %g (1.5 interquartile ranges), which prepare drops\n",
        counts.priced - counts.kept, counts.lower, counts.upper);
    std::printf("prepared      %zu rows, %zu customers, %zu days, %zu months, %zu windows of 6 and 6 months\n",
                counts.kept, counts.customers, counts.days, counts.months, windows);
  }
};

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("From a shop's transactions to training data.", "tenure-data");
  app.footer(examples);
  app.require_subcommand(1);
  Simulate simulate;
  Prepare prepare;
  Features features;
  Cohorts cohorts;
  LtvCurves curves;
  Describe describe;
  simulate.add_to(app), prepare.add_to(app), features.add_to(app), cohorts.add_to(app), curves.add_to(app);
  describe.add_to(app);
  return run_program(app, argc, argv);
}
