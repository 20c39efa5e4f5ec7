#include "cmd/cli/properties_text.h"

#include <string_view>

namespace cli {
namespace {

// What a reader would take for an end, a separator or an escape.
void append_escaped(std::string& out, std::string_view text, bool is_key) {
  for (size_t i = 0; i < text.size(); ++i) {
    switch (const char c = text[i]; c) {
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\t':
        out += "\\t";
        break;
      case '\f':
        out += "\\f";
        break;
      default: {
        const bool separates = is_key && std::string_view("=: ").find(c) != std::string_view::npos;
        const bool begins_comment = is_key && i == 0 && (c == '#' || c == '!');
        // Blanks at the beginning would not belong to the value.
        if (c == '\\' || separates || begins_comment || (c == ' ' && i == 0)) out.push_back('\\');
        out.push_back(c);
      }
    }
  }
}

}  // namespace

std::string format_properties(const cluster::config::Properties& properties) {
  std::string text;
  for (const auto& [key, value] : properties) {
    append_escaped(text, key, true);
    text.push_back('=');
    append_escaped(text, value, false);
    text.push_back('\n');
  }
  return text;
}

}  // namespace cli
