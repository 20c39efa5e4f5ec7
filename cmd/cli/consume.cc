// `odradek consume`: prints the records of topics, alone or as a member of a group.
#include <cstdio>
#include <memory>
#include <set>

#include <CLI/CLI.hpp>

#include "cmd/cli/cli.h"
#include "cmd/cli/interrupt.h"
#include "cmd/cli/records/format.h"
#include "cmd/cli/records/group_reader.h"
#include "cmd/cli/surface.h"

namespace cli {
namespace {

struct ConsumeOptions {
  Surface surface;
  std::vector<std::string> topics;
  std::string group;
  std::string offset;
  std::string format;
  std::string isolation = "read_uncommitted";
  int32_t partition = -1;
  int64_t count = -1;
  bool from_beginning = false;
  bool exit_at_end = false;
  bool keys = false;
  bool offsets = false;
};

// Prints records until there have been enough of them, or the end that was there at the start.
class Printer {
 public:
  static wire::Result<Printer> create(const ConsumeOptions& options) {
    Printer printer(options);
    if (options.format == "json") {
      printer.json_ = true;
      return printer;
    }
    std::string format = options.format;
    if (format.empty()) {
      if (options.offsets) format += "%p:%o\\t";
      if (options.keys) format += "%k\\t";
      format += "%s\\n";
    }
    auto parsed = RecordFormat::parse(format);
    if (!parsed) {
      return wrong("-f takes json, or text with %t %p %o %T %k %K %s %S %h and \\n \\t in it");
    }
    printer.format_ = std::move(*parsed);
    if (options.format.empty()) printer.format_.set_null_text("null");
    return printer;
  }

  void set_ends(std::map<TopicPartition, wire::Offset> ends) { ends_ = std::move(ends); }

  // False: it was the last one.
  bool show(const FetchedRecord& fetched) {
    // In a group everything that is read is committed, so everything is shown.
    const auto end = ends_.find(fetched.partition);
    if (options_.group.empty() && end != ends_.end() && fetched.record.offset >= end->second) {
      return true;
    }
    line_.clear();
    if (json_) {
      append_json(fetched, line_);
    } else {
      format_.append(fetched, line_);
    }
    std::fwrite(line_.data(), 1, line_.size(), stdout);
    ++printed_;
    return !enough();
  }
  bool enough() const { return options_.count >= 0 && printed_ >= options_.count; }

  // Whether all that was there at the start has been passed.
  bool at_end(const std::map<TopicPartition, wire::Offset>& positions) const {
    if (!options_.exit_at_end) return false;
    for (const auto& [partition, next] : positions) {
      const auto end = ends_.find(partition);
      if (end == ends_.end() || next < end->second) return false;
    }
    return true;
  }

 private:
  explicit Printer(const ConsumeOptions& options) : options_(options) {}

