// Writes apache_configs.tsv: every config that Apache Kafka defines, as its own classes tell it.
// Run by dump_configs.sh; read by tests/cluster/config/config_table_test.cc.
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.TreeMap;

import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.coordinator.group.GroupConfig;
import org.apache.kafka.server.config.DynamicBrokerConfig;
import org.apache.kafka.server.config.ServerTopicConfigSynonyms;
import org.apache.kafka.server.metrics.ClientMetricsConfigs;
import org.apache.kafka.storage.internals.log.LogConfig;

public class DumpConfigs {
    static PrintStream out;

    static String text(ConfigDef.ConfigKey key) {
        if (key.defaultValue == ConfigDef.NO_DEFAULT_VALUE) return "(required)";
        if (key.defaultValue == null) return "(null)";
        return ConfigDef.convertToString(key.defaultValue, key.type);
    }

    static void dump(String scope, ConfigDef def, Map<String, String> modes) {
        for (Map.Entry<String, ConfigDef.ConfigKey> e : new TreeMap<>(def.configKeys()).entrySet()) {
            ConfigDef.ConfigKey key = e.getValue();
            String validator = key.validator == null ? "" : key.validator.toString().replace('\n', ' ').replace('\t', ' ');
            String synonyms = "";
            if (scope.equals("group")) synonyms = GroupConfig.brokerSynonym(key.name).orElse("");
            if (scope.equals("topic")) {
                if (ServerTopicConfigSynonyms.ALL_TOPIC_CONFIG_SYNONYMS.containsKey(key.name)) {
                    StringBuilder all = new StringBuilder();
                    ServerTopicConfigSynonyms.ALL_TOPIC_CONFIG_SYNONYMS.get(key.name)
                        .forEach(s -> all.append(all.length() == 0 ? "" : ",").append(s.name()));
                    synonyms = all.toString();
                }
            }
            out.println(String.join("\t", scope, key.name, key.type.toString(), text(key),
                modes.getOrDefault(key.name, scope.equals("broker") ? "read-only" : ""), key.internalConfig ? "internal" : "",
                validator, synonyms));
        }
    }

    public static void main(String[] args) throws Exception {
        out = new PrintStream(args[0], StandardCharsets.UTF_8);
        out.println("# Apache Kafka 4.3.1: scope, name, type, default, update mode, internal, valid values, broker synonyms");
        Map<String, String> modes = new TreeMap<>();
        modes.putAll(DynamicBrokerConfig.dynamicConfigUpdateModes());
        Class<?> kafkaConfig = Class.forName("kafka.server.KafkaConfig");
        dump("broker", (ConfigDef) kafkaConfig.getMethod("configDef").invoke(null), modes);
        dump("topic", LogConfig.configDefCopy(), Map.of());
        dump("group", GroupConfig.CONFIG_DEF, Map.of());
        dump("client-metrics", ClientMetricsConfigs.configDef(), Map.of());
        out.close();
    }
}
