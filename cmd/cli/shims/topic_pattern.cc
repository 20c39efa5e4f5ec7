#include "cmd/cli/shims/topic_pattern.h"

#include <algorithm>

#include <re2/re2.h>

namespace cli::shims {
namespace {

// Spaces and quotes around are a shell's leftovers.
std::string cleaned(std::string text) {
  std::replace(text.begin(), text.end(), ',', '|');
  std::erase(text, ' ');
  const size_t begin = text.find_first_not_of("\"'");
  if (begin == std::string::npos) return "";
  return text.substr(begin, text.find_last_not_of("\"'") - begin + 1);
}

}  // namespace

TopicPattern::TopicPattern(const std::string& text)
    : expression_(std::make_unique<re2::RE2>(cleaned(text), re2::RE2::Quiet)) {}
TopicPattern::~TopicPattern() = default;
TopicPattern::TopicPattern(TopicPattern&&) noexcept = default;
TopicPattern& TopicPattern::operator=(TopicPattern&&) noexcept = default;

bool TopicPattern::ok() const {
  return expression_->ok();
}

std::string TopicPattern::error() const {
  return expression_->error();
}

bool TopicPattern::matches(const std::string& topic) const {
  return ok() && re2::RE2::FullMatch(topic, *expression_);
}

}  // namespace cli::shims
