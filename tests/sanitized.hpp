/// Defines TENURE_TEST_SANITIZED under AddressSanitizer, where nothing but the kernels is optimized: for tests that would
/// take minutes there.
#pragma once

#if defined(__SANITIZE_ADDRESS__)
#define TENURE_TEST_SANITIZED
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define TENURE_TEST_SANITIZED
#endif
#endif
