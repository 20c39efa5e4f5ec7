// The tweets story's roles for franz-go.
package main

import (
	"context"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
	"odradek.compat/tweets"
)

var codecs = map[string]kgo.CompressionCodec{
	"none": kgo.NoCompression(), "gzip": kgo.GzipCompression(), "snappy": kgo.SnappyCompression(),
	"lz4": kgo.Lz4Compression(), "zstd": kgo.ZstdCompression(),
}

func create(bootstrap, topic string, partitions int) error {
	client, err := kgo.NewClient(kgo.SeedBrokers(bootstrap))
	if err != nil {
		return err
	}
	defer client.Close()
	wanted := kmsg.NewCreateTopicsRequestTopic()
	wanted.Topic, wanted.NumPartitions, wanted.ReplicationFactor = topic, int32(partitions), 1
	request := kmsg.NewPtrCreateTopicsRequest()
	request.Topics = append(request.Topics, wanted)
	response, err := request.RequestWith(context.Background(), client)
	if err != nil {
		return err
	}
	if err := kerr.ErrorForCode(response.Topics[0].ErrorCode); err != kerr.TopicAlreadyExists {
		return err
	}
	return nil
}

func produce(bootstrap, topic, codec string, walk func(func(tweets.Tweet) error) error, acked *tweets.Acked) error {
	client, err := kgo.NewClient(kgo.SeedBrokers(bootstrap), kgo.ProducerBatchCompression(codecs[codec]), kgo.ProducerLinger(5*time.Millisecond))
	if err != nil {
		return err
	}
	defer client.Close()
	failed := make(chan error, 1)
	err = walk(func(tweet tweets.Tweet) error {
		record := &kgo.Record{Topic: topic, Key: []byte(tweet.Key), Value: []byte(tweet.Value)}
		client.Produce(context.Background(), record, func(record *kgo.Record, err error) {
			if err == nil {
				acked.OK(tweet.Index, record.Partition, record.Offset)
				return
			}
			select {
			case failed <- err:
			default:
			}
		})
		return nil
	})
	if err != nil {
		return err
	}
	if err := client.Flush(context.Background()); err != nil {
		return err
	}
	select {
	case err = <-failed:
	default:
	}
	return err
}

func consume(bootstrap, topic, group string, record *tweets.Record) error {
	held := map[int32]bool{}
	change := func(partitions []int32, holds bool) {
		for _, partition := range partitions {
			if holds {
				held[partition] = true
			} else {
				delete(held, partition)
			}
		}
		all := make([]int32, 0, len(held))
		for partition := range held {
			all = append(all, partition)
		}
		record.Assigned(all)
	}
	added := func(_ context.Context, _ *kgo.Client, topics map[string][]int32) { change(topics[topic], true) }
	gone := func(_ context.Context, _ *kgo.Client, topics map[string][]int32) { change(topics[topic], false) }
	client, err := kgo.NewClient(
		kgo.SeedBrokers(bootstrap), kgo.ConsumerGroup(group), kgo.ConsumeTopics(topic),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()), kgo.DisableAutoCommit(), kgo.BlockRebalanceOnPoll(),
		kgo.SessionTimeout(30*time.Second), kgo.HeartbeatInterval(500*time.Millisecond), kgo.FetchMaxWait(200*time.Millisecond),
		kgo.OnPartitionsAssigned(added), kgo.OnPartitionsRevoked(gone), kgo.OnPartitionsLost(gone))
	if err != nil {
		return err
	}
	for !record.Stopping() {
		patience, cancel := context.WithTimeout(context.Background(), 200*time.Millisecond)
		fetches := client.PollRecords(patience, 200)
		cancel()
		records := fetches.Records()
		for _, read := range records {
			record.Read(read.Partition, read.Offset, read.Key, read.Value)
		}
		if len(records) > 0 {
			if err := client.CommitRecords(context.Background(), records...); err != nil {
				record.Note(err)
			} else {
				record.Committed()
			}
		}
		client.AllowRebalance()
	}
	client.CloseAllowingRebalance()
	return nil
}

func main() { tweets.Main(tweets.Roles{Create: create, Produce: produce, Consume: consume}) }
