// The program's log: one line an event, to standard error, with time and level.
//
// Client-controlled text goes through printable(): control characters escaped, cut at 128 bytes.
// Safe from any thread.
#pragma once

#include <string>
#include <string_view>

#include <fmt/core.h>

namespace wire::log {

enum class Level { kTrace, kDebug, kInfo, kWarn, kError, kOff };

void set_level(Level level);
Level level();
// Parses "trace", "debug", "info", "warn", "error" or "off" into `level`; false if it is none of
// them.
bool parse_level(std::string_view name, Level& level);

void write(Level level, fmt::string_view format, fmt::format_args args);

template <typename... Args>
void debug(fmt::format_string<Args...> format, Args&&... args) {
  if (level() <= Level::kDebug) write(Level::kDebug, format, fmt::make_format_args(args...));
}
template <typename... Args>
void info(fmt::format_string<Args...> format, Args&&... args) {
  if (level() <= Level::kInfo) write(Level::kInfo, format, fmt::make_format_args(args...));
}
template <typename... Args>
void warn(fmt::format_string<Args...> format, Args&&... args) {
  if (level() <= Level::kWarn) write(Level::kWarn, format, fmt::make_format_args(args...));
}
template <typename... Args>
void error(fmt::format_string<Args...> format, Args&&... args) {
  if (level() <= Level::kError) write(Level::kError, format, fmt::make_format_args(args...));
}

// Text from outside, made safe to show.
std::string printable(std::string_view text);

}  // namespace wire::log
