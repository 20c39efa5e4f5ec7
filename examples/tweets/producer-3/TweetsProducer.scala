import java.io.{FileWriter, PrintWriter}
import java.util.Properties
import java.util.concurrent.atomic.AtomicInteger

import org.apache.kafka.clients.producer.{KafkaProducer, ProducerRecord}
import org.apache.kafka.common.serialization.StringSerializer

/** TweetsProducer BOOTSTRAP FIRST COUNT PER_SECOND ACKED: on Scala 3 and today's client, whose producers are idempotent: what it
  * sends again after a lost answer is in the topic once.
  *
  * The number of each tweet that the broker has acknowledged is added to the file ACKED.
  */
object TweetsProducer:
  def main(args: Array[String]): Unit =
    val Array(bootstrap, first, count, perSecond, path) = args: @unchecked
    val config = Properties()
    for (name, value) <- Map("bootstrap.servers" -> bootstrap, "linger.ms" -> "5", "reconnect.backoff.max.ms" -> "1000") do
      config.setProperty(name, value)
    val producer = KafkaProducer[String, String](config, StringSerializer(), StringSerializer())
    val acked = PrintWriter(FileWriter(path, true))
    val acknowledged = AtomicInteger()
    val start = System.nanoTime
    for index <- 0 until count.toInt do
      val due = start + (index * 1e9 / perSecond.toDouble).toLong
      Thread.sleep(math.max(0L, (due - System.nanoTime) / 1000000))
      val number = first.toInt + index
      val user = s"user-${number % 17}"
      val tweet = s"""{"number": $number, "user": "$user", "text": "tweet $number of $user, by Scala 3"}"""
      producer.send(
        ProducerRecord("tweets", user, tweet),
        (_, error) =>
          if error != null then System.err.println(s"tweet $number: $error")
          else
            acknowledged.incrementAndGet()
            acked.println(number)
            acked.flush()
      )
    producer.close()
    acked.close()
    println(s"$acknowledged of $count tweets acknowledged")
    sys.exit(if acknowledged.get == count.toInt then 0 else 1)
