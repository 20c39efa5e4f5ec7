#include "cmd/cli/shims/message_formatter.h"

#include <bit>

#include <fmt/core.h>
#include <strings.h>

#include "cmd/cli/surface.h"
#include "wire/base/big_endian.h"

namespace cli::shims {
namespace {

// Java's Double.toString for the usual numbers: 1.0, not 1.
template <typename Number>
std::string decimal(Number number) {
  std::string text = fmt::format("{}", number);
  if (text.find_first_of(".ein") == std::string::npos) text += ".0";
  return text;
}

template <typename Number>
Number load(std::string_view bytes) {
  return wire::load_big_endian<Number>(reinterpret_cast<const uint8_t*>(bytes.data()));
}

}  // namespace

std::optional<MessageFormatter::Deserializer> MessageFormatter::deserializer_of(
    const std::string& class_name) {
  const std::string plain = class_name.substr(class_name.rfind('.') + 1);
  if (plain.empty() || plain == "StringDeserializer" || plain == "ByteArrayDeserializer" ||
      plain == "BytesDeserializer") {
    return Deserializer::kBytes;
  }
  if (plain == "ShortDeserializer") return Deserializer::kShort;
  if (plain == "IntegerDeserializer") return Deserializer::kInteger;
  if (plain == "LongDeserializer") return Deserializer::kLong;
  if (plain == "FloatDeserializer") return Deserializer::kFloat;
  if (plain == "DoubleDeserializer") return Deserializer::kDouble;
  return std::nullopt;
}

wire::Result<MessageFormatter> MessageFormatter::create(
    const std::string& formatter, const std::map<std::string, std::string>& properties) {
  MessageFormatter made;
  const std::string plain = formatter.substr(formatter.rfind('.') + 1);
  made.silent_ = plain == "NoOpMessageFormatter";
  if (!plain.empty() && !made.silent_ && plain != "DefaultMessageFormatter") {
    return wrong("The formatter " + formatter +
                 " is not part of this tool; Apache's own tool has it");
  }
  const std::pair<const char*, bool*> flags[] = {
      {"print.timestamp", &made.print_timestamp_}, {"print.key", &made.print_key_},
      {"print.value", &made.print_value_},         {"print.partition", &made.print_partition_},
      {"print.offset", &made.print_offset_},       {"print.delivery", &made.print_delivery_},
      {"print.epoch", &made.print_epoch_},         {"print.headers", &made.print_headers_}};
  for (const auto& [name, flag] : flags) {
    const auto found = properties.find(name);
    if (found != properties.end()) *flag = ::strcasecmp(found->second.c_str(), "true") == 0;
  }
  const std::pair<const char*, std::string*> texts[] = {
      {"key.separator", &made.key_separator_},
      {"line.separator", &made.line_separator_},
      {"headers.separator", &made.headers_separator_},
      {"null.literal", &made.null_literal_}};
  for (const auto& [name, text] : texts) {
    const auto found = properties.find(name);
    if (found != properties.end()) *text = found->second;
  }
  const std::pair<const char*, Deserializer*> deserializers[] = {
      {"key.deserializer", &made.key_},
      {"value.deserializer", &made.value_},
      {"headers.deserializer", &made.headers_}};
  for (const auto& [name, deserializer] : deserializers) {
    const auto found = properties.find(name);
    if (found == properties.end()) continue;
    const auto known = deserializer_of(found->second);
    if (!known) return wrong("The deserializer " + found->second + " is not known to this tool");
    *deserializer = *known;
  }
  return made;
}

void MessageFormatter::append_value(std::optional<std::string_view> bytes, Deserializer as,
                                    std::string& to) const {
  if (!bytes) {
    to += null_literal_;
    return;
  }
  constexpr size_t kSizes[] = {0, 2, 4, 8, 4, 8};
  if (as == Deserializer::kBytes || bytes->size() != kSizes[static_cast<size_t>(as)]) {
    to += *bytes;
    return;
  }
  switch (as) {
    case Deserializer::kShort:
      to += std::to_string(load<int16_t>(*bytes));
      break;
    case Deserializer::kInteger:
      to += std::to_string(load<int32_t>(*bytes));
      break;
    case Deserializer::kLong:
      to += std::to_string(load<int64_t>(*bytes));
      break;
    case Deserializer::kFloat:
      to += decimal(std::bit_cast<float>(load<uint32_t>(*bytes)));
      break;
    case Deserializer::kDouble:
      to += decimal(std::bit_cast<double>(load<uint64_t>(*bytes)));
      break;
    case Deserializer::kBytes:
      break;
  }
}

void MessageFormatter::append(const FetchedRecord& fetched, std::string& to) const {
  if (silent_) return;
  const wire::RecordView& record = fetched.record;
  // What is asked for, in Kafka's order; each is followed by the key's separator but the last.
  bool first = true;
  const auto begin = [&](bool asked) {
    if (asked && !first) to += key_separator_;
    if (asked) first = false;
    return asked;
  };
  if (begin(print_timestamp_)) {
    const bool create_time = fetched.timestamp_type == wire::TimestampType::kCreateTime;
    to += create_time ? "CreateTime:" : "LogAppendTime:";
    to += std::to_string(record.timestamp);
  }
  if (begin(print_partition_)) to += "Partition:" + std::to_string(fetched.partition.partition);
  if (begin(print_offset_)) to += "Offset:" + std::to_string(record.offset);
  if (begin(print_delivery_)) to += "Delivery:NOT_PRESENT";
  if (begin(print_epoch_)) to += "Epoch:NOT_PRESENT";
  if (begin(print_headers_)) {
    if (record.headers.empty()) to += "NO_HEADERS";
    for (const wire::RecordHeader& header : record.headers) {
      if (&header != &record.headers.front()) to += headers_separator_;
      to += header.key;
      to += ':';
      append_value(header.value, headers_, to);
    }
  }
  if (begin(print_key_)) append_value(record.key, key_, to);
  if (begin(print_value_)) append_value(record.value, value_, to);
  if (!first) to += line_separator_;
}

}  // namespace cli::shims
