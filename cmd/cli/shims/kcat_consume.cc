// kcat -C and -G: prints records, says on the standard error where a partition ends.
#include <cstdio>
#include <set>

#include <fmt/core.h>

#include "cmd/cli/interrupt.h"
#include "cmd/cli/records/format.h"
#include "cmd/cli/records/group_reader.h"
#include "cmd/cli/shims/kcat.h"
#include "cmd/cli/surface.h"

namespace cli::shims {
namespace {

// Where -o begins and, with e@, ends.
struct Range {
  StartPosition start{.kind = StartPosition::Kind::kEarliest};
  std::optional<StartPosition> end;
};

wire::Result<Range> range_of(const KcatOptions& options) {
  Range range;
  for (const std::string& text : options.offsets) {
    if (text == "stored") continue;
    const bool is_end = text.starts_with("e@");
    const auto position = parse_start(is_end ? text.substr(1) : text);
    if (!position) {
      return wrong("Invalid offset: " + text);
    }
    if (is_end) {
      range.end = *position;
    } else {
      range.start = *position;
    }
  }
  return range;
}

class Printer {
 public:
  static wire::Result<Printer> create(const KcatOptions& options) {
    Printer printer(options);
    std::string text = options.format;
    if (text.empty()) {
      // The delimiters are text already, in which % and \ mean themselves.
      printer.plain_ = !options.json;
      text = "%s";
    }
    auto format = RecordFormat::parse(text);
    if (!format) {
      return wrong("Invalid format: " + options.format);
    }
    printer.format_ = std::move(*format);
    printer.format_.set_null_text(options.empty_is_null ? "NULL" : "");
    return printer;
  }

  void show(const FetchedRecord& fetched) {
    line_.clear();
    if (options_.json) {
      append_kcat_json(fetched, line_);
    } else if (plain_) {
      const char* const null_text = options_.empty_is_null ? "NULL" : "";
      if (!options_.key_delimiter.empty()) {
        line_ += fetched.record.key.value_or(null_text);
        line_ += options_.key_delimiter;
      }
      line_ += fetched.record.value.value_or(null_text);
      line_ += options_.delimiter;
    } else {
      format_.append(fetched, line_);
    }
    std::fwrite(line_.data(), 1, line_.size(), stdout);
    ++count_;
  }
  bool enough() const { return options_.count >= 0 && count_ >= options_.count; }

 private:
  explicit Printer(const KcatOptions& options) : options_(options) {}

  const KcatOptions& options_;
  RecordFormat format_;
  bool plain_ = false;
  std::string line_;
  int64_t count_ = 0;
};

// Says once of each partition that its end has been reached, as kcat does.
class Ends {
 public:
  Ends(const KcatOptions& options, std::map<TopicPartition, wire::Offset> ends)
      : options_(options), ends_(std::move(ends)) {}

  void look(const std::map<TopicPartition, wire::Offset>& positions) {
    for (const auto& [partition, next] : positions) {
      const auto end = ends_.find(partition);
      if (end == ends_.end() || next < end->second || !reached_.insert(partition).second) continue;
      if (options_.quiet) continue;
      const bool last = options_.exit_at_end && reached_.size() == ends_.size();
      std::fflush(stdout);
      std::fprintf(stderr, "%% Reached end of topic %s [%d] at offset %lld%s\n",
                   partition.topic.c_str(), partition.partition, static_cast<long long>(next),
                   last ? ": exiting" : "");
    }
  }
  bool all_reached() const { return reached_.size() >= ends_.size(); }
  bool is_beyond(const FetchedRecord& fetched) const {
    const auto end = ends_.find(fetched.partition);
    return end != ends_.end() && fetched.record.offset >= end->second;
  }

