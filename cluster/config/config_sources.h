// What a process was told of its configuration, and where: files, then the environment, then the
// command line, each over the ones before.  Defaults are never dropped because something is set.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cluster/config/environment.h"
#include "cluster/config/properties.h"
#include "wire/base/result.h"

namespace cluster::config {

class ConfigSources {
 public:
  // A properties file; `path` is for the messages.
  wire::Status add_file(const std::string& path, std::string_view text);
  void add_environment(const EnvironmentReading& reading);
  // "key=value" of --set.
  wire::Status add_assignment(std::string_view text);
  // After all of them: earlier_releases.h.
  void bring_up_to_date();

  const Properties& properties() const { return properties_; }
  // "server.properties:12", "KAFKA_LOG_DIRS", "--set"; empty if it was not set.
  std::string_view origin(std::string_view property) const;
  // What the user should read once, a line each.
  const std::vector<std::string>& notes() const { return notes_; }

 private:
  void set(std::string property, std::string value, std::string origin);

  Properties properties_;
  Properties origins_;  // by property
  std::vector<std::string> notes_;
};

}  // namespace cluster::config
