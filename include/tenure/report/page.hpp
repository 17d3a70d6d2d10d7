/// Reports: one HTML page with all that belongs to it inside, to be looked at without a network.
///
///   Report report{"Customer lifetime value", {"Trained on 4,372 customers."}, {metrics, loss, lorenz}};
///   report::write_page(report, "runs/hybrid_clv/report.html");
#pragma once

#include <set>
#include <variant>

#include "../core/text.hpp"
#include "../io/file.hpp"
#include "gnuplot.hpp"
#include "legend.hpp"

namespace tenure { inline namespace TENURE_ABI { namespace report {

struct Page {
  std::string title;
  std::vector<std::string> notes;  ///< paragraphs below the title
  std::vector<std::variant<Table, Figure>> parts;
};

/// How a page is written.
struct PageOptions {
  std::string gnuplot = "gnuplot";  ///< a program on the PATH or a path
};

namespace detail {

/// The id of a part, checked to be fit for HTML and new. Those of the page itself begin with '_'.
[[gnu::cold]] inline void check_id(const std::string& id, std::set<std::string>& ids) {
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  const bool fit = !id.empty() && letter(id[0]) && std::ranges::all_of(id, [&](char c) {
    return letter(c) || (c >= '0' && c <= '9') || c == '-' || c == '_';
  });
  if (!fit) throw ValueError("report", "an id of letters, digits, '-' and '_', a letter first", {"'", id, "'"});
  if (!ids.insert(id).second) throw ValueError("report", "an id for each part", {"'", id, "' twice"});
}

/// Whether a cell is to be read as a number: digits with signs, separators and units of a character or two.
[[gnu::cold]] inline bool is_number(std::string_view cell) {
  std::size_t letters = 0, digits = 0;
  for (const char c : cell) {
    digits += c >= '0' && c <= '9';
    letters += (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  }
  if (cell.find('~') != cell.npos) return false;  // a range, as of dates
  return (digits > 0 && letters <= 2) || cell == "–" || cell == "NaN";
}

/// Whether all cells of a column are numbers, and one of them at least has a digit.
[[gnu::cold]] inline bool is_numeric(const Table& table, std::size_t column) {
  bool some = false;
  for (const auto& row : table.rows) {
    if (!row[column].empty() && !is_number(row[column])) return false;
    some |= row[column].find_first_of("0123456789") != std::string::npos;
  }
  return some;
}

/// The numbers of a figure: one row for each x where all series have the same, else one for each value, and of many
/// rows some at even distances.
class FigureNumbers {
 public:
  static constexpr std::size_t most_rows = 100;

  [[gnu::cold]] static Table table(const Figure& figure) {
    FigureNumbers numbers(figure);
    Table table{.id = "_numbers-" + figure.id, .title = figure.title, .columns = {}, .rows = {}};
    if (!numbers.share_x()) {
      numbers.add_one_by_one(table);
    } else if (figure.kind == Figure::heat_map) {
      numbers.add_cells(table);
    } else {
      numbers.add_side_by_side(table);
    }
    const std::size_t n = table.rows.size();
    if (n <= most_rows) return table;
    std::vector<std::vector<std::string>> some;
    for (std::size_t k = 0; k < most_rows; ++k) some.push_back(std::move(table.rows[k * (n - 1) / (most_rows - 1)]));
    table.rows = std::move(some);
    table.caption = std::to_string(most_rows) + " of " + std::to_string(n) + " rows, at even distances.";
    return table;
  }

 private:
  [[gnu::cold]] explicit FigureNumbers(const Figure& figure) : figure_(figure) {
    for (const Series& series : figure.series) {
      if (!series.reference) series_.push_back(&series);
    }
  }

  bool share_x() const {
    return std::ranges::all_of(series_, [&](const Series* series) { return series->x == series_[0]->x; });
  }

  [[gnu::cold]] std::string x_of(const Series& series, std::size_t i) const {
    const double x = series.x[i];
    const bool named = x >= 0 && x < static_cast<double>(figure_.x_names.size()) && x == std::floor(x);
    if (named) return figure_.x_names[static_cast<std::size_t>(x)];
    const bool bin = series.x.size() > series.y.size();
    return bin ? text::readable(x) + " to " + text::readable(series.x[i + 1]) : text::readable(x);
  }

  [[gnu::cold]] void add_side_by_side(Table& table) const {
    table.columns.push_back(figure_.x_label);
    for (const Series* series : series_) {
      table.columns.push_back(series_.size() == 1 ? figure_.y_label : series->name);
      if (!series->deviation.empty()) table.columns.push_back("±");
    }
    for (std::size_t i = 0; i < series_[0]->y.size(); ++i) {
      std::vector<std::string> row{x_of(*series_[0], i)};
      for (const Series* series : series_) {
        row.push_back(text::readable(series->y[i]));
        if (!series->deviation.empty()) row.push_back(text::readable(series->deviation[i]));
      }
      table.rows.push_back(std::move(row));
    }
  }

  [[gnu::cold]] void add_cells(Table& table) const {
    table.columns.push_back(figure_.y_label);
    for (std::size_t i = 0; i < series_[0]->x.size(); ++i) table.columns.push_back(x_of(*series_[0], i));
    for (const Series* series : series_) {
      table.rows.push_back({series->name});
      for (const double value : series->y) table.rows.back().push_back(is_finite(value) ? text::readable(value) : "");
    }
  }

  [[gnu::cold]] void add_one_by_one(Table& table) const {
    const bool cells = figure_.kind == Figure::heat_map;
    table.columns = {cells ? figure_.y_label : "Series", figure_.x_label,
                     cells ? figure_.value_label : figure_.y_label};
    const bool deviations = std::ranges::any_of(series_, [](const Series* s) { return !s->deviation.empty(); });
    if (deviations) table.columns.push_back("±");
    for (const Series* series : series_) {
      for (std::size_t i = 0; i < series->y.size(); ++i) {
        table.rows.push_back({series->name, x_of(*series, i), text::readable(series->y[i])});
        if (deviations)
          table.rows.back().push_back(series->deviation.empty() ? "" : text::readable(series->deviation[i]));
      }
    }
  }

  const Figure& figure_;
  std::vector<const Series*> series_;
};

[[gnu::cold]] inline std::string alternative_of_heat_map(const Figure& figure) {
  std::vector<double> values;
  for (const Series& series : figure.series) values.insert(values.end(), series.y.begin(), series.y.end());
  std::erase_if(values, [](double value) { return !is_finite(value); });
  std::string text = "Heat map: " + figure.title + ". " + figure.value_label + " by " + figure.x_label + " and " +
                     figure.y_label + ", " + std::to_string(figure.series.size()) + " rows.";
  if (values.empty()) return text;
  const auto below = std::ranges::count_if(values, [&](double value) { return value < figure.neutral; });
  const auto [low, high] = std::ranges::minmax(values);
  return text + " Values between " + text::readable(low) + " and " + text::readable(high) + ", " +
         std::to_string(below) + " of " + std::to_string(values.size()) + " below " + text::readable(figure.neutral) +
         ".";
}

/// What a screen reader says of a figure: its kind and title, and of each series the range and both ends.
[[gnu::cold]] inline std::string alternative_of(const Figure& figure) {
  static constexpr std::array kinds{"Lines", "Points", "Bars", "Histogram"};
  if (figure.kind == Figure::heat_map) return alternative_of_heat_map(figure);
  std::string text =
      std::string(kinds[figure.kind]) + ": " + figure.title + ". " + figure.y_label + " over " + figure.x_label + ".";
  for (const Series& series : figure.series) {
    if (series.reference) continue;
    std::vector<double> y = series.y;
    std::erase_if(y, [](double value) { return !is_finite(value); });
    text += " " + (series.name.empty() ? "" : series.name + ": ") + std::to_string(series.y.size()) + " values";
    if (!y.empty()) {
      const auto [low, high] = std::ranges::minmax(y);
      text += " between " + text::readable(low) + " and " + text::readable(high) + ", the first " +
              text::readable(y.front()) + ", the last " + text::readable(y.back());
    }
    text += ".";
  }
  return text;
}

/// Puts the page together.
class PageWriter {
 public:
  [[gnu::cold]] PageWriter(const Page& report, const PageOptions& options) : options_(options) {
    std::string parts;
    for (const auto& part : report.parts) {
      std::visit(
          [&](const auto& one) { links_ += "<li><a href=\"#" + one.id + "\">" + html(one.title) + "</a></li>\n"; },
          part);
      std::visit([&](const auto& one) { parts += part_of(one); }, part);
    }
    problem_ = all_problems();
    text_ =
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
        "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n"
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none';style-src 'unsafe-inline';img-src "
        "data:\">\n<link rel=\"icon\" href=\"data:,\">\n<title>" +
        html(report.title) + "</title>\n<style>" + std::string(style_sheet) + "</style>\n</head>\n<body>\n" +
        std::string(markers) + "<header>\n<h1>" + html(report.title) + "</h1>\n";
    for (const std::string& note : report.notes) text_ += "<p>" + html(note) + "</p>\n";
    if (!problem_.empty()) text_ += "<p class=\"problem\">" + html(problem_) + "</p>\n";
    text_ += "</header>\n<nav aria-label=\"Contents\"><ul>\n" + links_ + "</ul></nav>\n<main>\n" + parts +
             "</main>\n</body>\n</html>\n";
  }

  const std::string& text() const noexcept { return text_; }
  const std::string& problem() const noexcept { return problem_; }

 private:
  static std::string caption(const std::string& text) {
    return text.empty() ? "" : "<p class=\"caption\">" + html(text) + "</p>\n";
  }

  [[gnu::cold]] static std::string part_of(const Table& table) {
    return "<section class=\"part table\" id=\"" + table.id + "\">\n<h2>" + html(table.title) + "</h2>\n" +
           caption(table.caption) + rows_of(table) + "</section>\n";
  }

  [[gnu::cold]] static std::string rows_of(const Table& table) {
    std::string text = "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"" + html(table.title) +
                       "\"><table>\n<thead><tr>";
    std::vector<const char*> classes;
    for (std::size_t column = 0; column < table.columns.size(); ++column) {
      classes.push_back(is_numeric(table, column) ? "number" : "text");
      text +=
          std::string("<th scope=\"col\" class=\"") + classes.back() + "\">" + html(table.columns[column]) + "</th>";
    }
    text += "</tr></thead>\n<tbody>\n";
    for (std::size_t row = 0; row < table.rows.size(); ++row) {
      text += "<tr>";
      for (std::size_t column = 0; column < classes.size(); ++column) {
        const bool strong = std::ranges::find(table.strong, std::pair(row, column)) != table.strong.end();
        const std::string cell = html(table.rows[row][column]);
        text += std::string("<td class=\"") + classes[column] + "\">" +
                (strong ? "<strong>" + cell + "</strong>" : cell) + "</td>";
      }
      text += "</tr>\n";
    }
    return text + "</tbody>\n</table></div>\n";
  }

  [[gnu::cold]] std::string part_of(const Figure& figure) {
    static constexpr std::array kinds{"lines", "points", "bars", "histogram", "heat-map"};
    const std::string alternative = figure.alternative.empty() ? alternative_of(figure) : figure.alternative;
    const Plot plot = no_program_ ? Plot{Plot::no_program} : draw(figure, alternative, options_.gnuplot);
    const bool drawn = plot.outcome == Plot::drawn;
    std::string text = "<figure class=\"part\" id=\"" + figure.id + "\">\n<figcaption><h2>" + html(figure.title) +
                       "</h2>\n" + caption(figure.caption) + "</figcaption>\n";
    if (drawn) {
      text += legend(figure) + "<div class=\"plot " + kinds[figure.kind] + "\">\n" + plot.svg + "</div>\n";
    } else {
      text += "<p>" + html(alternative) + "</p>\n" + note_problem(figure, plot);
    }
    const Table numbers = FigureNumbers::table(figure);
    return text + (drawn ? "<details>" : "<details open>") + "<summary>The numbers</summary>\n" +
           caption(numbers.caption) + rows_of(numbers) + "</details>\n</figure>\n";
  }

  /// Notes why a figure is not drawn. That there is no gnuplot concerns all figures, and is said once, at the top.
  [[gnu::cold]] std::string note_problem(const Figure& figure, const Plot& plot) {
    if (plot.outcome == Plot::no_program) {
      no_program_ = true;
      return {};
    }
    if (failures_.empty()) failure_ = plot.reason;
    failures_ += (failures_.empty() ? "" : ", ") + figure.title;
    return "<p class=\"problem\">Not drawn: " + html(plot.reason) + "</p>\n";
  }

  [[gnu::cold]] std::string all_problems() const {
    std::string text;
    if (no_program_) {
      text = "There are tables in place of plots, because " + options_.gnuplot +
             " was not found. To get the plots, install gnuplot (on Debian and Ubuntu: sudo apt-get install "
             "gnuplot-nox; on macOS: brew install gnuplot) and run the program again.";
    }
    if (!failures_.empty()) text += (text.empty() ? "Not drawn: " : " Not drawn: ") + failures_ + ". " + failure_;
    return text;
  }

  /// Which color is what; in HTML, where it wraps as the page is wide.
  [[gnu::cold]] static std::string legend(const Figure& figure) {
    std::string text;
    for (const LegendEntry& entry : legend_of(figure)) {
      const std::string half = std::to_string(entry.width / 2), width = std::to_string(entry.width);
      text += "<li>" + html(entry.before) + "<svg viewBox=\"-" + half + " -7 " + width + " 14\" aria-hidden=\"true\"" +
              (figure.kind == Figure::heat_map ? " class=\"heat\"" : "") + ">" + entry.sample + "</svg>" +
              html(entry.name) + "</li>\n";
    }
    return text.empty() ? text : "<ul class=\"legend\">\n" + text + "</ul>\n";
  }

  const PageOptions& options_;
  bool no_program_ = false;
  std::string failures_, failure_;  // titles of figures that gnuplot can't draw, and what it said of the first
  std::string links_, problem_, text_;
};

}  // namespace detail

/// Adds what make() gives; where the values do not allow it, as shares of a total of 0, a note that says so.
template <class Make>
[[gnu::cold]] void add_part(Page& report, Make&& make) {
  try {
    report.parts.push_back(make());
  } catch (const ValueError& error) {
    report.notes.push_back(std::string("Not shown: ") + error.what() + ".");
  }
}

/// Writes the page, with plots where gnuplot is installed and tables of the numbers where it is not. The file takes its
/// place when it is complete.
/// @return why there are no plots, in words, or nothing where all are there
/// @throws FileError when it can't be written; ValueError, ShapeError and IndexError for parts that are not as
///   figure.hpp says, before anything is written
[[gnu::cold]] inline std::string write_page(const Page& report, const std::string& path,
                                            const PageOptions& options = {}) {
  std::set<std::string> ids;
  for (const auto& part : report.parts) {
    std::visit([&](const auto& one) { detail::check_id(one.id, ids), detail::check(one); }, part);
  }
  OutputFile file(path);
  const detail::PageWriter page(report, options);
  file.write(page.text().data(), page.text().size());
  file.commit();
  return page.problem();
}

}}}  // namespace tenure::TENURE_ABI::report
