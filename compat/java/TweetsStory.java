import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.File;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Paths;
import java.nio.file.StandardOpenOption;
import java.util.Properties;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.clients.producer.Callback;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.StringSerializer;

/**
 * The tweets story's roles for the Java client; compat/lib/tweets.py tells the command line and the files.  What differs from
 * era to era (Topics, Reading, Poll) is in folders of its own, of which run.sh takes those that fit.
 */
public final class TweetsStory {
    public static void main(String[] args) throws Exception {
        switch (args[0]) {
            case "create": Topics.create(args[1], args[2], Integer.parseInt(args[3])); break;
            case "produce": produce(args); break;
            case "consume": Reading.consume(args[1], args[2], args[3], args[4], new File(args[5])); break;
            default: throw new IllegalArgumentException(args[0]);
        }
    }

    static void produce(String[] args) throws Exception {
        String topic = args[2];
        int first = Integer.parseInt(args[5]);
        int count = Integer.parseInt(args[6]);
        double rate = Double.parseDouble(args[7]);
        Properties properties = new Properties();
        properties.put("bootstrap.servers", args[1]);
        properties.put("acks", "all");
        properties.put("compression.type", args[3]);
        properties.put("linger.ms", "5");
        properties.put("retries", Integer.toString(Integer.MAX_VALUE));
        properties.put("request.timeout.ms", "30000");
        properties.put("reconnect.backoff.max.ms", "1000");
        if (Boolean.getBoolean("tweets.idempotent")) {
            properties.put("enable.idempotence", "true");
        } else {
            properties.put("max.in.flight.requests.per.connection", "1");
        }
        AtomicInteger acknowledged = new AtomicInteger();
        try (PrintWriter acked = writer(args[8]);
             BufferedReader tweets = Files.newBufferedReader(Paths.get(args[4]), StandardCharsets.UTF_8)) {
            try (KafkaProducer<String, String> producer =
                     new KafkaProducer<>(properties, new StringSerializer(), new StringSerializer())) {
                for (int skipped = 0; skipped < first; skipped++) tweets.readLine();
                long start = System.nanoTime();
                for (int index = first; index < first + count; index++) {
                    if (index % 50 == 0) {
                        long due = start + (long) ((index - first) / rate * 1e9);
                        Thread.sleep(Math.max(0, (due - System.nanoTime()) / 1000000));
                    }
                    String[] tweet = tweets.readLine().split("\t", 2);
                    int number = index;
                    send(producer, new ProducerRecord<>(topic, tweet[0], tweet[1]), (metadata, error) -> {
                        if (error != null) {
                            System.err.println("tweet " + number + ": " + error);
                        } else {
                            acknowledged.incrementAndGet();
                            acked.println(number + "\t" + metadata.partition() + "\t" + metadata.offset());
                            acked.flush();
                        }
                    });
                }
            }
        }
        if (acknowledged.get() != count) {
            System.err.println(acknowledged + " of " + count + " acknowledged");
            System.exit(1);
        }
    }

    /** KAFKA-3594: 0.9.0.1 appends to a batch that already waits to be sent again, and throws; nothing is sent then. */
    static void send(KafkaProducer<String, String> producer, ProducerRecord<String, String> record, Callback callback)
        throws InterruptedException {
        while (true) {
            try {
                producer.send(record, callback);
                return;
            } catch (IllegalStateException error) {
                if (!"Memory records is not writable".equals(error.getMessage())) throw error;
                Thread.sleep(10);
            }
        }
    }

    static PrintWriter writer(String path) throws IOException {
        BufferedWriter file = Files.newBufferedWriter(
            Paths.get(path), StandardCharsets.UTF_8, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        return new PrintWriter(file);
    }
}
