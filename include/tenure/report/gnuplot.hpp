/// Figures as SVG, drawn by gnuplot and made fit to stand in a page: colors are the page's variables, so that they
/// follow light and dark, and markers are symbols that the page defines once.
///
/// Scales and tics are ours (axis.hpp): gnuplot gets places on linear axes. Texts reach it in single quotes alone, in
/// which it neither runs commands nor expands anything.
#pragma once

#include <span>
#include <string_view>

#include "../core/text.hpp"
#include "axis.hpp"
#include "heat_map.hpp"
#include "html.hpp"
#include "process.hpp"

namespace tenure { inline namespace TENURE_ABI { namespace report {

namespace detail {

/// A size to draw a figure in: text keeps its size where a page scales little.
struct PlotSize {
  const char* css_class;
  int width, height, font;
};
inline constexpr std::array plot_sizes{PlotSize{"wide", 640, 400, 14}, PlotSize{"narrow", 360, 320, 13}};

/// Colors are written as rgb(1, 2, role) and come back so in the SVG.
enum Role { ink = 1, frame = 2, grid = 3, comparison = 4, first_series = 10, first_heat = 32 };
inline constexpr int series_colors = 6;

[[gnu::cold]] inline std::string color(int role) {
  static constexpr char digits[] = "0123456789abcdef";
  return std::string("lc rgb '#0102") + digits[role / 16] + digits[role % 16] + "'";
}

/// A text in single quotes, on one line. An apostrophe becomes a typographic one, for gnuplot does not always take two
/// of them for one: at the start of a text they end it, and commands follow.
[[gnu::cold]] inline std::string quoted(std::string_view text) {
  std::string result = "'";
  for (const char c : text) {
    if (c == '\'') {
      result += "’";
    } else {
      result += static_cast<unsigned char>(c) < ' ' || c == '\x7f' ? ' ' : c;
    }
  }
  return result + "'";
}

/// The shortest text that gnuplot reads as the same number.
[[gnu::cold]] inline std::string exactly(double x) {
  char digits[32];
  return {digits, std::to_chars(digits, digits + sizeof digits, x).ptr};
}

/// The end of an error output on one line: the cause comes last.
[[gnu::cold]] inline std::string last_words(std::string_view text) {
  static constexpr std::size_t most = 300;
  if (text.size() > most) text.remove_prefix(text.size() - most);
  while (!text.empty() && (static_cast<unsigned char>(text.front()) & 0xc0) == 0x80) text.remove_prefix(1);
  std::string line;
  for (const char c : text) {
    const bool space = c == ' ' || c == '\n' || c == '\t' || c == '\r';
    if (!space) line += c;
    if (space && !line.empty() && line.back() != ' ') line += ' ';
  }
  if (line.ends_with(' ')) line.pop_back();
  return line;
}

/// Lines of few points have markers.
inline bool marked(const Series& series) noexcept { return !series.reference && series.x.size() <= 31; }

/// Writes one figure in one size as gnuplot's commands.
class PlotScript {
 public:
  [[gnu::cold]] explicit PlotScript(const Figure& figure)
      : figure_(figure), x_(figure.x_scale, ends_of_x(), {.padded = has_markers()}), y_(axis_of_y()) {
    places_ = figure.x_names.size();
    for (const Series& series : figure.series) {
      bars_ += !series.reference;
      if (figure.kind != Figure::bars) continue;
      for (const double x : series.x) {
        if (is_finite(x) && x >= 0) places_ = (std::max)(places_, static_cast<std::size_t>(x) + 1);
      }
    }
  }

  /// Nothing can be drawn.
  bool empty() const noexcept { return x_.empty() || y_.empty(); }

  [[gnu::cold]] std::string commands() {
    std::string text = "set encoding utf8\n" + data();
    for (const PlotSize& size : plot_sizes) text += plot(size);
    return text;
  }

 private:
  [[gnu::cold]] std::vector<double> values_of_x() const {
    std::vector<double> values;
    for (const Series& series : figure_.series) values.insert(values.end(), series.x.begin(), series.x.end());
    return values;
  }

  [[gnu::cold]] std::vector<double> ends_of_x() const {
    std::vector<double> values = values_of_x();
    if (!is_heat_map()) return values;
    const double half = cell_width(figure_) / 2;
    for (std::size_t i = 0, n = values.size(); i < n; ++i) {
      values.push_back(values[i] - half);
      values.push_back(values[i] + half);
    }
    return values;
  }

