// A regular expression over topic names, as Kafka's tools take them: commas divide alternatives.
#pragma once

#include <memory>
#include <string>

namespace re2 {
class RE2;
}

namespace cli::shims {

class TopicPattern {
 public:
  explicit TopicPattern(const std::string& text);
  ~TopicPattern();
  TopicPattern(TopicPattern&&) noexcept;
  TopicPattern& operator=(TopicPattern&&) noexcept;

  bool ok() const;
  std::string error() const;
  // The whole name; never if !ok().
  bool matches(const std::string& topic) const;

 private:
  std::unique_ptr<re2::RE2> expression_;
};

}  // namespace cli::shims
