/// Sends a run's operations to an MLflow server in the background, and keeps on disk what does not get there. A
/// component: link tenure::mlflow.
///
/// A thread takes operations in turn, as many numbers and texts together as MLflow takes in a request. Where there is
/// no answer, or one that says to try later, it tries again and again, ever more seldom; from then on all that waits
/// stands in a file, so that not even a crash loses it, and the file goes when all was sent. What is refused is set
/// aside in it.
/// @see Unsent for the file
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <set>
#include <thread>

#include "../../io/file.hpp"
#include "rest_api.hpp"
#include "unsent.hpp"

namespace tenure { inline namespace TENURE_ABI { namespace mlflow {

/// How to send, and where to keep what could not be sent.
struct SenderOptions {
  HttpOptions http = {};
  std::string unsent;                                 ///< the file for what could not be sent
  std::chrono::milliseconds patience{5000};           ///< for which close() waits until all was sent
  std::chrono::milliseconds retry{500};               ///< before the second try; twice as long before each that follows
  std::chrono::milliseconds longest_retry{30000};     ///< but no longer
  std::function<void(const std::string&)> warn = {};  ///< called from any thread
};

namespace detail {

/// Whether the next operation may go in the same request, in which there are so many bytes with it.
[[gnu::cold]] inline bool fits(const Operation& batch, const Operation& next, std::size_t bytes) {
  const auto together = [&](auto member) { return (batch.*member).size() + (next.*member).size(); };
  const std::size_t metrics = together(&Operation::metrics), params = together(&Operation::params),
                    tags = together(&Operation::tags);
  return batch.kind == Operation::batch && next.kind == Operation::batch && metrics <= most_metrics &&
         params <= most_params && tags <= most_tags && metrics + params + tags <= most_entries && bytes <= most_bytes;
}

[[gnu::cold]] inline void append(Operation& batch, const Operation& next) {
  batch.metrics.insert(batch.metrics.end(), next.metrics.begin(), next.metrics.end());
  batch.params.insert(batch.params.end(), next.params.begin(), next.params.end());
  batch.tags.insert(batch.tags.end(), next.tags.begin(), next.tags.end());
}

/// Copies what goes into the next request to `batch`. @return of how many operations it is
[[gnu::cold]] inline std::size_t take(const std::deque<Operation>& queue, bool one_by_one, Operation& batch) {
  batch = queue.front();
  std::size_t count = 1, bytes = bytes_of(batch);
  while (!one_by_one && count < queue.size()) {
    bytes += bytes_of(queue[count]);
    if (!fits(batch, queue[count], bytes)) break;
    append(batch, queue[count++]);
  }
  return count;
}

/// Replaces the first operation by its halves, to find out what in it is refused. @return false for one that has none
[[gnu::cold]] inline bool halve(std::deque<Operation>& queue) {
  Operation second;
  const auto move_half = [&](auto member) {
    auto& entries = queue.front().*member;
    const auto middle = entries.begin() + static_cast<std::ptrdiff_t>((entries.size() + 1) / 2);
    (second.*member).assign(middle, entries.end());
    entries.erase(middle, entries.end());
  };
  const auto count = [](const Operation& of) { return of.metrics.size() + of.params.size() + of.tags.size(); };
  if (queue.front().kind != Operation::batch || count(queue.front()) < 2) return false;
  move_half(&Operation::metrics);
  move_half(&Operation::params);
  move_half(&Operation::tags);
  if (count(second) == 0) {  // one of each kind, at most
    second.tags = std::exchange(queue.front().tags, {});
    if (count(queue.front()) > 1) second.params = std::exchange(queue.front().params, {});
  }
  queue.insert(queue.begin() + 1, std::move(second));
  return true;
}

}  // namespace detail

/// @see the top of this file
class Sender final : public Sink {
 public:
  /// @throws FileError where the file for what is not sent could not be written
  [[gnu::cold]] Sender(const std::string& url, RunDescription run, SenderOptions options)
      : options_(std::move(options)), server_(url, std::move(run), options_.http) {
    const std::filesystem::path directory = std::filesystem::absolute(options_.unsent).parent_path();
    if (::access(directory.c_str(), W_OK) != 0) tenure::detail::throw_file_error(options_.unsent, "write");
    thread_ = std::thread([this] { run_thread(); });
  }
  Sender(const Sender&) = delete;
  Sender& operator=(const Sender&) = delete;
  [[gnu::cold]] ~Sender() override { Sender::close(); }

