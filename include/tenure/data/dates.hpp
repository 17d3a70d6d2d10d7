/// Dates and times of day in text, and the calendar of the times in Transactions: seconds since 1970-01-01 00:00 of the
/// file's own clock (civil time: no zones, no daylight saving).
///
/// All dates are of the proleptic Gregorian calendar, with years of four digits. What does not exist (30 February,
/// 24:00, second 60) is refused.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "../core/error.hpp"

namespace tenure { inline namespace TENURE_ABI {

/// How to read dates whose year comes last.
enum class DateOrder {
  month_first,  // 12/31/2011
  day_first,    // 31/12/2011
};

namespace detail {

/// Reads a text from left to right.
class DateCursor {
 public:
  explicit DateCursor(std::string_view text) noexcept : next_(text.data()), end_(next_ + text.size()) {}

  bool done() const noexcept { return next_ == end_; }
  bool peek_digit() const noexcept { return !done() && static_cast<unsigned char>(*next_ - '0') < 10; }
  /// Skips c, if it is next.
  bool skip(char c) noexcept {
    if (done() || *next_ != c) return false;
    ++next_;
    return true;
  }
  /// A number of `least` to `most` digits; -1 for anything else, a longer number included.
  int number(int least, int most) noexcept {
    int value = 0, digits = 0;
    for (; peek_digit(); ++digits, ++next_) {
      if (digits == most) return -1;
      value = 10 * value + (*next_ - '0');
    }
    return digits < least ? -1 : value;
  }

