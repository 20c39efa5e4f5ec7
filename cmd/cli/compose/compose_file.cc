#include "cmd/cli/compose/compose_file.h"

#include <algorithm>
#include <set>
#include <string_view>
#include <utility>

#include <fmt/core.h>
#include <yaml-cpp/yaml.h>

#include "cmd/cli/output.h"

namespace cli::compose {
namespace {

constexpr uint16_t kKafkaPort = 9092;

wire::Error compose_error(std::string why) {
  return {wire::ErrorCode::kInvalidConfig, std::move(why)};
}

std::string listed(const std::set<std::string>& names) {
  return join(std::vector<std::string>(names.begin(), names.end()), ", ");
}

// Without registry, tag and digest: "confluentinc/cp-kafka", "kafka".
std::string repository(const std::string& image) {
  std::string name = image.substr(0, image.find('@'));
  const size_t colon = name.rfind(':');
  if (colon != std::string::npos && name.find('/', colon) == std::string::npos) name.resize(colon);
  const size_t slash = name.find('/');
  // A registry's name has a dot or a port in it.
  if (slash != std::string::npos && name.substr(0, slash).find_first_of(".:") != std::string::npos)
    name.erase(0, slash + 1);
  return name;
}

std::string image_of(const YAML::Node& service) {
  const YAML::Node image = service["image"];
  return image.IsDefined() && image.IsScalar() ? image.Scalar() : std::string();
}

std::set<std::string> services_with(const YAML::Node& services,
                                    bool (*is_wanted)(const std::string& image)) {
  std::set<std::string> names;
  for (const auto& entry : services) {
    if (entry.second.IsMap() && is_wanted(image_of(entry.second)))
      names.insert(entry.first.Scalar());
  }
  return names;
}

// A list or a map without those elements whose names are gone: the key of a map's element; of a list's
// what stands before `:` (a link's alias) or `=` (a variable's value).
template <typename IsGone>
YAML::Node without(const YAML::Node& node, const IsGone& is_gone) {
  YAML::Node kept(node.Type());
  kept.SetStyle(node.Style());
  if (node.IsMap()) {
    for (const auto& entry : node) {
      if (!is_gone(entry.first.Scalar())) kept[entry.first] = entry.second;
    }
    return kept;
  }
  for (const YAML::Node& element : node) {
    const std::string name = element.IsScalar() ? element.Scalar() : std::string();
    if (!is_gone(name.substr(0, name.find_first_of(":=")))) kept.push_back(element);
  }
  return kept;
}

// The same under its key, which goes with its last element.
void put_back(YAML::Node parent, const char* key, const YAML::Node& kept) {
  if (kept.size() == 0) {
    parent.remove(key);
  } else {
    parent[key] = kept;
  }
}

// Takes what is gone out of depends_on and links.
void forget(YAML::Node service, const std::string& name, const std::set<std::string>& gone,
            std::vector<std::string>& changes) {
  for (const char* key : {"depends_on", "links"}) {
    const YAML::Node list = std::as_const(service)[key];
    if (!list.IsDefined() || (!list.IsSequence() && !list.IsMap())) continue;
    const YAML::Node kept =
        without(list, [&](const std::string& one) { return gone.contains(one); });
    if (kept.size() == list.size()) continue;
    changes.push_back(fmt::format("{}: {} without {}", name, key, listed(gone)));
    put_back(service, key, kept);
  }
}

bool names_zookeeper(std::string_view variable) {
  return variable.starts_with("KAFKA_ZOOKEEPER_") || variable.starts_with("KAFKA_CFG_ZOOKEEPER_");
}

// The variables of a broker that were for ZooKeeper; the image would only pass over them.
void drop_zookeeper_variables(YAML::Node service, const std::string& name,
                              std::vector<std::string>& changes) {
  const YAML::Node environment = std::as_const(service)["environment"];
  if (!environment.IsDefined()) return;
  const YAML::Node kept = without(environment, [&](const std::string& variable) {
    if (!names_zookeeper(variable)) return false;
    changes.push_back(fmt::format("{}: without {}", name, variable));
    return true;
  });
  if (kept.size() != environment.size()) put_back(service, "environment", kept);
}

// The named volumes of a service: of "data:/var/lib" and {source: data}.
std::set<std::string> volumes_of(const YAML::Node& service) {
  std::set<std::string> names;
  const YAML::Node volumes = service["volumes"];
  if (!volumes.IsDefined() || !volumes.IsSequence()) return names;
  for (const YAML::Node& volume : volumes) {
    if (volume.IsScalar()) {
      names.insert(volume.Scalar().substr(0, volume.Scalar().find(':')));
    } else if (volume.IsMap() && volume["source"].IsDefined() && volume["source"].IsScalar()) {
      names.insert(volume["source"].Scalar());
    }
  }
  return names;
}

// Volumes that only services that are gone had.
void drop_volumes(YAML::Node root, const YAML::Node& services, const std::set<std::string>& of_gone,
                  std::vector<std::string>& changes) {
  const YAML::Node volumes = std::as_const(root)["volumes"];
  if (!volumes.IsDefined() || !volumes.IsMap()) return;
  std::set<std::string> unused = of_gone;
  for (const auto& entry : services) {
    if (!entry.second.IsMap()) continue;
    for (const std::string& name : volumes_of(entry.second)) unused.erase(name);
  }
  const YAML::Node kept =
      without(volumes, [&](const std::string& one) { return unused.contains(one); });
  if (kept.size() == volumes.size()) return;
  changes.push_back("the volumes of ZooKeeper");
  put_back(root, "volumes", kept);
}

// As it was written: the library's own way drops quotes, and "yes" and yes are not the same.
void emit(YAML::Emitter& emitter, const YAML::Node& node) {
  const bool flows = node.Style() == YAML::EmitterStyle::Flow;
  if (node.IsSequence()) {
    emitter << (flows ? YAML::Flow : YAML::Block) << YAML::BeginSeq;
    for (const YAML::Node& element : node) emit(emitter, element);
    emitter << YAML::EndSeq;
  } else if (node.IsMap()) {
    emitter << (flows ? YAML::Flow : YAML::Block) << YAML::BeginMap;
    for (const auto& entry : node) {
      emitter << YAML::Key;
      emit(emitter, entry.first);
      emitter << YAML::Value;
      emit(emitter, entry.second);
    }
    emitter << YAML::EndMap;
  } else if (node.IsScalar()) {
    // The tag of a scalar in quotes.
    if (node.Tag() == "!") emitter << YAML::DoubleQuoted;
    emitter << node.Scalar();
  } else {
    emitter << YAML::Null;
  }
}

// Files before version 2 have their services at the top.
YAML::Node services_of(YAML::Node root) {
  if (!root.IsMap()) return YAML::Node();
  if (root["services"].IsDefined()) return root["services"];
  return root;
}

// REQUIRES: called where YAML::Exception is caught.
wire::Result<Converted> convert_parsed(const std::string& text, const std::string& image) {
  YAML::Node root = YAML::Load(text);
  YAML::Node services = services_of(root);
  if (!services.IsMap()) return compose_error("this is no compose file: it has no services");
  const std::set<std::string> brokers = services_with(services, is_kafka_image);
  const std::set<std::string> zookeepers = services_with(services, is_zookeeper_image);
  if (brokers.empty())
    return compose_error("no service of this file has an image of Kafka or Redpanda");
  if (brokers.size() > 1) {
    return compose_error(fmt::format(
        "this file has {} brokers ({}): only files with one are converted; one takes the place of "
        "all where data need not be in several places",
        brokers.size(), listed(brokers)));
  }
  Converted converted;
  std::set<std::string> volumes;
  for (const std::string& name : zookeepers) {
    volumes.merge(volumes_of(services[name]));
    services.remove(name);
    converted.changes.push_back(name + ": gone, the broker has its controller built in");
  }
  for (auto entry : services) {
    YAML::Node service = entry.second;
    const std::string name = entry.first.Scalar();
    if (!service.IsMap()) continue;
    if (!zookeepers.empty()) forget(service, name, zookeepers, converted.changes);
    if (!brokers.contains(name)) continue;
    converted.changes.push_back(
        fmt::format("{}: {} instead of {}", name, image, image_of(service)));
    service["image"] = image;
    drop_zookeeper_variables(service, name, converted.changes);
  }
  if (!volumes.empty()) drop_volumes(root, services, volumes, converted.changes);
  YAML::Emitter emitter;
  emit(emitter, root);
  converted.text = std::string(emitter.c_str()) + "\n";
  return converted;
}

}  // namespace

std::string compose_file(const ServiceOptions& options) {
  // Where the port on the host is another one, only the file can tell the broker.
  const std::string environment =
      options.port == kKafkaPort ? std::string()
                                 : fmt::format(
                                       "    environment:\n"
                                       "      KAFKA_LISTENERS: PLAINTEXT://:{}\n"
                                       "      KAFKA_ADVERTISED_LISTENERS: PLAINTEXT://auto:{}\n",
                                       kKafkaPort, options.port);
  return fmt::format(
      "services:\n"
      "  {0}:\n"
      "    image: {1}\n"
      "    ports: [\"{2}:{3}\"]\n"
      "{4}"
      "    volumes:\n"
      "      - {0}-data:/var/lib/kafka/data\n"
      "volumes:\n"
      "  {0}-data: {{}}\n"
      "# in other containers: {0}:{3}; on this machine: localhost:{2}\n",
      options.service, options.image, options.port, kKafkaPort, environment);
}

bool is_kafka_image(const std::string& image) {
  static const std::set<std::string> kImages = {
      "apache/kafka",           "apache/kafka-native",          "confluentinc/cp-kafka",
      "confluentinc/cp-server", "confluentinc/confluent-local", "confluentinc/cp-enterprise-kafka",
      "bitnami/kafka",          "bitnamilegacy/kafka",          "wurstmeister/kafka",
      "redpandadata/redpanda",  "vectorized/redpanda",          "ubuntu/kafka"};
  return kImages.contains(repository(image));
}

bool is_zookeeper_image(const std::string& image) {
  const std::string name = repository(image);
  const std::string last = name.substr(name.rfind('/') + 1);
  return last == "zookeeper" || last == "cp-zookeeper";
}

wire::Result<Converted> convert(const std::string& text, const std::string& image) {
  try {
    return convert_parsed(text, image);
  } catch (const YAML::Exception& error) {
    return compose_error(fmt::format("this is no YAML: {}", error.what()));
  }
}

}  // namespace cli::compose
