// How a line becomes a record: the properties of Kafka's LineMessageReader.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "cmd/cli/records/producer.h"

namespace cli::shims {

class LineMessageFormat {
 public:
  // parse.key, key.separator, parse.headers, headers.delimiter, headers.separator,
  // headers.key.separator, ignore.error, null.marker; others are passed over.  An error if two of the
  // separators are the same.
  static wire::Result<LineMessageFormat> create(
      const std::map<std::string, std::string>& properties);

  // INVALID_REQUEST in Kafka's words if a separator is missing; `number` counts the lines from 1.
  wire::Result<OutgoingRecord> parse(const std::string& line, int64_t number) const;

 private:
  using Headers = decltype(OutgoingRecord::headers);
  wire::Result<Headers> parse_headers(const std::string& text, int64_t number) const;
  bool is_null(const std::string& text) const { return null_marker_ && text == *null_marker_; }

  bool parse_key_ = false;
  bool parse_headers_ = false;
  bool ignore_error_ = false;
  std::string key_separator_ = "\t";
  std::string headers_delimiter_ = "\t";
  std::string headers_separator_ = ",";
  std::string headers_key_separator_ = ":";
  std::optional<std::string> null_marker_;
};

}  // namespace cli::shims
