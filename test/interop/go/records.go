package main

import (
	"context"
	"encoding/base64"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

const timeout = 120 * time.Second

var codecs = map[string]kgo.CompressionCodec{
	"none":   kgo.NoCompression(),
	"gzip":   kgo.GzipCompression(),
	"snappy": kgo.SnappyCompression(),
	"lz4":    kgo.Lz4Compression(),
	"zstd":   kgo.ZstdCompression(),
}

func produce(ctx context.Context, input input) (any, error) {
	// Its own timeout for records counts from their timestamps, which are not of today.
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	sent := 0
	for _, batch := range input.Batches {
		client, err := kgo.NewClient(
			kgo.SeedBrokers(input.Bootstrap),
			kgo.DefaultProduceTopic(input.Topic),
			kgo.ProducerBatchCompression(codecs[batch.Codec]),
			kgo.ProducerLinger(20*time.Millisecond),
			kgo.RequiredAcks(kgo.AllISRAcks()),
		)
		if err != nil {
			return nil, err
		}
		records := []*kgo.Record{}
		for _, record := range batch.Records {
			headers := []kgo.RecordHeader{}
			for _, header := range record.Headers {
				value, err := base64.StdEncoding.DecodeString(header[1])
				if err != nil {
					return nil, err
				}
				headers = append(headers, kgo.RecordHeader{Key: header[0], Value: value})
			}
			records = append(records, &kgo.Record{
				Key: record.Key, Value: record.Value, Headers: headers, Timestamp: time.UnixMilli(record.Timestamp),
			})
		}
		err = client.ProduceSync(ctx, records...).FirstErr()
		client.Close()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", batch.Codec, err)
		}
		sent += len(records)
	}
	return map[string]any{"sent": sent}, nil
}

func received(from *kgo.Record) record {
	to := record{
		Key: from.Key, Value: from.Value, Headers: [][2]string{},
		Timestamp: from.Timestamp.UnixMilli(), Partition: from.Partition, Offset: from.Offset,
	}
	for _, header := range from.Headers {
		to.Headers = append(to.Headers, [2]string{header.Key, base64.StdEncoding.EncodeToString(header.Value)})
	}
	return to
}

func consume(ctx context.Context, input input) (any, error) {
	options := []kgo.Opt{
		kgo.SeedBrokers(input.Bootstrap),
		kgo.ConsumeTopics(input.Topic),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()),
		kgo.HeartbeatInterval(500 * time.Millisecond),
	}
	if input.Group != "" {
		options = append(options, kgo.ConsumerGroup(input.Group), kgo.DisableAutoCommit(), kgo.BlockRebalanceOnPoll())
	}
	client, err := kgo.NewClient(options...)
	if err != nil {
		return nil, err
	}
	defer client.Close()
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	records := []record{}
	polled := []*kgo.Record{}
	type place struct {
		partition int32
		offset    int64
	}
	there := map[place]bool{}
	for len(records) < input.Count {
		fetches := client.PollRecords(ctx, input.Count-len(records))
		if ctx.Err() != nil {
			return nil, fmt.Errorf("after %s only %d of %d records came", timeout, len(records), input.Count)
		}
		// A broker that is away comes back; the client goes on by itself.
		fetches.EachRecord(func(from *kgo.Record) {
			// A client that had to join again starts from what was committed.
			at := place{from.Partition, from.Offset}
			if there[at] {
				return
			}
			there[at] = true
			polled = append(polled, from)
			records = append(records, received(from))
		})
		client.AllowRebalance()
	}
	if input.Group != "" {
		if err := client.CommitRecords(ctx, polled...); err != nil {
			return nil, err
		}
		if err := client.LeaveGroupContext(ctx); err != nil {
			return nil, err
		}
	}
	return map[string]any{"records": records}, nil
}
