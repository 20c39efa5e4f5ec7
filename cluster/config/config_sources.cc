#include "cluster/config/config_sources.h"

#include <utility>

#include <fmt/core.h>

#include "cluster/config/earlier_releases.h"

namespace cluster::config {

void ConfigSources::set(std::string property, std::string value, std::string origin) {
  origins_.insert_or_assign(property, std::move(origin));
  properties_.insert_or_assign(std::move(property), std::move(value));
}

wire::Status ConfigSources::add_file(const std::string& path, std::string_view text) {
  auto lines = parse_property_lines(text);
  if (!lines.ok()) return wire::Error{lines.error().code, path + ": " + lines.error().detail};
  for (PropertyLine& line : *lines) {
    set(std::move(line.key), std::move(line.value), fmt::format("{}:{}", path, line.line));
  }
  return {};
}

void ConfigSources::add_environment(const EnvironmentReading& reading) {
  for (const EnvironmentSetting& setting : reading.settings) {
    set(setting.property, setting.value, setting.variable);
  }
}

wire::Status ConfigSources::add_assignment(std::string_view text) {
  auto assignment = parse_assignment(text);
  if (!assignment.ok()) return assignment.error();
  set(std::move(assignment->first), std::move(assignment->second), "--set");
  return {};
}

void ConfigSources::bring_up_to_date() {
  const auto note_changes = [this](const Properties& before, std::string_view why) {
    for (const auto& [property, value] : properties_) {
      const auto old = before.find(property);
      if (old != before.end() && old->second == value) continue;
      std::string& origin = origins_[property];
      origin += (origin.empty() ? "" : ", ") + std::string(why);
    }
  };
  const Properties given = properties_;
  translate_earlier_names(properties_, notes_);
  note_changes(given, "under its earlier name");
  const Properties translated = properties_;
  complete_lone_node(properties_, notes_);
  note_changes(translated, "for a node that is alone");
}

std::string_view ConfigSources::origin(std::string_view property) const {
  const auto found = origins_.find(property);
  return found == origins_.end() ? std::string_view() : std::string_view(found->second);
}

}  // namespace cluster::config