  [[gnu::cold]] void push(Operation operation) override {
    const std::lock_guard lock(mutex_);
    queue_.push_back(std::move(operation));
    if (kept_) keep_last();
    wake_.notify_all();
  }

  [[gnu::cold]] void close() override {
    if (!thread_.joinable()) return;
    std::unique_lock lock(mutex_);
    closing_ = true;
    wake_.notify_all();
    done_.wait_for(lock, options_.patience, [this] { return ended_; });
    giving_up_ = true;
    server_.cancel();
    wake_.notify_all();
    lock.unlock();
    thread_.join();
    if (queue_.empty() && refused_.empty()) return;
    keep_all();
    say(std::to_string(queue_.size() + refused_.size()) + " entries did not get to " +
        without_credentials(server_.url()) + "; they are in " + options_.unsent + ", and `tenure-runs send " +
        options_.unsent + "` sends them");
  }

  /// How many operations wait or were refused.
  std::size_t unsent() const {
    const std::lock_guard lock(mutex_);
    return queue_.size() + refused_.size();
  }

 private:
  void run_thread() {
    std::unique_lock lock(mutex_);
    while (!giving_up_ && !halted_) {
      wake_.wait(lock, [this] { return !queue_.empty() || closing_; });
      if (queue_.empty()) break;
      const std::size_t count = detail::take(queue_, one_by_one_, current_);
      lock.unlock();
      const Outcome outcome = try_to_send();
      lock.lock();
      note(outcome, count, lock);
    }
    ended_ = true;
    done_.notify_all();
  }

  static constexpr int most_failures_at_end = 4;  // in succession, for nobody should wait for a server that is away

  enum Outcome { sent, failed, refused, invalid };

  Outcome try_to_send() {
    try {
      server_.apply(current_);
      return sent;
    } catch (const ConnectionError& error) {
      reason_ = error.what();
      return failed;
    } catch (const RefusedError& error) {
      reason_ = error.what();
      return error.for_contents() ? invalid : refused;
    } catch (const std::exception& error) {
      reason_ = error.what();
      return refused;
    }
  }

  /// What follows from it; the lock is held, but not while waiting.
  void note(Outcome outcome, std::size_t count, std::unique_lock<std::mutex>& lock) {
    const auto end = queue_.begin() + static_cast<std::ptrdiff_t>(count);
    if (outcome == sent) {
      queue_.erase(queue_.begin(), end);
      delay_ = options_.retry;
      failures_at_end_ = 0;
      if (queue_.empty()) forget();
    } else if (outcome == failed) {
      if (!giving_up_)
        say_once("MLflow: " + reason_ + "; the training goes on, and what is logged waits in " + options_.unsent);
      if (!kept_) keep_all();
      wake_.wait_for(lock, closing_ ? (std::min)(delay_, options_.retry) : delay_,
                     [this, was = closing_] { return giving_up_ || closing_ != was; });
      delay_ = (std::min)(2 * delay_, options_.longest_retry);
      if (closing_ && ++failures_at_end_ == most_failures_at_end) giving_up_ = true;
    } else if (server_.run_id().empty()) {
      say("MLflow: " + reason_ + "; the training goes on, and what is logged is kept in " + options_.unsent);
      halted_ = true;  // nothing can be told of a run that is refused
      keep_all();
    } else if (count > 1 || (outcome == invalid && detail::halve(queue_))) {
      one_by_one_ = true;  // to find out which of them is refused
    } else {
      if (refusals_.insert(reason_).second) say("MLflow: " + reason_ + "; it is kept in " + options_.unsent);
      refused_.push_back(queue_.front());
      queue_.pop_front();
      one_by_one_ = false;
      keep_all();
    }
  }

  void say(const std::string& what) {
    if (options_.warn) options_.warn(what);
  }
  void say_once(const std::string& what) {
    if (!std::exchange(warned_, true)) say(what);
  }

  /// Nothing waits any more: the file goes, unless there is something in it that was refused.
  void forget() {
    if (!kept_ || !refused_.empty()) return;
    kept_ = false;
    ::unlink(options_.unsent.c_str());
    if (std::exchange(warned_, false)) say("MLflow: the server answers again, and all that waited was sent");
  }

