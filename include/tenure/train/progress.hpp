/// How far a training is: a bar on a terminal, a line per epoch elsewhere.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdio>

#include "callback.hpp"

#if defined(_WIN32)
#include <io.h>
#else
#include <unistd.h>
#endif

namespace tenure { inline namespace TENURE_ABI {

/// What is printed while a training runs.
enum class Progress {
  automatic,  ///< bar on a terminal, lines elsewhere
  bar,        ///< of the running epoch with batches per second, time left and loss; its line when it is over
  lines,      ///< one per epoch
  silent,
};

/// Prints `epoch  3/20  0.41 s  loss 0.0123  val_loss 0.0145`, and while an epoch runs
/// `epoch  3/20  [=====>              ]  120/400  310 batches/s  0:01 left  loss 0.0130`.
class ProgressPrinter final : public Callback {
 public:
  explicit ProgressPrinter(Progress progress = Progress::automatic, std::FILE* stream = stdout) noexcept
      : progress_(progress), stream_(stream) {
    if (progress_ == Progress::automatic) progress_ = is_terminal(stream) ? Progress::bar : Progress::lines;
  }

  void on_epoch_begin(Training&) override { begin_ = drawn_ = Clock::now(); }

  void on_batch_end(Training& training) override {
    if (progress_ != Progress::bar) return;
    const Clock::time_point now = Clock::now();
    if (now - drawn_ < std::chrono::milliseconds(100)) return;
    drawn_ = now;
    draw(training, seconds(now - begin_));
  }

  [[gnu::cold]] void on_epoch_end(Training& training) override {
    if (progress_ == Progress::silent) return;
    std::string line = progress_ == Progress::bar ? "\r\x1b[K" : "";
    append(line, "epoch %*td/%td", width(training.epochs), training.epoch + 1, training.epochs);
    append(line, "  %.2f s", seconds(Clock::now() - begin_));
    for (const History::Series& series : training.history.series()) {
      if (series.name != "seconds") append(line, "  %s %.4g", series.name.c_str(), series.values.back());
    }
    std::fprintf(stream_, "%s\n", line.c_str());
    std::fflush(stream_);
  }

  [[gnu::cold]] void on_train_end(Training& training) override {
    if (progress_ == Progress::silent || training.history.stop == Stop::completed) return;
    std::fprintf(stream_, "%sstopped: %s\n", progress_ == Progress::bar ? "\r\x1b[K" : "",
                 training.history.reason.c_str());
    std::fflush(stream_);
  }

 private:
  using Clock = std::chrono::steady_clock;

  static double seconds(Clock::duration duration) noexcept { return std::chrono::duration<double>(duration).count(); }

  static bool is_terminal(std::FILE* stream) noexcept {
#if defined(_WIN32)
    return ::_isatty(::_fileno(stream)) != 0;
#else
    return ::isatty(::fileno(stream)) != 0;
#endif
  }

  static int width(Index number) noexcept {
    int digits = 1;
    for (; number >= 10; number /= 10) ++digits;
    return digits;
  }

  template <class... A>
  static void append(std::string& line, const char* format, A... arguments) {
    char piece[128];
    const int length = std::snprintf(piece, sizeof piece, format, arguments...);
    line.append(piece, (std::min)(static_cast<std::size_t>((std::max)(length, 0)), sizeof piece - 1));
  }

  [[gnu::cold]] void draw(const Training& training, double elapsed) const noexcept {
    constexpr int cells = 20;
    const Index done = training.batch + 1;
    const int filled = static_cast<int>(cells * done / training.batches);
    char bar[cells + 1];
    std::fill_n(bar, cells, ' ');
    std::fill_n(bar, filled, '=');
    if (filled < cells) bar[filled] = '>';
    bar[cells] = '\0';
    const double rate = static_cast<double>(done) / elapsed;
    const auto left = static_cast<Index>(static_cast<double>(training.batches - done) / rate);
    std::fprintf(stream_, "\r\x1b[Kepoch %*td/%td  [%s]  %td/%td  %.*f batches/s  %td:%02td left  loss %.4g",
                 width(training.epochs), training.epoch + 1, training.epochs, bar, done, training.batches,
                 rate < 10 ? 1 : 0, rate, left / 60, left % 60, training.loss);
    std::fflush(stream_);
  }

  Progress progress_;
  std::FILE* stream_;
  Clock::time_point begin_;
  Clock::time_point drawn_;
};

}}  // namespace tenure::TENURE_ABI
