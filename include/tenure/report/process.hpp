/// Running another program, without a shell. POSIX.
#pragma once

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include "../core/error.hpp"

namespace tenure { inline namespace TENURE_ABI { namespace report {

/// What a program left behind.
struct ProcessResult {
  bool success = false;  ///< it ended by itself, with exit status 0
  std::string ending;    ///< in words: "exit status 1", "signal 9", "no end after 60 s"
  std::string output;
  std::string errors;
};

namespace detail {

/// Standard input, output or errors of a program: an unnamed file, which takes all that is written whether or not
/// anybody reads, so that neither program waits for the other.
class StandardStream {
 public:
  [[gnu::cold]] explicit StandardStream(const std::string& content = {}) : file_(above_two(std::tmpfile())) {
    const bool written = file_ && std::fwrite(content.data(), 1, content.size(), file_.get()) == content.size() &&
                         std::fflush(file_.get()) == 0;
    if (!written) throw Error("process", "a temporary file", std::generic_category().message(errno));
    std::rewind(file_.get());
    ::fcntl(descriptor(), F_SETFD, FD_CLOEXEC);
  }

  int descriptor() const noexcept { return ::fileno(file_.get()); }

  [[gnu::cold]] std::string content() const {
    std::string text;
    char buffer[4096];
    std::rewind(file_.get());
    while (const std::size_t count = std::fread(buffer, 1, sizeof buffer, file_.get())) text.append(buffer, count);
    return text;
  }

 private:
  struct Close {
    void operator()(std::FILE* file) const noexcept { std::fclose(file); }
  };

  /// The file with another descriptor where it has one of the standard streams', which the program was started without:
  /// what it prints would get into the file.
  static std::FILE* above_two(std::FILE* file) noexcept {
    if (!file || ::fileno(file) > 2) return file;
    const int number = ::fcntl(::fileno(file), F_DUPFD_CLOEXEC, 3);
    std::fclose(file);
    return number < 0 ? nullptr : ::fdopen(number, "w+");
  }

  std::unique_ptr<std::FILE, Close> file_;
};

struct SpawnActions {
  SpawnActions() noexcept { ::posix_spawn_file_actions_init(&actions); }
  SpawnActions(const SpawnActions&) = delete;
  ~SpawnActions() { ::posix_spawn_file_actions_destroy(&actions); }
  posix_spawn_file_actions_t actions;
};

/// Waits for a child to end, and ends it when the time is over.
[[gnu::cold]] inline void wait_for(::pid_t child, std::chrono::milliseconds limit, ProcessResult& result) {
  const auto deadline = std::chrono::steady_clock::now() + limit;
  int status = 0;
  for (bool killed = false;;) {
    const ::pid_t ended = ::waitpid(child, &status, killed ? 0 : WNOHANG);
    if (ended < 0 && errno != EINTR) throw Error("process", "to await it", std::generic_category().message(errno));
    if (ended == child) break;
    if (!killed && std::chrono::steady_clock::now() > deadline) {
      result.ending = "no end after " + std::to_string(limit.count()) + " ms";
      killed = ::kill(child, SIGKILL) == 0;
    }
    if (!killed) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  if (!result.ending.empty()) return;
  result.success = WIFEXITED(status) && WEXITSTATUS(status) == 0;
  result.ending = WIFEXITED(status) ? "exit status " + std::to_string(WEXITSTATUS(status))
                                    : "signal " + std::to_string(WTERMSIG(status));
}

}  // namespace detail

/// Runs a program, found as execvp() finds it, with `input` as its standard input.
/// @return nothing when there is no such program @throws Error when it can't be run for another reason
[[gnu::cold]] inline std::optional<ProcessResult> run_process(
    std::vector<std::string> command, const std::string& input,
    std::chrono::milliseconds limit = std::chrono::seconds(60)) {
  const detail::StandardStream in(input), out, errors;
  std::vector<char*> arguments;
  for (std::string& argument : command) arguments.push_back(argument.data());
  arguments.push_back(nullptr);
  detail::SpawnActions spawn;
  ::posix_spawn_file_actions_adddup2(&spawn.actions, in.descriptor(), STDIN_FILENO);
  ::posix_spawn_file_actions_adddup2(&spawn.actions, out.descriptor(), STDOUT_FILENO);
  ::posix_spawn_file_actions_adddup2(&spawn.actions, errors.descriptor(), STDERR_FILENO);
  ::pid_t child = 0;
  const int error = ::posix_spawnp(&child, arguments[0], &spawn.actions, nullptr, arguments.data(), ::environ);
  if (error == ENOENT) return {};
  if (error != 0) throw Error(command[0], "to be able to run it", std::generic_category().message(error));
  ProcessResult result;
  detail::wait_for(child, limit, result);
  result.output = out.content();
  result.errors = errors.content();
  return result;
}

}}}  // namespace tenure::TENURE_ABI::report
