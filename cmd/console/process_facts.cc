#include "cmd/console/process_facts.h"

#include <charconv>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <system_error>
#include <vector>

#include <sys/resource.h>
#include <unistd.h>

namespace console {
namespace {

std::string read_all(const char* path) {
  const std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::vector<std::string_view> split(std::string_view text) {
  std::vector<std::string_view> words;
  while (!text.empty()) {
    const size_t end = std::min(text.find_first_of(" \n"), text.size());
    if (end > 0) words.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return words;
}

uint64_t number(std::string_view word) {
  uint64_t value = 0;
  std::from_chars(word.data(), word.data() + word.size(), value);
  return value;
}

// proc(5): the fields behind the program's name, which may hold spaces and parentheses itself.
enum Field : size_t {
  kUserTicks = 11,
  kSystemTicks = 12,
  kThreads = 17,
  kStartTicks = 19,
  kVirtualBytes = 20,
  kResidentPages = 21
};

}  // namespace

std::optional<ProcessFacts> parse_process_stat(std::string_view stat, std::string_view system_stat,
                                               int64_t ticks_per_second, uint64_t page_bytes) {
  const size_t name_end = stat.rfind(") ");
  if (name_end == std::string_view::npos || ticks_per_second <= 0) return std::nullopt;
  const std::vector<std::string_view> fields = split(stat.substr(name_end + 2));
  if (fields.size() <= kResidentPages) return std::nullopt;
  const auto ticks = static_cast<double>(ticks_per_second);
  ProcessFacts facts;
  facts.cpu_seconds =
      static_cast<double>(number(fields[kUserTicks]) + number(fields[kSystemTicks])) / ticks;
  facts.threads = number(fields[kThreads]);
  facts.virtual_bytes = number(fields[kVirtualBytes]);
  facts.resident_bytes = number(fields[kResidentPages]) * page_bytes;
  constexpr std::string_view kBootTime = "btime ";
  const size_t boot = system_stat.find(kBootTime);
  if (boot == std::string_view::npos) return std::nullopt;
  const std::string_view boot_text = system_stat.substr(boot + kBootTime.size());
  facts.start_seconds = static_cast<double>(number(boot_text)) +
                        static_cast<double>(number(fields[kStartTicks])) / ticks;
  return facts;
}

std::optional<ProcessFacts> read_process_facts() {
  auto facts = parse_process_stat(read_all("/proc/self/stat"), read_all("/proc/stat"),
                                  sysconf(_SC_CLK_TCK), static_cast<uint64_t>(getpagesize()));
  if (!facts) return std::nullopt;
  std::error_code error;
  std::filesystem::directory_iterator descriptors("/proc/self/fd", error);
  for (; !error && descriptors != std::filesystem::directory_iterator();
       descriptors.increment(error))
    ++facts->open_descriptors;
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0) facts->descriptors_max = limit.rlim_cur;
  return facts;
}

}  // namespace console
