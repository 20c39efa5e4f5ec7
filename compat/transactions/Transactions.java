import java.time.Duration;
import java.util.*;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.*;
import org.apache.kafka.clients.consumer.*;
import org.apache.kafka.clients.producer.*;
import org.apache.kafka.common.*;
import org.apache.kafka.common.serialization.*;

/** The life of transactional producers: a line for each thing that a user would notice; KILL asks for the broker's death. */
public class Transactions {
  static String bootstrap, name, topic;

  public static void main(String[] args) throws Exception {
    bootstrap = args[0];
    name = args[1];
    topic = name + "-topic";
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", bootstrap))) {
      admin.createTopics(List.of(new NewTopic(topic, 2, (short) 1))).all().get();
    }
    commitAndAbort();
    fencing();
    timeout();
    offsets();
    kill("before the end", true);
    kill("after the end", false);
    tell("committed", String.join(" ", read("read_committed")));
    tell("all", String.join(" ", read("read_uncommitted")));
    System.exit(0);
  }

  static void tell(String what, Object answer) {
    System.out.println(what + ": " + answer);
    System.out.flush();
  }

  /** What happens, or the exception that it ends with. */
  interface Step { void run() throws Exception; }

  static void attempt(String what, Step step) {
    try {
      step.run();
      tell(what, "done");
    } catch (Exception e) {
      boolean wrapped = e instanceof ExecutionException || e.getClass() == KafkaException.class && e.getCause() != null;
      Throwable cause = wrapped ? e.getCause() : e;
      tell(what, cause.getClass().getSimpleName());
    }
  }

  static KafkaProducer<String, String> producer(String id, int timeoutMs) {
    Properties properties = new Properties();
    properties.put("bootstrap.servers", bootstrap);
    properties.put("transactional.id", name + "-" + id);
    properties.put("transaction.timeout.ms", timeoutMs);
    properties.put("linger.ms", 0);
    return new KafkaProducer<>(properties, new StringSerializer(), new StringSerializer());
  }

  static void send(KafkaProducer<String, String> producer, String value) {
    for (int partition = 0; partition < 2; partition++) {
      producer.send(new ProducerRecord<>(topic, partition, null, value + partition));
    }
  }

  static void commitAndAbort() {
    try (KafkaProducer<String, String> producer = producer("plain", 60000)) {
      producer.initTransactions();
      for (int i = 0; i < 6; i++) {
        producer.beginTransaction();
        send(producer, (i % 2 == 0 ? "committed-" : "aborted-") + i + "-");
        if (i % 2 == 0) producer.commitTransaction(); else { producer.flush(); producer.abortTransaction(); }
      }
      attempt("empty transactions", () -> {
        producer.beginTransaction();
        producer.commitTransaction();
        producer.beginTransaction();
        producer.abortTransaction();
      });
    }
  }

  static void fencing() {
    KafkaProducer<String, String> first = producer("fenced", 60000);
    first.initTransactions();
    first.beginTransaction();
    send(first, "fenced-");
    first.flush();
    KafkaProducer<String, String> second = producer("fenced", 60000);
    attempt("second init", second::initTransactions);
    attempt("first commits", first::commitTransaction);
    attempt("first sends again", () -> first.beginTransaction());
    attempt("second", () -> {
      second.beginTransaction();
      send(second, "committed-second-");
      second.commitTransaction();
    });
    first.close(Duration.ZERO);
    second.close();
  }

  static void timeout() throws Exception {
    KafkaProducer<String, String> late = producer("late", 1000);
    late.initTransactions();
    late.beginTransaction();
    send(late, "late-");
    late.flush();
    Thread.sleep(3000);
    attempt("late commit", late::commitTransaction);
    late.close(Duration.ZERO);
    try (KafkaProducer<String, String> next = producer("late", 1000)) {
      attempt("next of the late", () -> {
        next.initTransactions();
        next.beginTransaction();
        send(next, "committed-after-late-");
        next.commitTransaction();
      });
    }
  }

  static void offsets() throws Exception {
    try (KafkaProducer<String, String> producer = producer("offsets", 60000);
         KafkaConsumer<String, String> consumer = consumer("read_committed", name + "-group")) {
      producer.initTransactions();
      consumer.subscribe(List.of(topic));
      while (consumer.assignment().isEmpty()) consumer.poll(Duration.ofMillis(100));
      TopicPartition partition = new TopicPartition(topic, 0);
      producer.beginTransaction();
      producer.sendOffsetsToTransaction(Map.of(partition, new OffsetAndMetadata(3)), consumer.groupMetadata());
      producer.abortTransaction();
      tell("offset after an abort", consumer.committed(Set.of(partition)).get(partition));
      producer.beginTransaction();
      producer.sendOffsetsToTransaction(Map.of(partition, new OffsetAndMetadata(4)), consumer.groupMetadata());
      send(producer, "committed-with-offsets-");
      producer.commitTransaction();
      tell("offset after a commit", consumer.committed(Set.of(partition)).get(partition).offset());
    }
  }

  static void kill(String when, boolean before) throws Exception {
    try (KafkaProducer<String, String> producer = producer("killed", 60000)) {
      producer.initTransactions();
      producer.beginTransaction();
      send(producer, "committed-killed-" + (before ? "before-" : "after-"));
      producer.flush();
      if (!before) {
        producer.commitTransaction();
        Thread.sleep(1000); // its markers are written
      }
      System.out.println("KILL");
      System.out.flush();
      System.in.read();
      attempt("killed " + when, () -> {
        if (!before) producer.beginTransaction();
        if (!before) send(producer, "committed-killed-next-");
        producer.commitTransaction();
      });
    }
  }

  static KafkaConsumer<String, String> consumer(String isolation, String group) {
    Properties properties = new Properties();
    properties.put("bootstrap.servers", bootstrap);
    properties.put("isolation.level", isolation);
    properties.put("auto.offset.reset", "earliest");
    properties.put("enable.auto.commit", "false");
    if (group != null) properties.put("group.id", group);
    return new KafkaConsumer<>(properties, new StringDeserializer(), new StringDeserializer());
  }

  /** Everything that a reader of this isolation gets, up to its end of the log: its offsets tell of the markers. */
  static List<String> read(String isolation) {
    List<String> values = new ArrayList<>();
    try (KafkaConsumer<String, String> consumer = consumer(isolation, null)) {
      List<TopicPartition> partitions = List.of(new TopicPartition(topic, 0), new TopicPartition(topic, 1));
      consumer.assign(partitions);
      Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
      while (partitions.stream().anyMatch(partition -> consumer.position(partition) < ends.get(partition))) {
        for (ConsumerRecord<String, String> record : consumer.poll(Duration.ofMillis(200))) {
          values.add(record.offset() + ":" + record.value());
        }
      }
    }
    values.sort(Comparator.comparing((String value) -> value.charAt(value.length() - 1))
        .thenComparing(value -> Integer.parseInt(value.split(":")[0])));
    return values;
  }
}