  [[gnu::cold]] Axis axis_of_y() const {
    if (is_heat_map()) return axis_of_rows();
    std::vector<double> values;
    for (const Series& series : figure_.series) {
      for (std::size_t i = 0; i < series.y.size(); ++i) {
        const double deviation = series.deviation.empty() ? 0 : series.deviation[i];
        values.push_back(series.y[i] - deviation);
        values.push_back(series.y[i] + deviation);
      }
    }
    const Axis axis(figure_.y_scale, values);
    const bool stands = figure_.kind == Figure::bars || figure_.kind == Figure::histogram;
    const bool near_zero = figure_.kind == Figure::lines && axis.high() > 0 && axis.low() < axis.high() / 2 &&
                           std::ranges::none_of(values, [](double value) { return value < 0; });
    return Axis(figure_.y_scale, values, {.from_zero = stands || near_zero});
  }

  /// Empty where no cell has a color.
  [[gnu::cold]] Axis axis_of_rows() const {
    const bool some = std::ranges::any_of(figure_.series, [](const Series& series) {
      return std::ranges::any_of(series.y, [](double value) { return drawable(value); });
    });
    std::vector<double> ends{-0.5, static_cast<double>(figure_.series.size()) - 0.5};
    if (!some) ends.clear();
    return Axis(Scale::linear, ends, {.padded = false});
  }

  bool is_heat_map() const noexcept { return figure_.kind == Figure::heat_map; }

  bool has_markers() const {
    return figure_.kind == Figure::points ||
           (figure_.kind == Figure::lines && std::ranges::any_of(figure_.series, marked));
  }

  bool lies() const noexcept { return figure_.horizontal && figure_.kind == Figure::bars; }

  /// A line of numbers; nothing at all when one of them has no place.
  [[gnu::cold]] static bool add_row(std::string& rows, std::initializer_list<double> places) {
    std::string row;
    for (const double place : places) {
      if (!is_finite(place)) return false;
      row += exactly(place) + ' ';
    }
    rows += row + '\n';
    return true;
  }

  /// Turns a bar that stands into one that lies.
  [[gnu::cold]] bool add_box(std::string& rows, double x, double y, double left, double right, double low,
                             double high) const {
    if (lies()) return add_row(rows, {y, x, low, high, left, right});
    return add_row(rows, {x, y, left, right, low, high});
  }

  struct Block {
    std::string rows;
    std::string style;
  };

  /// A block of numbers for each thing to draw, and how to draw it.
  [[gnu::cold]] std::string data() {
    int colors = 0;
    if (is_heat_map()) add_heat_map();
    for (const Series& series : figure_.series) {
      if (!series.reference && !is_heat_map()) add_series(series, first_series + colors++ % series_colors);
    }
    for (const Series& series : figure_.series) {
      if (series.reference && !is_heat_map()) add_reference(series);
    }
    std::erase_if(blocks_, [](const Block& block) { return block.rows.find_first_not_of('\n') == std::string::npos; });
    std::string text;
    for (std::size_t i = 0; i < blocks_.size(); ++i) {
      text += "$block" + std::to_string(i) + " << END\n" + blocks_[i].rows + "END\n";
    }
    return text;
  }

  [[gnu::cold]] void add_series(const Series& series, int role) {
    switch (figure_.kind) {
      case Figure::lines:
        return add_lines(series, role);
      case Figure::points:
        return add_points(series, role);
      case Figure::bars:
        return add_bars(series, role);
      default:
        return add_histogram(series, role);
    }
  }

  /// A block of cells for each color. Neighbors of one color are one, and all reach a little below the next, so that
  /// no seams show.
  [[gnu::cold]] void add_heat_map() {
    const HeatScale scale(figure_);
    const double half = cell_width(figure_) / 2;
    for (int color_class = 0; color_class < HeatScale::classes; ++color_class) {
      blocks_.push_back(
          {{}, "using 1:2:3:4:5:6 with boxxyerror fs solid 1 noborder " + color(first_heat + color_class)});
    }
    for (std::size_t row = 0; row < figure_.series.size(); ++row) {
      const Series& series = figure_.series[row];
      const auto has_color = [&](std::size_t i, int of) {
        return drawable(series.x[i]) && drawable(series.y[i]) && (of < 0 || scale(series.y[i]) == of);
      };
      for (std::size_t i = 0, end; i < series.y.size(); i = end) {
        end = i + 1;
        if (!has_color(i, -1)) continue;
        const int own = scale(series.y[i]);
        while (end < series.y.size() && has_color(end, own) &&
               std::abs(series.x[end] - series.x[end - 1] - 2 * half) < half)
          ++end;
        const double y = static_cast<double>(row), left = series.x[i] - half, right = series.x[end - 1] + half;
        add_row(blocks_[static_cast<std::size_t>(own)].rows, {(left + right) / 2, y, left, right, y - 0.5, y + 0.5});
      }
    }
  }