  void keep_all() {
    kept_ = true;
    Unsent unsent{server_.url(), server_.run(), server_.run_id(), refused_};
    unsent.operations.insert(unsent.operations.end(), queue_.begin(), queue_.end());
    try {
      unsent.write(options_.unsent);
    } catch (const Error& error) {
      say(error.what());
    }
  }
  void keep_last() {
    try {
      AppendedFile(options_.unsent).write(Unsent::line_of(queue_.back(), options_.unsent));
    } catch (const Error& error) {
      say_once(error.what());
    }
  }

  SenderOptions options_;
  Server server_;  // the thread's
  mutable std::mutex mutex_;
  std::condition_variable wake_, done_;
  std::deque<Operation> queue_;    // the first is being sent
  std::deque<Operation> refused_;  // never to be sent again by this
  std::chrono::milliseconds delay_ = options_.retry;
  bool closing_ = false, giving_up_ = false, halted_ = false, ended_ = false;
  bool kept_ = false;  // the file has all that waits, and perhaps what was sent since
  bool warned_ = false, one_by_one_ = false;
  int failures_at_end_ = 0;
  std::set<std::string> refusals_;  // the reasons that were said
  Operation current_;               // the thread's
  std::string reason_;              // why it was not sent; the thread's
  std::thread thread_;
};

/// Where what waits in a file goes, and what of it may be read.
struct SendOptions {
  HttpOptions http = {};
  std::string url = {};  ///< another server than that of the file
  /// The server that the user works with: without `url`, user, password and token of `http` go to no other.
  std::string known_url = {};
  std::vector<std::string> directories = {};  ///< whose files may be sent, beside those of the file's own
};

namespace detail {

/// The file's server, which a stranger may have named. @throws ValueError where it would be told who the user is
[[gnu::cold]] inline std::string server_of(const Unsent& unsent, const SendOptions& options) {
  if (!options.url.empty()) return options.url;
  const auto trimmed = [](std::string url) {
    url = without_credentials(url);
    while (url.ends_with('/')) url.pop_back();
    return url;
  };
  const bool known = !options.known_url.empty() && trimmed(options.known_url) == trimmed(unsent.url);
  const HttpOptions& http = options.http;
  if (!known && !(http.user.empty() && http.password.empty() && http.token.empty())) {
    throw ValueError("MLflow", "to be told the server that may have the user's name, password or token (--mlflow)",
                     {"none but the file's, ", without_credentials(unsent.url)});
  }
  return known ? options.known_url : unsent.url;
}

}  // namespace detail

/// Sends what waits in a file, which goes when all was sent and otherwise holds the rest. @return how many operations
/// were sent
/// @throws FileError for a file that is none, or that names files elsewhere; ValueError where the server is not known
///   that may have a password or a token; ConnectionError where the server does not answer; RefusedError where it
///   refused something, after all else was sent
[[gnu::cold]] inline std::size_t send_unsent(const std::string& path, const SendOptions& options) {
  Unsent unsent = Unsent::read(path, options.directories);
  const std::string url = detail::server_of(unsent, options);
  if (!options.url.empty() && url != unsent.url) unsent.run_id.clear();
  unsent.url = url;
  Server server(unsent.url, unsent.run, options.http);
  server.resume(unsent.run_id);
  std::deque<Operation>& queue = unsent.operations;
  std::deque<Operation> refused;
  std::string reason;
  std::size_t sent = 0;
  bool one_by_one = false;
  const auto keep_rest = [&] {
    unsent.run_id = server.run_id();
    queue.insert(queue.begin(), refused.begin(), refused.end());
    unsent.write(path);
  };
  Operation batch;
  while (!queue.empty()) {
    const std::size_t count = detail::take(queue, one_by_one, batch);
    try {
      server.apply(batch);
      queue.erase(queue.begin(), queue.begin() + static_cast<std::ptrdiff_t>(count));
      sent += count;
    } catch (const Error& error) {
      if (dynamic_cast<const ConnectionError*>(&error) || server.run_id().empty()) {
        keep_rest();
        throw;
      }
      const auto* refusal = dynamic_cast<const RefusedError*>(&error);
      // To find out which of them is refused.
      one_by_one = count > 1 || (refusal && refusal->for_contents() && detail::halve(queue));
      if (one_by_one) continue;
      if (reason.empty()) reason = error.what();
      refused.push_back(queue.front());
      queue.pop_front();
    }
  }
  if (!refused.empty()) {
    keep_rest();
    throw RefusedError(reason + "; " + std::to_string(refused.size()) + " entries stay in " + path);
  }
  ::unlink(path.c_str());
  return sent;
}

}}}  // namespace tenure::TENURE_ABI::mlflow
