// Whether this is the build of ./dev test --asan: memory is held back there, and everything takes several times as long.
#pragma once

#ifndef __has_feature
#define __has_feature(feature) 0
#endif

inline constexpr bool kAddressSanitized = __has_feature(address_sanitizer);
