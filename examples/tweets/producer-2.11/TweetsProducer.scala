import java.io.{FileWriter, PrintWriter}
import java.util.Properties
import java.util.concurrent.atomic.AtomicInteger

import org.apache.kafka.clients.producer.{Callback, KafkaProducer, ProducerRecord, RecordMetadata}
import org.apache.kafka.common.serialization.StringSerializer

/** TweetsProducer BOOTSTRAP FIRST COUNT PER_SECOND ACKED: as one wrote it in 2017, on Scala 2.11 and kafka-clients 0.10.2.
  *
  * The number of each tweet that the broker has acknowledged is added to the file ACKED.  This client knows no idempotence: what
  * it sends again after a lost answer is in the topic twice, and the consumers sort that out by the tweet's number.
  */
object TweetsProducer {
  def main(args: Array[String]): Unit = {
    val Array(bootstrap, first, count, perSecond, path) = args
    val config = new Properties
    config.put("bootstrap.servers", bootstrap)
    config.put("acks", "all")
    config.put("retries", Int.box(Int.MaxValue))
    config.put("max.in.flight.requests.per.connection", "1") // a retry must not overtake its successor
    config.put("retry.backoff.ms", "200")
    config.put("linger.ms", "5")
    val producer = new KafkaProducer[String, String](config, new StringSerializer, new StringSerializer)
    val acked = new PrintWriter(new FileWriter(path, true))
    val acknowledged = new AtomicInteger
    val start = System.nanoTime
    for (index <- 0 until count.toInt) {
      val due = start + (index * 1e9 / perSecond.toDouble).toLong
      Thread.sleep(math.max(0L, (due - System.nanoTime) / 1000000))
      val number = first.toInt + index
      val user = "user-" + number % 17
      val tweet = s"""{"number": $number, "user": "$user", "text": "tweet $number of $user, by Scala 2.11"}"""
      producer.send(new ProducerRecord("tweets", user, tweet), new Callback {
        def onCompletion(metadata: RecordMetadata, error: Exception): Unit =
          if (error != null) System.err.println(s"tweet $number: $error")
          else {
            acknowledged.incrementAndGet()
            acked.println(number)
            acked.flush()
          }
      })
    }
    producer.close()
    acked.close()
    println(s"$acknowledged of $count tweets acknowledged")
    sys.exit(if (acknowledged.get == count.toInt) 0 else 1)
  }
}