 private:
  const KcatOptions& options_;
  const std::map<TopicPartition, wire::Offset> ends_;
  std::set<TopicPartition> reached_;
};

wire::Result<std::set<TopicPartition>> partitions_asked(Client& client,
                                                        const KcatOptions& options) {
  std::set<TopicPartition> partitions;
  for (const std::string& topic : options.topics) {
    const auto all = partitions_of(client, topic);
    if (!all.ok()) return all.error();
    if (options.partition < 0) {
      partitions.insert(all->begin(), all->end());
    } else if (all->contains({topic, options.partition})) {
      partitions.insert({topic, options.partition});
    } else {
      return wire::Error{wire::ErrorCode::kUnknownTopicOrPartition,
                         fmt::format("Topic {} has no partition {}", topic, options.partition)};
    }
  }
  return partitions;
}

wire::Status read_group(Client& client, const KcatOptions& options, const ReaderOptions& reading,
                        Printer& printer) {
  GroupReader reader(client, options.group, options.topics, {.reader = reading});
  wire::Status read;
  std::optional<Ends> ends;
  while (read.ok() && !printer.enough() && !interrupted()) {
    read = reader.poll([&](const FetchedRecord& fetched) {
      printer.show(fetched);
      return !printer.enough();
    });
    if (std::fflush(stdout) != 0) break;
    if (!options.exit_at_end || !read.ok()) continue;
    if (!ends) {
      auto found = start_offsets(client, reader.assignment(),
                                 {.kind = StartPosition::Kind::kLatest}, reading.isolation);
      if (!found.ok()) return found.error();
      ends.emplace(options, std::move(*found));
    }
    ends->look(reader.positions());
    if (ends->all_reached()) break;
  }
  const auto closed = reader.close();
  return read.ok() ? closed : read;
}

wire::Status read_partitions(Client& client, const KcatOptions& options,
                             const ReaderOptions& reading, const Range& range, Printer& printer) {
  const auto partitions = partitions_asked(client, options);
  if (!partitions.ok()) return partitions.error();
  const auto positions = start_offsets(client, *partitions, range.start, reading.isolation);
  if (!positions.ok()) return positions.error();
  auto last = start_offsets(client, *partitions,
                            range.end.value_or(StartPosition{.kind = StartPosition::Kind::kLatest}),
                            reading.isolation);
  if (!last.ok()) return last.error();
  // A time that is still to come is waited for, unless -e says not to.
  if (range.end && !options.exit_at_end) {
    const auto times = list_offsets(client, *partitions, range.end->value, reading.isolation);
    if (!times.ok()) return times.error();
    for (const auto& [partition, answer] : *times) {
      if (answer.offset == wire::kNoOffset) (*last)[partition] = INT64_MAX;
    }
  }
  Ends ends(options, std::move(*last));
  RecordReader reader(client, reading);
  reader.assign(*positions);
  const bool stops = options.exit_at_end || range.end;
  ends.look(reader.positions());
  while (!printer.enough() && !(stops && ends.all_reached()) && !interrupted()) {
    const auto polled = reader.poll([&](const FetchedRecord& fetched) {
      if (stops && ends.is_beyond(fetched)) return true;
      printer.show(fetched);
      return !printer.enough();
    });
    if (!polled.ok()) return polled;
    if (std::fflush(stdout) != 0) return {};
    if (!printer.enough()) ends.look(reader.positions());
  }
  return {};
}

}  // namespace

int kcat_consume(Client& client, const KcatOptions& options,
                 const std::map<std::string, std::string>& configs) {
  if (options.topics.empty()) return kcat_failed("-C takes -t topic");
  auto printer = Printer::create(options);
  if (!printer.ok()) return kcat_failed(printer.error().detail);
  const auto range = range_of(options);
  if (!range.ok()) return kcat_failed(range.error().detail);
  const auto text = [&](const char* name) {
    const auto found = configs.find(name);
    return found == configs.end() ? std::string() : found->second;
  };
  ReaderOptions reading;
  // librdkafka reads committed records unless it is told otherwise.
  reading.isolation = text("isolation.level") == "read_uncommitted" ? Isolation::kReadUncommitted
                                                                    : Isolation::kReadCommitted;
  const std::string reset = text("auto.offset.reset").empty() ? text("topic.auto.offset.reset")
                                                              : text("auto.offset.reset");
  const bool from_start = reset == "earliest" || reset == "smallest" || reset == "beginning";
  if (from_start) reading.reset = {.kind = StartPosition::Kind::kEarliest};
  watch_for_interrupt();
  const auto read = options.mode == 'G'
                        ? read_group(client, options, reading, *printer)
                        : read_partitions(client, options, reading, *range, *printer);
  return read.ok() ? 0 : kcat_failed(read.error().detail);
}

}  // namespace cli::shims