  [[gnu::cold]] void add_lines(const Series& series, int role) {
    Block band{{}, "using 1:2:3 with filledcurves fs transparent solid 0.2 noborder " + color(role)};
    Block line{{}, "using 1:2 with lines lw 2 " + color(role)};
    if (marked(series)) {
      line.style = "using 1:2 with linespoints lw 2 ps 0.6 pt " + std::to_string(marker(role)) + " " + color(role);
    }
    for (std::size_t i = 0; i < series.x.size(); ++i) {
      const double x = x_(series.x[i]);
      if (!add_row(line.rows, {x, y_(series.y[i])})) line.rows += '\n';  // a gap
      if (series.deviation.empty()) continue;
      add_row(band.rows, {x, y_(series.y[i] - series.deviation[i]), y_(series.y[i] + series.deviation[i])});
    }
    blocks_.push_back(std::move(band));
    blocks_.push_back(std::move(line));
  }

  /// Of points that fall on one another, within three of the SVG's units, one is drawn: thousands of customers make a
  /// page of megabytes otherwise, and look the same.
  [[gnu::cold]] void add_points(const Series& series, int role) {
    static constexpr int columns = plot_sizes[0].width / 3, rows = plot_sizes[0].height / 3;
    std::vector<bool> taken(static_cast<std::size_t>((columns + 1) * (rows + 1)));
    Block errors{{}, "using 1:2:(0):3 with vectors nohead lw 1 " + color(role)};
    Block points{{}, "using 1:2 with points ps 0.6 pt " + std::to_string(marker(role)) + " " + color(role)};
    for (std::size_t i = 0; i < series.x.size(); ++i) {
      const double x = x_(series.x[i]), y = y_(series.y[i]);
      if (!is_finite(x) || !is_finite(y)) continue;
      const int column = static_cast<int>(columns * ((x - x_.low()) / (x_.high() - x_.low())));
      const int row = static_cast<int>(rows * ((y - y_.low()) / (y_.high() - y_.low())));
      const auto cell = static_cast<std::size_t>(row * (columns + 1) + column);
      if (series.deviation.empty() && taken[cell]) continue;
      taken[cell] = true;
      add_row(points.rows, {x, y});
      if (!series.deviation.empty()) add_error(errors.rows, x, series, i);
    }
    blocks_.push_back(std::move(errors));
    blocks_.push_back(std::move(points));
  }

  [[gnu::cold]] void add_error(std::string& rows, double x, const Series& series, std::size_t i) const {
    const double low = y_(series.y[i] - series.deviation[i]), high = y_(series.y[i] + series.deviation[i]);
    lies() ? add_row(rows, {low, x, high - low}) : add_row(rows, {x, low, high - low});
  }

  [[gnu::cold]] void add_bars(const Series& series, int role) {
    const double width = 0.8 / static_cast<double>(bars_);
    const double offset = width * static_cast<double>(drawn_bars_++) - 0.4;
    Block boxes{{}, "using 1:2:3:4:5:6 with boxxyerror fs solid 1 noborder " + color(role)};
    Block errors{
        {},
        (lies() ? "using 1:2:3:(0)" : "using 1:2:(0):3") + std::string(" with vectors nohead lw 1.5 ") + color(ink)};
    for (std::size_t i = 0; i < series.x.size(); ++i) {
      const double left = series.x[i] + offset, y = y_(series.y[i]), foot = foot_of_bars();
      add_box(boxes.rows, left + width / 2, y, left, left + 0.94 * width, (std::min)(y, foot), (std::max)(y, foot));
      if (!series.deviation.empty()) add_error(errors.rows, left + 0.47 * width, series, i);
    }
    blocks_.push_back(std::move(boxes));
    blocks_.push_back(std::move(errors));
  }

  [[gnu::cold]] void add_histogram(const Series& series, int role) {
    Block boxes{{}, "using 1:2:3:4:5:6 with boxxyerror fs transparent solid 0.75 noborder " + color(role)};
    for (std::size_t i = 0; i < series.y.size(); ++i) {
      const double left = x_(series.x[i]), right = x_(series.x[i + 1]), y = y_(series.y[i]);
      add_box(boxes.rows, left, y, left, right - 0.03 * (right - left), foot_of_bars(), y);
    }
    blocks_.push_back(std::move(boxes));
  }

