/// Options of the example programs that read a shop's transactions: --data, --query, --columns, --format,
/// --skip-bad-rows. Without --data, where a program allows that, the shop is simulated.
#pragma once

#include <string>
#include <tenure/clv/transactions/csv.hpp>
#include <tenure/clv/transactions/simulate.hpp>

#ifdef TENURE_HAVE_ZLIB
#include <tenure/data/csv/gzip.hpp>
#endif
#ifdef TENURE_HAVE_SQLITE
#include <tenure/clv/transactions/sqlite.hpp>
#endif

#include "run_program.hpp"

namespace tenure {

inline constexpr const char* columns_help =
    "names of the columns where they are not those of Online Retail, as customer=client,date=day,amount=total; keys: "
    "customer, date, amount (or quantity and price), invoice, product, description, country";

/// For CLI::Option::check(): has what `parse` throws be a wrong argument.
template <class Parse>
CLI::Validator parsed_by(Parse parse) {
  const auto check = [parse](const std::string& text) {
    try {
      parse(text);
      return std::string();
    } catch (const Error& error) {
      const std::string message = error.what();
      return message.substr(message.find(": ") + 2);  // CLI11 puts the option's name before it
    }
  };
  return CLI::Validator(check, "");
}
inline CLI::Validator valid_columns() {
  return parsed_by([](const std::string& text) { clv::parse_columns(text); });
}
inline CLI::Validator valid_date() {
  return parsed_by([](const std::string& text) { parse_date(text, "date"); });
}

/// What a program reads where it is given no data.
inline constexpr std::size_t simulated_customers = 1000;

/// Where a shop's transactions are, and in which form.
class ShopInput {
 public:
  /// @param required whether there must be data; a shop is simulated otherwise
  void add_options(CLI::App& app, bool required = true) {
    std::string help = "CSV file of transactions (.gz too), or SQLite database for --query";
    if (!required) help += "; without it, a simulated shop";
    app.add_option("--data", data_, help)->required(required);
    app.add_option("--query", query_, "read what this select of a SQLite database gives");
    app.add_option("--columns", columns_, columns_help)->check(valid_columns());
    app.add_option("--format", format_,
                   "of the CSV file, as delimiter=semicolon,header=no,dates=day-first,encoding=latin1")
        ->check(parsed_by([](const std::string& text) { clv::parse_csv_options(text); }));
    app.add_option("--gzip-ratio", gzip_ratio_, "how many times its size a large .gz file may unpack to")
        ->check(CLI::Range(1, 1'000'000))
        ->capture_default_str();
    app.add_flag("--skip-bad-rows", skip_, "pass over rows that can't be read, and say how many");
  }

  /// As was given, or "simulated".
  std::string source() const { return data_.empty() ? "simulated" : data_; }

  /// @throws Error
  clv::Transactions read() const {
    if (data_.empty()) return simulated();
    SkippedRows skipped;
    clv::Transactions transactions = read(skip_ ? &skipped : nullptr);
    if (skipped.count > 0) {
      std::fprintf(stderr, "skipped %zu rows, the first for this: %s\n", skipped.count, skipped.first.c_str());
    }
    if (transactions.rows() == 0) throw FileError(data_, "transactions", "none");
    return transactions;
  }

 private:
  clv::Transactions simulated() const {
    for (const std::string* option : {&query_, &columns_, &format_}) {
      if (!option->empty()) throw CLI::RequiredError("--query, --columns and --format need --data, which");
    }
    std::fprintf(stderr, "No --data: a simulated shop of %zu customers, whose figures say nothing about a real one.\n",
                 simulated_customers);
    Rng rng(42);
    return clv::simulate_shop({.customers = simulated_customers}, rng).transactions;
  }

  clv::Transactions read(SkippedRows* skipped) const {
    const clv::TransactionColumns columns = columns_.empty() ? clv::TransactionColumns() : clv::parse_columns(columns_);
    const CsvOptions options = format_.empty() ? CsvOptions() : clv::parse_csv_options(format_);
    if (!query_.empty()) {
#ifdef TENURE_HAVE_SQLITE
      return clv::query_transactions(data_, query_, columns, options, skipped);
#else
      throw StateError("--query", "a build with SQLite (on Debian and Ubuntu: sudo apt-get install libsqlite3-dev)",
                       "one without");
#endif
    }
#ifdef TENURE_HAVE_ZLIB
    const TextFile file(data_, {.ratio = gzip_ratio_});
    return clv::parse_transactions(file.bytes(), file.path(), columns, options, skipped);
#else
    return clv::read_transactions(data_, columns, options, skipped);
#endif
  }

  std::string data_, query_, columns_, format_;
  std::size_t gzip_ratio_ = 100;
  bool skip_ = false;
};

}  // namespace tenure
