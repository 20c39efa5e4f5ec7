// The tweets story's roles for confluent-kafka-go.
package main

import (
	"context"
	"errors"

	"github.com/confluentinc/confluent-kafka-go/v2/kafka"
	"odradek.compat/tweets"
)

func create(bootstrap, topic string, partitions int) error {
	admin, err := kafka.NewAdminClient(&kafka.ConfigMap{"bootstrap.servers": bootstrap})
	if err != nil {
		return err
	}
	defer admin.Close()
	results, err := admin.CreateTopics(context.Background(), []kafka.TopicSpecification{
		{Topic: topic, NumPartitions: partitions, ReplicationFactor: 1},
	})
	if err != nil {
		return err
	}
	if code := results[0].Error.Code(); code != kafka.ErrNoError && code != kafka.ErrTopicAlreadyExists {
		return results[0].Error
	}
	return nil
}

func produce(bootstrap, topic, codec string, walk func(func(tweets.Tweet) error) error, acked *tweets.Acked) error {
	producer, err := kafka.NewProducer(&kafka.ConfigMap{
		"bootstrap.servers": bootstrap, "enable.idempotence": true, "compression.type": codec, "linger.ms": 5,
		"reconnect.backoff.max.ms": 1000,
	})
	if err != nil {
		return err
	}
	defer producer.Close()
	go func() {
		for range producer.Events() { // a lost connection is told here, and Flush would wait until somebody hears it
		}
	}()
	done := make(chan error, 1)
	deliveries := make(chan kafka.Event, 1000)
	go func() {
		var first error
		for event := range deliveries {
			message := event.(*kafka.Message)
			if err := message.TopicPartition.Error; err != nil {
				first = errors.Join(first, err)
				continue
			}
			acked.OK(message.Opaque.(int), message.TopicPartition.Partition, int64(message.TopicPartition.Offset))
		}
		done <- first
	}()
	err = walk(func(tweet tweets.Tweet) error {
		return producer.Produce(&kafka.Message{
			TopicPartition: kafka.TopicPartition{Topic: &topic, Partition: kafka.PartitionAny},
			Key:            []byte(tweet.Key), Value: []byte(tweet.Value), Opaque: tweet.Index,
		}, deliveries)
	})
	for producer.Flush(1000) > 0 {
	}
	close(deliveries)
	return errors.Join(err, <-done)
}

func consume(bootstrap, topic, group string, record *tweets.Record) error {
	consumer, err := kafka.NewConsumer(&kafka.ConfigMap{
		"bootstrap.servers": bootstrap, "group.id": group, "auto.offset.reset": "earliest", "enable.auto.commit": false,
		"session.timeout.ms": 30000, "heartbeat.interval.ms": 500, "fetch.wait.max.ms": 200, "reconnect.backoff.max.ms": 1000,
	})
	if err != nil {
		return err
	}
	defer consumer.Close()
	assigned := func(partitions []kafka.TopicPartition) {
		var all []int32
		for _, partition := range partitions {
			all = append(all, partition.Partition)
		}
		record.Assigned(all)
	}
	rebalanced := func(_ *kafka.Consumer, event kafka.Event) error {
		switch change := event.(type) {
		case kafka.AssignedPartitions:
			assigned(change.Partitions)
		case kafka.RevokedPartitions:
			assigned(nil)
		}
		return nil
	}
	if err := consumer.Subscribe(topic, rebalanced); err != nil {
		return err
	}
	uncommitted := 0
	commit := func() {
		if uncommitted == 0 {
			return
		}
		uncommitted = 0
		if _, err := consumer.Commit(); err != nil {
			record.Note(err)
			return
		}
		record.Committed()
	}
	for !record.Stopping() {
		switch event := consumer.Poll(200).(type) {
		case *kafka.Message:
			record.Read(event.TopicPartition.Partition, int64(event.TopicPartition.Offset), event.Key, event.Value)
			if uncommitted++; uncommitted == 200 {
				commit()
			}
		case kafka.Error:
			record.Note(event)
		case nil:
			commit()
		}
	}
	commit()
	return nil
}

func main() { tweets.Main(tweets.Roles{Create: create, Produce: produce, Consume: consume}) }
