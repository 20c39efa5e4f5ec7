// Kafka's 16-byte id of topics, directories and clusters: base64url without padding in text, two
// big-endian longs on the wire.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "wire/base/random.h"

namespace wire {

struct Uuid {
  uint64_t most_significant = 0;
  uint64_t least_significant = 0;

  // A version-4 uuid whose text does not begin with '-' (it would read as an option on a command
  // line) and is not reserved.
  static Uuid random(Random& random);
  // Parses the 22 characters of the text form; nothing if it is not one.
  static std::optional<Uuid> parse(std::string_view text);
  std::string to_string() const;

  bool is_zero() const { return most_significant == 0 && least_significant == 0; }
  // Ids (0, 0..99) name special things (the metadata topic, lost and unassigned directories).
  bool is_reserved() const { return most_significant == 0 && least_significant < 100; }

  auto operator<=>(const Uuid&) const = default;
};

inline constexpr Uuid kZeroUuid{};
inline constexpr Uuid kMetadataTopicId{0, 1};      // topic id of __cluster_metadata
inline constexpr Uuid kUnassignedDirectory{0, 1};  // KIP-858
inline constexpr Uuid kLostDirectory{0, 2};
inline constexpr Uuid kMigratingDirectory{0, 0};

}  // namespace wire

template <>
struct std::hash<wire::Uuid> {
  size_t operator()(const wire::Uuid& id) const noexcept {
    return static_cast<size_t>(id.most_significant * 0x9E3779B97F4A7C15 ^ id.least_significant);
  }
};
