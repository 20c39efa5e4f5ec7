import java.time.Duration;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;

/** poll as it is since 2.0. */
final class Poll {
    static ConsumerRecords<String, String> poll(KafkaConsumer<String, String> consumer, long milliseconds) {
        return consumer.poll(Duration.ofMillis(milliseconds));
    }
}
