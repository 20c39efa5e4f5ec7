// The tweets story's roles for segmentio's kafka-go.
package main

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/segmentio/kafka-go"
	"odradek.compat/tweets"
)

var codecs = map[string]kafka.Compression{
	"none": 0, "gzip": kafka.Gzip, "snappy": kafka.Snappy, "lz4": kafka.Lz4, "zstd": kafka.Zstd,
}

const batch = 50

func create(bootstrap, topic string, partitions int) error {
	client := &kafka.Client{Addr: kafka.TCP(bootstrap)}
	response, err := client.CreateTopics(context.Background(), &kafka.CreateTopicsRequest{
		Topics: []kafka.TopicConfig{{Topic: topic, NumPartitions: partitions, ReplicationFactor: 1}},
	})
	if err != nil {
		return err
	}
	if err := response.Errors[topic]; !errors.Is(err, kafka.TopicAlreadyExists) {
		return err
	}
	return nil
}

func produce(bootstrap, topic, codec string, walk func(func(tweets.Tweet) error) error, acked *tweets.Acked) error {
	writer := &kafka.Writer{
		Addr: kafka.TCP(bootstrap), Topic: topic, Balancer: kafka.Murmur2Balancer{}, RequiredAcks: kafka.RequireAll,
		Compression: codecs[codec], BatchTimeout: 5 * time.Millisecond, MaxAttempts: 100,
	}
	var waiting []tweets.Tweet
	send := func() error {
		messages := make([]kafka.Message, len(waiting))
		for i, tweet := range waiting {
			messages[i] = kafka.Message{Key: []byte(tweet.Key), Value: []byte(tweet.Value)}
		}
		if err := writer.WriteMessages(context.Background(), messages...); err != nil {
			return err
		}
		for _, tweet := range waiting {
			acked.OK(tweet.Index, -1, -1)
		}
		waiting = nil
		return nil
	}
	err := walk(func(tweet tweets.Tweet) error {
		if waiting = append(waiting, tweet); len(waiting) < batch {
			return nil
		}
		return send()
	})
	return errors.Join(err, send(), writer.Close())
}

// read reads a partition for as long as the generation lasts, and commits as it goes.
func read(generation *kafka.Generation, lasting context.Context, bootstrap, topic string, from kafka.PartitionAssignment, record *tweets.Record) {
	reader := kafka.NewReader(kafka.ReaderConfig{Brokers: []string{bootstrap}, Topic: topic, Partition: from.ID, MaxWait: 200 * time.Millisecond})
	defer reader.Close()
	if err := reader.SetOffset(from.Offset); err != nil {
		record.Note(err)
		return
	}
	next, uncommitted := from.Offset, 0
	commit := func() {
		if uncommitted == 0 {
			return
		}
		uncommitted = 0
		if err := generation.CommitOffsets(map[string]map[int]int64{topic: {from.ID: next}}); err != nil {
			record.Note(err)
			return
		}
		record.Committed()
	}
	defer commit()
	for lasting.Err() == nil {
		patience, cancel := context.WithTimeout(lasting, 200*time.Millisecond)
		message, err := reader.ReadMessage(patience)
		cancel()
		if err != nil {
			if !errors.Is(err, context.DeadlineExceeded) && lasting.Err() == nil {
				record.Note(err)
			}
			commit()
			continue
		}
		record.Read(int32(message.Partition), message.Offset, message.Key, message.Value)
		next = message.Offset + 1
		if uncommitted++; uncommitted == 200 {
			commit()
		}
	}
}

func consume(bootstrap, topic, group string, record *tweets.Record) error {
	consumer, err := kafka.NewConsumerGroup(kafka.ConsumerGroupConfig{
		ID: group, Brokers: []string{bootstrap}, Topics: []string{topic}, StartOffset: kafka.FirstOffset,
		SessionTimeout: 30 * time.Second, HeartbeatInterval: 500 * time.Millisecond, JoinGroupBackoff: 200 * time.Millisecond,
	})
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
	var readers sync.WaitGroup
	for running.Err() == nil {
		generation, err := consumer.Next(running)
		if err != nil {
			if running.Err() == nil {
				record.Note(err)
			}
			continue
		}
		var held []int32
		for _, assigned := range generation.Assignments[topic] {
			held = append(held, int32(assigned.ID))
		}
		record.Assigned(held)
		for _, assigned := range generation.Assignments[topic] {
			readers.Add(1)
			generation.Start(func(lasting context.Context) {
				defer readers.Done()
				both, cancel := context.WithCancel(lasting)
				defer context.AfterFunc(running, cancel)()
				defer cancel()
				read(generation, both, bootstrap, topic, assigned, record)
			})
		}
		if len(held) == 0 {
			// Without a task the library takes the generation for over.
			generation.Start(func(lasting context.Context) {
				select {
				case <-lasting.Done():
				case <-running.Done():
				}
			})
		}
	}
	readers.Wait()
	return consumer.Close()
}

func main() { tweets.Main(tweets.Roles{Create: create, Produce: produce, Consume: consume}) }
