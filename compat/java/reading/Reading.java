import java.io.File;
import java.io.PrintWriter;
import java.util.Collection;
import java.util.Collections;
import java.util.Properties;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;

/** The consumer of 0.9 and later. */
final class Reading {
    static void consume(String bootstrap, String topic, String group, String path, File stop) throws Exception {
        Properties properties = new Properties();
        properties.put("bootstrap.servers", bootstrap);
        properties.put("group.id", group);
        properties.put("auto.offset.reset", "earliest");
        properties.put("enable.auto.commit", "false");
        properties.put("session.timeout.ms", "30000");
        properties.put("heartbeat.interval.ms", "500");
        properties.put("max.poll.records", "200");
        properties.put("reconnect.backoff.max.ms", "1000");
        try (PrintWriter record = TweetsStory.writer(path);
             KafkaConsumer<String, String> consumer =
                 new KafkaConsumer<>(properties, new StringDeserializer(), new StringDeserializer())) {
            consumer.subscribe(Collections.singletonList(topic), new Listener(record));
            while (!stop.exists()) {
                ConsumerRecords<String, String> records = Poll.poll(consumer, 200);
                if (records.isEmpty()) continue;
                for (ConsumerRecord<String, String> message : records) {
                    record.println("record\t" + message.partition() + "\t" + message.offset() + "\t" + message.key() + "\t"
                        + message.value());
                }
                record.flush();
                try {
                    consumer.commitSync();
                    record.println("committed");
                } catch (KafkaException error) {
                    record.println("note\t" + error.toString().replaceAll("\\s+", " "));
                }
                record.flush();
            }
        }
    }

    static final class Listener implements ConsumerRebalanceListener {
        private final PrintWriter record;

        Listener(PrintWriter record) {
            this.record = record;
        }

        @Override
        public void onPartitionsRevoked(Collection<TopicPartition> partitions) {}

        @Override
        public void onPartitionsAssigned(Collection<TopicPartition> partitions) {
            StringBuilder line = new StringBuilder("assigned\t");
            for (TopicPartition partition : partitions) {
                if (line.charAt(line.length() - 1) != '\t') line.append(',');
                line.append(partition.partition());
            }
            record.println(line);
            record.flush();
        }
    }
}
