/// Requests over HTTP and HTTPS, by libcurl. A component: link tenure::mlflow.
///
/// libcurl rather than cpp-httplib, because its header is one of C that costs a compiler nothing where that is 9,000
/// lines of C++; because it knows proxies, certificates and .netrc as the user's system has them set; and because it
/// can be ended from another thread in the middle of a transfer.
#pragma once

#if !__has_include(<curl/curl.h>)
#error "tenure needs curl/curl.h here: add the component mlflow (target tenure::mlflow) or install libcurl"
#include <tenure_needs_curl>
#endif
#include <curl/curl.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "../../io/file.hpp"

namespace tenure { inline namespace TENURE_ABI {

/// A request got no answer: no such host, nobody there, too slow, broken off.
class ConnectionError : public Error {
  using Error::Error;
};

/// A reply is longer than is taken: asked again, the server would say the same.
class ReplyError : public Error {
  using Error::Error;
};

/// A text as a part of a URL's path: all but letters, digits and -._~ as %XX, and, where it is a path, but slashes.
[[gnu::cold]] inline std::string percent_encoded(std::string_view text, bool is_path = false) {
  static constexpr char digits[] = "0123456789ABCDEF";
  std::string encoded;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                       c == '.' || c == '_' || c == '~' || (is_path && c == '/');
    encoded += plain ? std::string(1, c) : std::string{'%', digits[byte >> 4], digits[byte & 15]};
  }
  return encoded;
}

/// An URL without the user and password that it may have (RFC 3986, section 3.2.1, and a password with an '@'): what is
/// written to files and messages.
[[gnu::cold]] inline std::string without_credentials(const std::string& url) {
  const std::size_t scheme = url.find("://"), begin = scheme == std::string::npos ? 0 : scheme + 3;
  const std::size_t end = (std::min)(url.find_first_of("/?#", begin), url.size());
  const std::size_t at = url.substr(0, end).rfind('@');
  return at == std::string::npos || at < begin ? url : url.substr(0, begin) + url.substr(at + 1);
}

/// A request of HTTP 1.1.
struct HttpRequest {
  std::string method;
  std::string url;
  std::string body = {};
  std::string file = {};  ///< its contents are the body, where a path is given
  std::string content_type = {};
};

/// What a server answered.
struct HttpReply {
  long status;
  std::string body;
};

/// How long to wait, how much to take, and as whom to ask.
struct HttpOptions {
  std::chrono::milliseconds timeout{10000};  ///< for an answer; a transfer that goes on may take longer
  std::string user = {}, password = {};      ///< for basic authentication
  std::string token = {};                    ///< for bearer authentication
  std::size_t longest_reply = 16U << 20;     ///< bytes of a reply's body, beyond which it is broken off
};

/// One connection that is kept open between requests. Used by one thread; another may cancel().
class HttpClient {
 public:
  [[gnu::cold]] explicit HttpClient(HttpOptions options) : options_(std::move(options)) {
    static const CURLcode started = ::curl_global_init(CURL_GLOBAL_DEFAULT);  // once, whichever thread is first
    handle_.reset(started == CURLE_OK ? ::curl_easy_init() : nullptr);
    if (!handle_) throw Error("libcurl can't be started");
  }

  /// @return what the server said, an error of its own too. @throws ConnectionError; ReplyError; FileError for a file
  ///   that can't be read
  [[gnu::cold]] HttpReply send(const HttpRequest& request) {
    ::curl_easy_reset(handle_.get());
    Download download{{}, options_.longest_reply};
    Upload upload{request.file.empty() ? nullptr : std::make_unique<InputFile>(request.file)};
    const Headers headers = headers_of(request);
    set_up(request, headers.get());
    set_body(request, upload);
    set(CURLOPT_WRITEFUNCTION, static_cast<curl_write_callback>(append));
    set(CURLOPT_WRITEDATA, &download);
    char reason[CURL_ERROR_SIZE] = "";
    set(CURLOPT_ERRORBUFFER, reason);
    const CURLcode code = ::curl_easy_perform(handle_.get());
    if (download.too_long) {
      throw ReplyError(without_credentials(request.url), {"a reply of at most ", options_.longest_reply, " bytes"},
                       "a longer one");
    }
    if (code != CURLE_OK) throw ConnectionError(*reason ? reason : ::curl_easy_strerror(code));
    HttpReply reply{0, std::move(download.body)};
    ::curl_easy_getinfo(handle_.get(), CURLINFO_RESPONSE_CODE, &reply.status);
    return reply;
  }

  /// Breaks off a running request within a second, and those to come.
  void cancel() noexcept { cancelled_ = true; }

