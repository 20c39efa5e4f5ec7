// How a record is printed: kcat's format strings, and JSON.
//
//   %t topic  %p partition  %o offset  %T timestamp in ms  %h headers  %k key  %K its length
//   %s value  %S its length (-1: null)  %R the same as four bytes  %% a percent sign
//   \n \r \t \\ and \xNN as in C
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cmd/cli/records/reader.h"

namespace cli {

class RecordFormat {
 public:
  // Nothing if there is an escape or a field that is none.
  static std::optional<RecordFormat> parse(std::string_view text);

  void append(const FetchedRecord& fetched, std::string& to) const;
  // What stands for a null key or value; nothing by default.
  void set_null_text(std::string text) { null_text_ = std::move(text); }

 private:
  struct Part {
    char field = 0;  // 0: literal
    std::string literal;
  };
  std::vector<Part> parts_;
  std::string null_text_;
};

// \n, \t, \xNN and so on, as a shell leaves them in a quoted argument; nothing if there is one that is
// none.
std::optional<std::string> unescape(std::string_view text);

// One line: {"topic": ..., "partition": ..., "offset": ..., "timestamp": ..., "key": ..., "value": ...,
// "headers": [{"key": ..., "value": ...}]}; without headers if there are none.
void append_json(const FetchedRecord& fetched, std::string& to);
// One line in kcat's words: "tstype", "ts", "payload", headers as a flat list.
void append_kcat_json(const FetchedRecord& fetched, std::string& to);

}  // namespace cli
