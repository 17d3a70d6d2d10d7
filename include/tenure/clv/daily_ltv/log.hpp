/// The log of a daily LTV model that learns on with every new file: a line for each run.
#pragma once

#include <fstream>

#include "../../io/file.hpp"
#include "analysis.hpp"

namespace tenure { inline namespace TENURE_ABI { namespace clv {

/// Adds a line to a CSV file, which is made where there is none: the file's date, what the training started from,
/// sequences, epochs, MAE, and accuracies in per cent: of the model that was there before it learnt from the new file
/// (empty for a new model), of the model now, and of a model of the earlier weeks on the later ones. The file is there
/// with the line or without it, never with half of it. @throws FileError
[[gnu::cold]] inline void add_to_daily_ltv_log(const DailyLtvAnalysis& analysis, const std::string& start,
                                               const std::string& path) {
  std::string text;
  {
    std::ifstream file(path, std::ios::binary);
    text.assign(std::istreambuf_iterator<char>(file), {});
  }
  if (text.empty()) {
    text = "date,start,sequences,epochs,val_mae";
    for (const char* which : {"before", "now", "holdout"}) {
      for (const DailyLtvBand& band : daily_ltv_bands) text += std::string(",") + which + "_" + band.name;
    }
    text += '\n';
  }
  const auto add = [&](double value) {
    char digits[32];
    std::snprintf(digits, sizeof digits, ",%.6g", value);
    text += is_nan(value) ? "," : digits;
  };
  text += format_date(analysis.input.file.date) + "," + start;
  add(static_cast<double>(analysis.sequences));
  add(static_cast<double>(analysis.history.epochs()));
  add(analysis.history.last("val_mae"));
  for (std::size_t b = 0; b < daily_ltv_bands.size(); ++b) {
    add(analysis.start_accuracy.empty() ? missing_value : 100 * analysis.start_accuracy[b].mean);
  }
  for (const DailyLtvBandScores& band : analysis.bands) add(100 * band.accuracy.mean);
  for (const DailyLtvBandScores& band : analysis.bands) add(100 * band.holdout_model.mean);
  text += '\n';
  write_file(path, text);
}

}}}  // namespace tenure::TENURE_ABI::clv