  const ConsumeOptions& options_;
  RecordFormat format_;
  bool json_ = false;
  std::string line_;
  std::map<TopicPartition, wire::Offset> ends_;
  int64_t printed_ = 0;
};

wire::Result<std::set<TopicPartition>> asked_partitions(Client& client,
                                                        const ConsumeOptions& options) {
  std::set<TopicPartition> partitions;
  for (const std::string& topic : options.topics) {
    const auto all = partitions_of(client, topic);
    if (!all.ok()) return all.error();
    if (options.partition < 0) {
      partitions.insert(all->begin(), all->end());
    } else if (all->contains({topic, options.partition})) {
      partitions.insert({topic, options.partition});
    } else {
      return wire::Error{
          wire::ErrorCode::kUnknownTopicOrPartition,
          "topic \"" + topic + "\" has no partition " + std::to_string(options.partition)};
    }
  }
  return partitions;
}

wire::Result<StartPosition> start_of(const ConsumeOptions& options) {
  if (options.from_beginning) return StartPosition{.kind = StartPosition::Kind::kEarliest};
  if (options.offset.empty()) return StartPosition{.kind = StartPosition::Kind::kLatest};
  const auto start = parse_start(options.offset);
  if (start) return *start;
  return wrong("-o takes start, end, stored, an offset, -N (before the end) or @time, not \"" +
               options.offset + "\"");
}

ReaderOptions reader_options(const ConsumeOptions& options, const StartPosition& start) {
  ReaderOptions reader;
  reader.isolation = options.isolation == "read_committed" ? Isolation::kReadCommitted
                                                           : Isolation::kReadUncommitted;
  reader.reset = start.kind == StartPosition::Kind::kLatest
                     ? start
                     : StartPosition{.kind = StartPosition::Kind::kEarliest};
  return reader;
}

template <typename Reader>
wire::Status print_all(Reader& reader, Printer& printer) {
  while (!printer.enough() && !printer.at_end(reader.positions()) && !interrupted()) {
    const auto polled =
        reader.poll([&](const FetchedRecord& fetched) { return printer.show(fetched); });
    if (!polled.ok()) return polled;
    // Nobody reads any longer: `| head`.
    if (std::fflush(stdout) != 0) return {};
  }
  return {};
}

int consume(Client& client, const ConsumeOptions& options) {
  auto printer = Printer::create(options);
  if (!printer.ok()) return fail(printer.error());
  const bool stored = options.offset == "stored";
  if (stored && options.group.empty()) return fail(wrong("-o stored needs a group: -g"));
  auto start = stored ? wire::Result<StartPosition>(StartPosition()) : start_of(options);
  if (!start.ok()) return fail(start.error());
  const auto partitions = asked_partitions(client, options);
  if (!partitions.ok()) return fail(partitions.error());
  const ReaderOptions reading = reader_options(options, *start);
  if (options.exit_at_end) {
    auto ends = start_offsets(client, *partitions, {.kind = StartPosition::Kind::kLatest},
                              reading.isolation);
    if (!ends.ok()) return fail(ends.error());
    printer->set_ends(std::move(*ends));
  }
  if (!options.group.empty()) {
    watch_for_interrupt();
    GroupReader reader(client, options.group, options.topics, {.reader = reading});
    // The positions are known after the first poll.
    auto read = reader.poll([&](const FetchedRecord& fetched) { return printer->show(fetched); });
    if (read.ok()) read = print_all(reader, *printer);
    const auto closed = reader.close();
    if (!read.ok()) return fail(read.error());
    return closed.ok() ? kDone : fail(closed.error());
  }
  const auto positions = start_offsets(client, *partitions, *start, reading.isolation);
  if (!positions.ok()) return fail(positions.error());
  RecordReader reader(client, reading);
  reader.assign(*positions);
  const auto read = print_all(reader, *printer);
  return read.ok() ? kDone : fail(read.error());
}

}  // namespace

void add_consume(CLI::App& app, int& exit_code) {
  auto* command = app.add_subcommand("consume", "Print the records of topics, one a line");
  command->footer(R"(
Formats: %t topic, %p partition, %o offset, %T timestamp, %k key, %K its length, %s value, %S its
length, %h headers; \n and \t.

Examples:
  odradek consume tweets                          what comes from now on
  odradek consume tweets -o start -e              everything there is, then exit
  odradek consume tweets -o -10 -e                the last ten of each partition
  odradek consume tweets -o @2026-01-31T12:00:00Z -n 5 -f json
  odradek consume tweets -p 0 -o 100 -n 10 -f '%o %k %s\n'
  odradek consume tweets -g analytics             as a member of a group
)");
  auto options = std::make_shared<ConsumeOptions>();
  add_connection(*command, options->surface);
  command->add_option("topic", options->topics, "Topics")->required();
  auto* group = command->add_option("-g,--group", options->group,
                                    "Join this group: read on where it has committed, and commit");
  command->add_option("-p,--partition", options->partition, "Only this partition")->excludes(group);
  auto* beginning =
      command->add_flag("--from-beginning", options->from_beginning, "The same as -o start");
  command
      ->add_option("-o,--offset", options->offset,
                   "start, end (the default), an offset, -N (before the end), @time, stored")
      ->excludes(beginning);
  command->add_option("-n,--count", options->count, "Exit after so many records");
  command->add_flag("-e,--exit", options->exit_at_end, "Exit at the end of what is there");
  command->add_option("-f,--format", options->format, "json, or a format as below");
  command->add_flag("--keys", options->keys, "Print key, tab, value");
  command->add_flag("--offsets", options->offsets, "Print partition:offset first");
  command->add_option("--isolation-level", options->isolation, "read_uncommitted or read_committed")
      ->check(CLI::IsMember({"read_uncommitted", "read_committed"}))
      ->capture_default_str();
  command->callback([options, &exit_code] {
    exit_code =
        with_client(options->surface, [&](Client& client) { return consume(client, *options); });
  });
}

}  // namespace cli