  [[gnu::cold]] void add_reference(const Series& series) {
    Block line{{}, "using 1:2 with lines lw 1.5 dt (6,4) " + color(comparison)};
    for (std::size_t i = 0; i < series.x.size(); ++i) {
      const double x = figure_.kind == Figure::bars ? series.x[i] : x_(series.x[i]), y = y_(series.y[i]);
      if (!(lies() ? add_row(line.rows, {y, x}) : add_row(line.rows, {x, y}))) line.rows += '\n';
    }
    blocks_.push_back(std::move(line));
  }

  double foot_of_bars() const noexcept { return (std::max)(y_.low(), (std::min)(0.0, y_.high())); }

  /// Filled circle, square, triangle, diamond: series differ by more than color.
  static int marker(int role) {
    static constexpr std::array types{7, 5, 9, 13};
    return types[static_cast<std::size_t>(role - first_series) % types.size()];
  }

  [[gnu::cold]] std::string plot(const PlotSize& size) const {
    std::string text = "set terminal svg dynamic noenhanced size " + std::to_string(size.width) + "," +
                       std::to_string(size.height) + " font 'sans-serif," + std::to_string(size.font) + "'\n";
    text += "unset key\nset border 3 " + color(frame) + "\n";
    text += is_heat_map() ? "unset grid\n" : "set grid back lt 1 lw 1 dt 1 " + color(grid) + "\n";
    if (figure_.kind == Figure::bars)
      text += lies() ? "unset grid\nset grid xtics back lt 1 lw 1 dt 1 " + color(grid) + "\n"
                     : "unset grid\nset grid ytics back lt 1 lw 1 dt 1 " + color(grid) + "\n";
    text += axis(lies() ? 'y' : 'x', lies() ? "" : figure_.x_label, x_range(), x_tics(size), rotation(size));
    const std::vector<Tic> tics =
        is_heat_map() ? names_of_rows(size) : y_.tics(lies() ? most_beside_names(size) : size.height / 50);
    const std::string ends = is_heat_map() ? range(y_.high(), y_.low()) : range(y_.low(), y_.high());
    text += axis(lies() ? 'x' : 'y', figure_.y_label, ends, tics, "norotate");
    // Below the names and the bars, for below the bars alone it may have no room.
    if (lies())
      text += "set xlabel offset -" + std::to_string((std::min)(longest_name(), longest_name(size)) / 2) + ",0\n";
    for (std::size_t i = 0; i < blocks_.size(); ++i) {
      text += (i == 0 ? "plot $block" : ", $block") + std::to_string(i) + " " + blocks_[i].style + " notitle";
    }
    return text + "\n";
  }

  [[gnu::cold]] static std::string axis(char name, const std::string& label, const std::string& range,
                                        const std::vector<Tic>& tics, const std::string& rotation) {
    const std::string text_color = " textcolor rgb '#010201'\n";
    std::string text = std::string("set ") + name + "label " + detail::quoted(label) + text_color;
    text += std::string("set ") + name + "range " + range + "\nset " + name + "tics nomirror out scale 0.4 " +
            rotation + " (";
    for (const Tic& tic : tics) {
      if (&tic != &tics.front()) text += ", ";
      text += detail::quoted(tic_label(tic.label)) + " " + exactly(tic.place);
    }
    return text + ")" + text_color;
  }

  /// gnuplot takes the labels of tics for formats where they have a percent sign, and then keeps 49 bytes.
  [[gnu::cold]] static std::string tic_label(const std::string& label) {
    if (label.find('%') == std::string::npos) return label;
    std::string kept = label, format;
    for (std::size_t most = text::width(label); kept.size() > 49 && most > 1;) kept = text::shortened(label, --most);
    for (const char c : kept) format += c == '%' ? std::string("%%") : std::string(1, c);
    return format;
  }

  static std::string range(double low, double high) { return "[" + exactly(low) + ":" + exactly(high) + "]"; }

  [[gnu::cold]] std::string x_range() const {
    if (figure_.kind != Figure::bars) return range(x_.low(), x_.high());
    const double last = static_cast<double>(places_) - 0.4;
    return lies() ? range(last, -0.6) : range(-0.6, last);
  }

  /// The longest name that lying bars leave room for, in characters.
  static std::size_t longest_name(const PlotSize& size) { return static_cast<std::size_t>(size.width / 20); }