 private:
  const char* next_;
  const char* end_;
};

inline std::optional<std::chrono::sys_days> date_of(int year, int month, int day) noexcept {
  if (year < 1 || month < 1 || day < 1) return {};
  const std::chrono::year_month_day date{std::chrono::year{year}, std::chrono::month{static_cast<unsigned>(month)},
                                         std::chrono::day{static_cast<unsigned>(day)}};
  if (!date.ok()) return {};
  return std::chrono::sys_days{date};
}

/// The date at the start of a text; the cursor ends up behind it.
inline std::optional<std::chrono::sys_days> parse_date_part(DateCursor& text, DateOrder order) noexcept {
  const DateCursor start = text;
  int first = text.number(1, 2);
  const bool year_first = first < 0;
  if (year_first) {
    text = start;
    first = text.number(4, 4);
  }
  if (first < 0) {
    text = start;
    const int all = text.number(8, 8);
    return all < 0 ? std::nullopt : date_of(all / 10000, all / 100 % 100, all % 100);
  }
  const char separator = text.skip('/') ? '/' : text.skip('-') ? '-' : '.';
  if (separator == '.' && !text.skip('.')) return {};
  const int second = text.number(1, 2);
  if (!text.skip(separator)) return {};
  const int third = year_first ? text.number(1, 2) : text.number(4, 4);
  if (year_first) return date_of(first, second, third);
  return order == DateOrder::month_first ? date_of(third, first, second) : date_of(third, second, first);
}

/// Z, +hh:mm, +hhmm, +hh, or nothing.
inline bool skip_zone(DateCursor& text) noexcept {
  if (text.skip('Z') || text.done()) return true;
  if (!text.skip('+') && !text.skip('-')) return false;
  const DateCursor start = text;
  int hours = text.number(2, 2), minutes = 0;
  if (hours < 0) {
    text = start;
    const int both = text.number(4, 4);
    hours = both < 0 ? -1 : both / 100;
    minutes = both % 100;
  } else if (text.skip(':')) {
    minutes = text.number(2, 2);
  }
  return hours >= 0 && hours <= 23 && minutes >= 0 && minutes <= 59;
}

/// The rest of a text after the date, as seconds of the day.
inline std::optional<std::int64_t> parse_clock_part(DateCursor& text) noexcept {
  if (text.done()) return 0;
  if (!text.skip('T') && !text.skip(' ')) return {};
  const int hour = text.number(1, 2);
  if (!text.skip(':')) return {};
  const int minute = text.number(2, 2);
  int second = 0;
  if (text.skip(':')) {
    second = text.number(2, 2);
    if (text.skip('.') && text.number(1, 9) < 0) return {};
  }
  if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59) return {};
  if (!skip_zone(text) || !text.done()) return {};
  return 3600 * hour + 60 * minute + second;
}

}  // namespace detail

/// Seconds since 1970-01-01 00:00 for a date or a date and a time of day:
///
///     12/9/2011, 12/9/2011 8:26, 12/9/2011 8:26:30      month first, or day first where `order` says so
///     2011-12-09, 2011-12-09T08:26:30, 2011/12/9 8:26   ISO 8601 and its relatives
///     20111209                                          ISO 8601, basic
///
/// `-` and `.` may take the place of `/`, and zeros may stand before days, months and hours of one digit.
/// A fraction of a second is dropped. `Z` or an offset (+01:00, +0100, +01) is checked, then dropped: the time is what
/// the clock on the wall said. Nothing for any other text.
inline std::optional<std::int64_t> parse_time(std::string_view text,
                                              DateOrder order = DateOrder::month_first) noexcept {
  detail::DateCursor cursor(text);
  const auto day = detail::parse_date_part(cursor, order);
  if (!day) return {};
  const auto clock = detail::parse_clock_part(cursor);
  if (!clock) return {};
  return std::int64_t{86400} * day->time_since_epoch().count() + *clock;
}

/// As parse_time() without a time of day. @throws ValueError that names `name`: "--cutoff: expected a date ..., got
/// '...'"
[[gnu::cold]] inline std::chrono::sys_days parse_date(std::string_view text, std::string_view name,
                                                      DateOrder order = DateOrder::month_first) {
  detail::DateCursor cursor(text);
  const auto day = detail::parse_date_part(cursor, order);
  if (!day || !cursor.done()) {
    throw ValueError(name, "a date that exists, as 2011-12-09 or 12/9/2011", {"'", text, "'"});
  }
  return *day;
}

/// Midnight at the start of a day.
constexpr std::int64_t time_of(std::chrono::sys_days day) noexcept {
  return std::int64_t{86400} * day.time_since_epoch().count();
}

/// The day that a time lies in.
constexpr std::chrono::sys_days day_of(std::int64_t time) noexcept {
  return std::chrono::floor<std::chrono::days>(std::chrono::sys_seconds{std::chrono::seconds{time}});
}

/// Months since January 1970, for arithmetic: 0 for all of January 1970, 1 for February.
constexpr int month_index(std::chrono::sys_days day) noexcept {
  const std::chrono::year_month_day date{day};
  return 12 * (static_cast<int>(date.year()) - 1970) + static_cast<int>(static_cast<unsigned>(date.month())) - 1;
}

/// The first day of a month by its month_index().
constexpr std::chrono::sys_days month_start(int index) noexcept {
  const std::chrono::year_month january{std::chrono::year{1970}, std::chrono::January};
  return std::chrono::sys_days{(january + std::chrono::months{index}) / std::chrono::day{1}};
}

/// The same day of a later (or, below zero, earlier) month, or its last day where it is shorter: a month after
/// 31 January is 28 February.
constexpr std::chrono::sys_days add_months(std::chrono::sys_days day, int months) noexcept {
  const std::chrono::year_month_day date{day};
  const auto month = std::chrono::year_month{date.year(), date.month()} + std::chrono::months{months};
  const auto last = (month / std::chrono::last).day();
  return std::chrono::sys_days{month / (date.day() < last ? date.day() : last)};
}

/// 0 for Monday to 6 for Sunday, as in ISO 8601 and pandas.
constexpr int weekday(std::chrono::sys_days day) noexcept {
  return static_cast<int>(std::chrono::weekday{day}.iso_encoding()) - 1;
}

/// "2011-12-09"
inline std::string format_date(std::chrono::sys_days day) {
  const std::chrono::year_month_day date{day};
  const auto year = static_cast<unsigned>(static_cast<int>(date.year()));
  const auto month = static_cast<unsigned>(date.month()), of_month = static_cast<unsigned>(date.day());
  std::string text = "0000-00-00";
  for (unsigned place = 4, rest = year; place-- > 0; rest /= 10) text[place] = static_cast<char>('0' + rest % 10);
  text[5] = static_cast<char>('0' + month / 10);
  text[6] = static_cast<char>('0' + month % 10);
  text[8] = static_cast<char>('0' + of_month / 10);
  text[9] = static_cast<char>('0' + of_month % 10);
  return text;
}

/// "2011-12": a month by its month_index().
[[gnu::cold]] inline std::string format_month(int index) { return format_date(month_start(index)).substr(0, 7); }

/// "2011_12_09", as names of files have it; "2011_12" in its first seven characters.
inline std::string underscored_date(std::chrono::sys_days day) {
  std::string text = format_date(day);
  std::replace(text.begin(), text.end(), '-', '_');
  return text;
}

/// "2011-12-09 08:26:00"
inline std::string format_time(std::int64_t time) {
  const std::chrono::sys_days day = day_of(time);
  const auto second = static_cast<unsigned>(time - time_of(day));
  const unsigned parts[3] = {second / 3600, second / 60 % 60, second % 60};
  std::string text = format_date(day) + " 00:00:00";
  for (unsigned i = 0; i < 3; ++i) {
    text[11 + 3 * i] = static_cast<char>('0' + parts[i] / 10);
    text[12 + 3 * i] = static_cast<char>('0' + parts[i] % 10);
  }
  return text;
}

/// "12/9/2011 8:26", Online Retail's form: month first, seconds dropped.
inline std::string format_time_of_online_retail(std::int64_t time) {
  const std::chrono::sys_days day = day_of(time);
  const std::chrono::year_month_day date{day};
  const std::int64_t minute = (time - time_of(day)) / 60;
  return std::to_string(static_cast<unsigned>(date.month())) + '/' + std::to_string(static_cast<unsigned>(date.day())) +
         '/' + std::to_string(static_cast<int>(date.year())) + ' ' + std::to_string(minute / 60) +
         (minute % 60 < 10 ? ":0" : ":") + std::to_string(minute % 60);
}

}}  // namespace tenure::TENURE_ABI
