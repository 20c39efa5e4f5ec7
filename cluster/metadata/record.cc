#include "cluster/metadata/record.h"

#include <array>
#include <string>

#include "wire/base/varint.h"
#include "wire/reader.h"
#include "wire/writer.h"

namespace cluster::metadata {

namespace {

constexpr uint32_t kFrameVersion = 1;

wire::Error unreadable(std::string detail) {
  return {wire::ErrorCode::kUnknownServerError, "metadata record: " + std::move(detail)};
}

// Takes an unsigned varint off the front of `frame`; false if it is cut off.
bool take_varint(wire::Bytes& frame, uint32_t& value) {
  const uint8_t* end = wire::get_unsigned_varint(frame.begin(), frame.end(), value);
  if (end == nullptr) return false;
  frame = frame.slice(static_cast<size_t>(end - frame.begin()));
  return true;
}

template <typename Message>
wire::Result<MetadataRecord> decode_body(const wire::Bytes& body, int16_t version) {
  if (version < Message::kMinVersion || version > Message::kMaxVersion) {
    return unreadable("version " + std::to_string(version) + " of " + std::string(Message::kName) +
                      " is unknown");
  }
  wire::Reader reader(body);
  Message message;
  message.decode(reader, version);
  if (!reader.ok()) return unreadable(std::string(Message::kName) + " does not parse");
  if (reader.remaining() != 0) {
    return unreadable(std::to_string(reader.remaining()) + " bytes are left after a " +
                      std::string(Message::kName));
  }
  return MetadataRecord{std::move(message), version};
}

template <size_t kIndex = 0>
wire::Result<MetadataRecord> decode_as(uint32_t key, const wire::Bytes& body, int16_t version) {
  if constexpr (kIndex == std::variant_size_v<RecordMessage>) {
    return unreadable("key " + std::to_string(key) + " is unknown");
  } else {
    using Message = std::variant_alternative_t<kIndex, RecordMessage>;
    if (static_cast<uint32_t>(Message::kApiKey) == key) return decode_body<Message>(body, version);
    return decode_as<kIndex + 1>(key, body, version);
  }
}

}  // namespace

wire::Bytes encode_record(const MetadataRecord& record) {
  return std::visit(
      [&](const auto& message) {
        using Message = std::decay_t<decltype(message)>;
        wire::Writer writer;
        message.encode(writer, record.version);
        const wire::Bytes body = writer.take_contiguous();

        std::array<uint8_t, 3 * wire::kMaxVarintSize> head{};
        uint8_t* end = wire::put_unsigned_varint(head.data(), kFrameVersion);
        end = wire::put_unsigned_varint(end, static_cast<uint64_t>(Message::kApiKey));
        end = wire::put_unsigned_varint(end, static_cast<uint64_t>(record.version));
        std::string frame(reinterpret_cast<const char*>(head.data()),
                          static_cast<size_t>(end - head.data()));
        frame.append(body.view());
        return wire::Bytes::adopt(std::move(frame));
      },
      record.message);
}

wire::Result<MetadataRecord> decode_record(const wire::Bytes& frame) {
  wire::Bytes rest = frame;
  uint32_t frame_version = 0;
  uint32_t key = 0;
  uint32_t version = 0;
  if (!take_varint(rest, frame_version)) return unreadable("no frame version");
  if (frame_version != kFrameVersion) {
    return unreadable("frame version " + std::to_string(frame_version) + " is unknown");
  }
  if (!take_varint(rest, key)) return unreadable("no key");
  if (!take_varint(rest, version)) return unreadable("no version");
  if (version > INT16_MAX) return unreadable("version " + std::to_string(version));
  return decode_as(key, rest, static_cast<int16_t>(version));
}

}  // namespace cluster::metadata