  /// How many tics there is room for beside the names of lying bars.
  int most_beside_names(const PlotSize& size) const {
    const double names = 0.6 * size.font * static_cast<double>((std::min)(longest_name(), longest_name(size)));
    return (std::max)(static_cast<int>((size.width - names) / 75), 1);
  }

  std::size_t longest_name() const {
    std::size_t longest = 0;
    for (const std::string& name : figure_.x_names) longest = (std::max)(longest, text::width(name));
    return longest;
  }

  /// Units of the SVG between two named places.
  double spacing(const PlotSize& size) const {
    return 0.85 * size.width / static_cast<double>(std::max<std::size_t>(places_, 1));
  }

  /// Those that there is room for, at even distances.
  [[gnu::cold]] std::vector<Tic> names_of_rows(const PlotSize& size) const {
    const std::size_t room = static_cast<std::size_t>(0.75 * size.height / (1.4 * size.font)),
                      rows = figure_.series.size();
    const std::size_t stride = (rows + room - 1) / room;
    std::vector<Tic> tics;
    for (std::size_t i = 0; i < rows; i += stride) {
      tics.push_back({static_cast<double>(i), text::shortened(figure_.series[i].name, longest_name(size))});
    }
    return tics;
  }

  /// Names that do not fit beside one another stand at an angle.
  [[gnu::cold]] std::string rotation(const PlotSize& size) const {
    const bool fits = 0.62 * size.font * static_cast<double>(longest_name() + 1) < spacing(size);
    return lies() || figure_.x_names.empty() || fits ? "norotate" : "rotate by 45 right";
  }

  [[gnu::cold]] std::vector<Tic> x_tics(const PlotSize& size) const {
    if (figure_.x_names.empty()) {
      const std::vector<double> values = values_of_x();
      const bool whole = std::ranges::all_of(values, [](double x) { return x == std::floor(x); });
      if (figure_.kind != Figure::bars) return x_.tics(size.width / 70, whole ? 1 : 0);
      std::vector<double> ends{0, static_cast<double>(places_ - 1)};
      return Axis(Scale::linear, ends, {.padded = false}).tics(size.width / 45, 1);
    }
    auto stride = lies() ? 1 : static_cast<std::size_t>(1.4 * size.font / spacing(size)) + 1;
    // Days along a line need no more than to be found; bars each have their name.
    if (figure_.kind != Figure::bars) stride = (std::max)(stride, (figure_.x_names.size() + 7) / 8);
    std::vector<Tic> tics;
    for (std::size_t i = 0; i < figure_.x_names.size(); i += stride) {
      tics.push_back({static_cast<double>(i), text::shortened(figure_.x_names[i], longest_name(size))});
    }
    return tics;
  }

  const Figure& figure_;
  Axis x_, y_;
  std::size_t places_ = 0, bars_ = 0, drawn_bars_ = 0;
  std::vector<Block> blocks_;
};

/// Takes one of gnuplot's SVG documents apart line by line.
class SvgCleaner {
 public:
  [[gnu::cold]] explicit SvgCleaner(std::string_view document) {
    const std::size_t definitions = document.find("</defs>");
    document.remove_prefix(definitions == document.npos ? document.find('>') + 1 : definitions + 7);
    body_ = "<g>\n";
    while (!document.empty()) {
      const std::string_view line = next_line(document);
      // Groups that hold nothing are half of what gnuplot writes.
      if (line.starts_with("<g fill=") && document.starts_with("</g>\n")) {
        next_line(document);
      } else {
        append(line);
      }
    }
  }

  /// What is between the document's <svg …> and its end, the latter included, without what no page needs.
  const std::string& body() const noexcept { return body_; }

 private:
  static std::string_view next_line(std::string_view& text) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix((std::min)(text.size(), line.size() + 1));
    return line;
  }

  [[gnu::cold]] void append(std::string_view line) {
    const bool text = line.find("<text>") != line.npos;
    const std::size_t marker = text ? line.size() : (std::min)(line.find("<use "), line.size());
    const std::string_view before = line.substr(0, marker);
    if (before.find_first_not_of("\t ") != before.npos) {
      set_marker_color({});
      if (text) {
        body_ += before;
      } else if (line.find("<title>") != line.npos) {
        body_ += "<g>";
      } else {
        append_colored(body_, before);
      }
      body_ += '\n';
    }
    if (marker < line.size()) append_marker(line.substr(marker));
  }

