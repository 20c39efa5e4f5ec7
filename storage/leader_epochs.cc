#include "storage/leader_epochs.h"

#include <algorithm>
#include <iterator>

#include <fmt/core.h>

#include "storage/checkpoint_text.h"

namespace storage {

bool LeaderEpochs::assign(wire::Epoch epoch, wire::Offset start_offset) {
  if (epoch < 0 || start_offset < 0) return false;
  if (!entries_.empty() && epoch == entries_.back().epoch &&
      start_offset >= entries_.back().start_offset) {
    return false;
  }
  // An epoch without records gives way to the one that begins where it did.
  while (!entries_.empty() &&
         (entries_.back().epoch >= epoch || entries_.back().start_offset >= start_offset)) {
    entries_.pop_back();
  }
  entries_.push_back({epoch, start_offset});
  return true;
}

std::optional<wire::Epoch> LeaderEpochs::latest_epoch() const {
  if (entries_.empty()) return std::nullopt;
  return entries_.back().epoch;
}

std::optional<EpochEntry> LeaderEpochs::earliest() const {
  if (entries_.empty()) return std::nullopt;
  return entries_.front();
}

std::optional<wire::Epoch> LeaderEpochs::epoch_of(wire::Offset offset) const {
  const auto above = std::upper_bound(
      entries_.begin(), entries_.end(), offset,
      [](wire::Offset value, const EpochEntry& entry) { return value < entry.start_offset; });
  if (above == entries_.begin()) return std::nullopt;
  return std::prev(above)->epoch;
}

EpochEndOffset LeaderEpochs::end_offset_for(wire::Epoch epoch, wire::Offset log_end_offset) const {
  if (epoch == wire::kNoEpoch || entries_.empty()) return {};
  if (epoch == entries_.back().epoch) return {epoch, log_end_offset};
  const auto above = std::upper_bound(
      entries_.begin(), entries_.end(), epoch,
      [](wire::Epoch value, const EpochEntry& entry) { return value < entry.epoch; });
  if (above == entries_.end()) return {};
  // Older than anything here: it ended where our first epoch begins.
  if (above == entries_.begin()) return {epoch, above->start_offset};
  return {std::prev(above)->epoch, above->start_offset};
}

bool LeaderEpochs::truncate_from_end(wire::Offset end_offset) {
  const size_t before = entries_.size();
  while (!entries_.empty() && entries_.back().start_offset >= end_offset) entries_.pop_back();
  return entries_.size() != before;
}

bool LeaderEpochs::truncate_from_start(wire::Offset start_offset) {
  auto keep = entries_.begin();
  while (keep != entries_.end() && std::next(keep) != entries_.end() &&
         std::next(keep)->start_offset <= start_offset) {
    ++keep;
  }
  bool changed = keep != entries_.begin();
  entries_.erase(entries_.begin(), keep);
  if (!entries_.empty() && entries_.front().start_offset < start_offset) {
    entries_.front().start_offset = start_offset;
    changed = true;
  }
  return changed;
}

std::string LeaderEpochs::to_text() const {
  std::string text = checkpoint_head(entries_.size());
  for (const EpochEntry& entry : entries_) {
    fmt::format_to(std::back_inserter(text), "{} {}\n", entry.epoch, entry.start_offset);
  }
  return text;
}

wire::Result<LeaderEpochs> LeaderEpochs::parse(const wire::Bytes& text, const std::string& path) {
  const auto lines = checkpoint_lines(text.view(), path);
  if (!lines) return lines.error();
  LeaderEpochs epochs;
  for (const std::string_view line : *lines) {
    const auto words = split_words(line);
    const auto epoch = words.size() == 2 ? parse_number(words[0]) : std::nullopt;
    const auto start = words.size() == 2 ? parse_number(words[1]) : std::nullopt;
    if (!epoch || !start || *epoch < 0 || *epoch > INT32_MAX || *start < 0) {
      return malformed(path, fmt::format("the line '{}' is no epoch with its start offset", line));
    }
    epochs.assign(static_cast<wire::Epoch>(*epoch), *start);
  }
  return epochs;
}

}  // namespace storage
