// The tweets story's roles for Sarama, with the versions that it chooses by default.
package main

import (
	"context"
	"errors"
	"time"

	"github.com/IBM/sarama"
	"odradek.compat/tweets"
)

var codecs = map[string]sarama.CompressionCodec{
	"none": sarama.CompressionNone, "gzip": sarama.CompressionGZIP, "snappy": sarama.CompressionSnappy,
	"lz4": sarama.CompressionLZ4, "zstd": sarama.CompressionZSTD,
}

const commitEvery = 200

func create(bootstrap, topic string, partitions int) error {
	admin, err := sarama.NewClusterAdmin([]string{bootstrap}, sarama.NewConfig())
	if err != nil {
		return err
	}
	defer admin.Close()
	err = admin.CreateTopic(topic, &sarama.TopicDetail{NumPartitions: int32(partitions), ReplicationFactor: 1}, false)
	if errors.Is(err, sarama.ErrTopicAlreadyExists) {
		return nil
	}
	return err
}

func produce(bootstrap, topic, codec string, walk func(func(tweets.Tweet) error) error, acked *tweets.Acked) error {
	config := sarama.NewConfig()
	config.Producer.RequiredAcks = sarama.WaitForAll
	config.Producer.Idempotent = true
	config.Net.MaxOpenRequests = 1
	config.Producer.Compression = codecs[codec]
	config.Producer.Retry.Max = 300
	config.Producer.Return.Successes = true
	config.Producer.Flush.Frequency = 5 * time.Millisecond
	producer, err := sarama.NewAsyncProducer([]string{bootstrap}, config)
	if err != nil {
		return err
	}
	done := make(chan error, 1)
	go func() {
		for message := range producer.Successes() {
			acked.OK(message.Metadata.(int), message.Partition, message.Offset)
		}
		done <- nil
	}()
	failed := make(chan error, 1)
	go func() {
		var first error
		for err := range producer.Errors() {
			if first == nil {
				first = err
			}
		}
		failed <- first
	}()
	walkErr := walk(func(tweet tweets.Tweet) error {
		producer.Input() <- &sarama.ProducerMessage{
			Topic: topic, Key: sarama.StringEncoder(tweet.Key), Value: sarama.StringEncoder(tweet.Value), Metadata: tweet.Index,
		}
		return nil
	})
	producer.AsyncClose()
	<-done
	return errors.Join(walkErr, <-failed)
}

type reader struct {
	topic  string
	record *tweets.Record
}

func (r reader) Setup(session sarama.ConsumerGroupSession) error {
	r.record.Assigned(append([]int32{}, session.Claims()[r.topic]...))
	return nil
}

func (r reader) Cleanup(sarama.ConsumerGroupSession) error { return nil }

func (r reader) ConsumeClaim(session sarama.ConsumerGroupSession, claim sarama.ConsumerGroupClaim) error {
	uncommitted := 0
	commit := func() {
		if uncommitted > 0 {
			session.Commit()
			r.record.Committed()
			uncommitted = 0
		}
	}
	defer commit()
	for {
		select {
		case message, open := <-claim.Messages():
			if !open {
				return nil
			}
			r.record.Read(message.Partition, message.Offset, message.Key, message.Value)
			session.MarkMessage(message, "")
			uncommitted++
			if uncommitted == commitEvery || len(claim.Messages()) == 0 {
				commit()
			}
		case <-session.Context().Done():
			return nil
		}
	}
}

func consume(bootstrap, topic, group string, record *tweets.Record) error {
	config := sarama.NewConfig()
	config.Consumer.Offsets.Initial = sarama.OffsetOldest
	config.Consumer.Offsets.AutoCommit.Enable = false
	config.Consumer.Group.Session.Timeout = 30 * time.Second
	config.Consumer.Group.Heartbeat.Interval = 500 * time.Millisecond
	config.Consumer.MaxWaitTime = 200 * time.Millisecond
	consumer, err := sarama.NewConsumerGroup([]string{bootstrap}, group, config)
	if err != nil {
		return err
	}
	running, stop := context.WithCancel(context.Background())
	go func() {
		for !record.Stopping() {
			time.Sleep(100 * time.Millisecond)
		}
		stop()
	}()
	for running.Err() == nil {
		if err := consumer.Consume(running, []string{topic}, reader{topic, record}); err != nil {
			record.Note(err)
			time.Sleep(100 * time.Millisecond)
		}
	}
	return consumer.Close()
}

func main() { tweets.Main(tweets.Roles{Create: create, Produce: produce, Consume: consume}) }