  /// Markers of one color lie in a group, for there may be thousands.
  [[gnu::cold]] void set_marker_color(std::string_view rgb) {
    if (rgb == marker_color_) return;
    if (!marker_color_.empty()) body_ += "</g>\n";
    marker_color_ = rgb;
    if (rgb.empty()) return;
    body_ += "<g color=\"";
    append_colored(body_, rgb);
    body_ += "\">\n";
  }

  /// <use xlink:href='#gpPt6' transform='translate(1.00,2.00) scale(2.62)' color='rgb(  1,   2,  10)'/>
  [[gnu::cold]] void append_marker(std::string_view line) {
    const auto between = [&](std::string_view begin, char end) {
      const std::size_t start = line.find(begin);
      if (start == line.npos) return std::string_view();
      const std::size_t from = start + begin.size();
      return line.substr(from, line.find(end, from) - from);
    };
    set_marker_color(between("color='", '\''));
    body_.append("<use href=\"#_").append(between("#", '\'')).append("\" x=\"").append(between("translate(", ','));
    const std::string_view places = between("translate(", ')');
    body_.append("\" y=\"").append(places.substr(places.find(',') + 1)).append("\"/>\n");
  }

  /// A line with the page's colors.
  [[gnu::cold]] static void append_colored(std::string& result, std::string_view line) {
    while (!line.empty()) {
      const std::size_t begin = (std::min)(line.find("rgb("), line.find("\"black\""));
      result.append(line.substr(0, begin));
      if (begin == line.npos) return;
      line.remove_prefix(begin);
      const bool named = line.starts_with('"');
      const std::size_t end = named ? 7 : line.find(')') + 1;
      result += named ? "\"var(--ink)\"" : "var(--" + variable(line.substr(0, end)) + ")";
      line.remove_prefix(end);
    }
  }

  /// "rgb(  1,   2,  10)" is "series-1".
  [[gnu::cold]] static std::string variable(std::string_view rgb) {
    const std::string_view last = rgb.substr(rgb.rfind(',') + 1);
    int role = 0;
    const std::size_t digit = (std::min)(last.find_first_not_of(' '), last.size());
    std::from_chars(last.data() + digit, last.data() + last.size(), role);
    if (role >= first_heat) return "heat-" + std::to_string(role - first_heat + 1);
    if (role >= first_series) return "series-" + std::to_string(role - first_series + 1);
    return role == frame ? "frame" : role == grid ? "grid" : role == comparison ? "comparison" : "ink";
  }

  std::string body_;
  std::string marker_color_;  // of the group that is open, as gnuplot writes it; empty for none
};

}  // namespace detail

/// What became of a figure.
struct Plot {
  enum Outcome { drawn, no_program, failed } outcome = failed;
  std::string svg = {};     ///< `<svg>` elements for wide and narrow pages, of classes "wide" and "narrow", if drawn
  std::string reason = {};  ///< in words, if it failed
};

/// Draws a figure; `alternative` is what a screen reader says. Needs the page's style sheet.
[[gnu::cold]] inline Plot draw(const Figure& figure, const std::string& alternative, const std::string& gnuplot) {
  detail::PlotScript script(figure);
  if (script.empty()) return {Plot::failed, {}, "there is no finite value to draw"};
  std::optional<ProcessResult> result;
  try {
    result = run_process({gnuplot, "-d"}, script.commands());
  } catch (const Error& error) {
    return {Plot::failed, {}, error.what()};
  }
  if (!result) return {Plot::no_program};
  if (!result->success) {
    return {Plot::failed, {}, gnuplot + ": " + result->ending + ": " + detail::last_words(result->errors)};
  }
  Plot plot{Plot::drawn};
  std::string_view output = result->output;
  for (const detail::PlotSize& size : detail::plot_sizes) {
    const std::size_t begin = output.find("<svg"), end = output.find("</svg>");
    if (begin == output.npos || end == output.npos || begin > end) {
      return {Plot::failed, {}, gnuplot + ": no SVG in what it wrote: " + detail::last_words(result->errors)};
    }
    plot.svg += std::string("<svg class=\"") + size.css_class + "\" viewBox=\"0 0 " + std::to_string(size.width) + " " +
                std::to_string(size.height) + "\" role=\"img\" aria-label=\"" + html(alternative) + "\">\n" +
                detail::SvgCleaner(output.substr(begin, end + 6 - begin)).body() + "\n";
    output.remove_prefix(end + 6);
  }
  return plot;
}

}}}  // namespace tenure::TENURE_ABI::report