 private:
  struct Cleanup {
    void operator()(CURL* handle) const noexcept { ::curl_easy_cleanup(handle); }
    void operator()(curl_slist* list) const noexcept { ::curl_slist_free_all(list); }
  };
  using Headers = std::unique_ptr<curl_slist, Cleanup>;
  struct Download {
    std::string body;
    std::size_t longest;
    bool too_long = false;
  };
  struct Upload {
    std::unique_ptr<InputFile> file;
    std::uint64_t place = 0;
  };

  static std::size_t append(char* bytes, std::size_t size, std::size_t count, void* to) noexcept {
    auto& download = *static_cast<Download*>(to);
    download.too_long = size * count > download.longest - download.body.size();
    if (download.too_long) return 0;
    try {
      download.body.append(bytes, size * count);
    } catch (...) {
      return 0;  // which ends the transfer; exceptions don't pass through C
    }
    return size * count;
  }
  static std::size_t read(char* bytes, std::size_t size, std::size_t count, void* from) noexcept {
    auto& upload = *static_cast<Upload*>(from);
    const std::uint64_t left = upload.file->size() - upload.place;
    const auto taken = static_cast<std::size_t>(std::min<std::uint64_t>(left, size * count));
    try {
      upload.file->read(upload.place, bytes, taken);
    } catch (...) {
      return CURL_READFUNC_ABORT;
    }
    upload.place += taken;
    return taken;
  }
  static int progress(void* cancelled, curl_off_t, curl_off_t, curl_off_t, curl_off_t) noexcept {
    return *static_cast<const std::atomic<bool>*>(cancelled) ? 1 : 0;
  }

  template <class Value>
  void set(CURLoption option, Value value) {
    ::curl_easy_setopt(handle_.get(), option, value);
  }

  Headers headers_of(const HttpRequest& request) const {
    Headers headers;
    const auto add = [&](const std::string& line) {
      curl_slist* longer = ::curl_slist_append(headers.get(), line.c_str());
      if (!longer) throw std::bad_alloc();
      static_cast<void>(headers.release());
      headers.reset(longer);
    };
    if (!request.content_type.empty()) add("Content-Type: " + request.content_type);
    if (!options_.token.empty()) add("Authorization: Bearer " + options_.token);
    add("Expect:");  // no waiting for leave to send
    return headers;
  }

  void set_up(const HttpRequest& request, curl_slist* headers) {
    set(CURLOPT_URL, request.url.c_str());
    set(CURLOPT_CUSTOMREQUEST, request.method.c_str());
    set(CURLOPT_HTTPHEADER, headers);
    restrict_protocols();
    set(CURLOPT_NOSIGNAL, 1L);
    set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(options_.timeout.count()));
    // Fewer than a byte a second, for so long.
    const auto stalled = std::chrono::ceil<std::chrono::seconds>(options_.timeout);
    set(CURLOPT_LOW_SPEED_LIMIT, 1L);
    set(CURLOPT_LOW_SPEED_TIME, static_cast<long>(stalled.count()));
    if (request.file.empty()) set(CURLOPT_TIMEOUT_MS, static_cast<long>(options_.timeout.count()));
    set(CURLOPT_NOPROGRESS, 0L);
    set(CURLOPT_XFERINFOFUNCTION, static_cast<curl_xferinfo_callback>(progress));
    set(CURLOPT_XFERINFODATA, &cancelled_);
    if (!options_.user.empty() && options_.token.empty()) {
      set(CURLOPT_HTTPAUTH, static_cast<long>(CURLAUTH_BASIC));
      set(CURLOPT_USERNAME, options_.user.c_str());
      set(CURLOPT_PASSWORD, options_.password.c_str());
    }
  }

  /// libcurl would read file:, and much else.
  void restrict_protocols() {
#if LIBCURL_VERSION_NUM >= 0x075500
    set(CURLOPT_PROTOCOLS_STR, "http,https");
#else
    set(CURLOPT_PROTOCOLS, static_cast<long>(CURLPROTO_HTTP | CURLPROTO_HTTPS));
#endif
  }

  void set_body(const HttpRequest& request, Upload& upload) {
    if (upload.file) {
      set(CURLOPT_UPLOAD, 1L);
      set(CURLOPT_CUSTOMREQUEST, request.method.c_str());
      set(CURLOPT_INFILESIZE_LARGE, static_cast<curl_off_t>(upload.file->size()));
      set(CURLOPT_READFUNCTION, static_cast<curl_read_callback>(read));
      set(CURLOPT_READDATA, &upload);
    } else if (request.method != "GET") {
      set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
      set(CURLOPT_POSTFIELDS, request.body.c_str());
    }
  }

  HttpOptions options_;
  std::unique_ptr<CURL, Cleanup> handle_;
  std::atomic<bool> cancelled_ = false;
};

}}  // namespace tenure::TENURE_ABI
