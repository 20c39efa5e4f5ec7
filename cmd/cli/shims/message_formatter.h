// How the console consumer prints a record: the properties of Kafka's DefaultMessageFormatter.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "cmd/cli/records/reader.h"

namespace cli::shims {

class MessageFormatter {
 public:
  // `formatter`: a class of Kafka's, or empty for the default.  INVALID_REQUEST in one sentence for a
  // formatter or deserializer that is not known here.
  static wire::Result<MessageFormatter> create(
      const std::string& formatter, const std::map<std::string, std::string>& properties);

  void append(const FetchedRecord& fetched, std::string& to) const;

 private:
  enum class Deserializer { kBytes, kShort, kInteger, kLong, kFloat, kDouble };
  static std::optional<Deserializer> deserializer_of(const std::string& class_name);
  // What the bytes are as text.
  void append_value(std::optional<std::string_view> bytes, Deserializer as, std::string& to) const;

  bool silent_ = false;
  bool print_timestamp_ = false;
  bool print_key_ = false;
  bool print_value_ = true;
  bool print_partition_ = false;
  bool print_offset_ = false;
  bool print_delivery_ = false;
  bool print_epoch_ = false;
  bool print_headers_ = false;
  std::string key_separator_ = "\t";
  std::string line_separator_ = "\n";
  std::string headers_separator_ = ",";
  std::string null_literal_ = "null";
  Deserializer key_ = Deserializer::kBytes;
  Deserializer value_ = Deserializer::kBytes;
  Deserializer headers_ = Deserializer::kBytes;
};

}  // namespace cli::shims
